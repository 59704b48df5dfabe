/** Images without a daemon: layers, the documents about them, an archive of all, and registries to have them from and send them to. */
export { assertWritable, type Locate, writeImageArchive } from './archive.ts';
export { interpreterFor, noPython } from './base/accepts.ts';
export { layoutAt } from './base/layout.ts';
export { type Base, openBase } from './base/open.ts';
export { blobFile } from './blobs.ts';
export { useCache } from './cache.ts';
export { type Image, imageOf, type NewLayer, type Start } from './image.ts';
export { makeLayer } from './layer.ts';
export { assertPacking, type Packing, writesZstd } from './compression.ts';
export { compressionOf, type Format } from './media.ts';
export type { Source } from './base/source.ts';
export { attach, type Attachment } from './registry/attach.ts';
export { registrySource } from './registry/pull.ts';
export { type Pushed, pushImage } from './registry/push.ts';
export { Session } from './registry/session.ts';
export { parseReference, type Reference, referenceText } from './reference.ts';
