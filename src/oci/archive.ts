/**
 * An image as one file that everything reads: an OCI layout, with the manifest.json beside it by which `docker load` finds the same
 * blobs (as `docker save` writes it since version 25).
 */
import { createWriteStream } from 'node:fs';
import { rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { makeFolders } from '../folders.ts';
import type { Entry } from '../types.ts';
import { withFile } from '../whole-files.ts';
import { checkedPieces } from './blobs.ts';
import type { Image } from './image.ts';
import { type Descriptor, MEDIA } from './media.ts';
import { tarOf, type TarRow } from './tar.ts';

/** Where the bytes of a layer are; fetches what is not on this machine. */
export type Locate = (layer: Image['layers'][number]) => Promise<string>;

/** Tries it, before minutes of work: a file is made beside it, and nothing is left. @throws OCI_UNWRITABLE, DISK_FULL */
export async function assertWritable(file: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found !== null && !found.isFile()) throw unwritableFor(file, found.isDirectory() ? 'it is a folder' : 'it is no file');
  let made: string[] = [];
  try {
    made = await makeFolders(path.dirname(file));
    await withFile(file, async (temporary) => {
      await writeFile(temporary, '', { flag: 'wx' });
      await rm(temporary);
    });
  } catch (error) {
    throw unwritable(error, file) ?? error;
  } finally {
    for (const folder of made.toReversed()) await rmdir(folder).catch(() => undefined);
  }
}

/** Replaces what is there in one rename. @param name `heart:latest`. @returns bytes. @throws OCI_UNWRITABLE, DISK_FULL, OCI_FILE_CHANGED */
export async function writeImageArchive(ctx: Context, image: Image, name: string, file: string, locate: Locate): Promise<number> {
  const blobs = new Map<string, { descriptor: Descriptor; source: Entry['source'] }>();
  for (const { descriptor, bytes } of [{ descriptor: image.manifest, bytes: image.bytes.manifest }, { descriptor: image.config, bytes: image.bytes.config }]) {
    blobs.set(descriptor.digest, { descriptor, source: { bytes } });
  }
  for (const layer of image.layers) {
    if (!blobs.has(layer.descriptor.digest)) blobs.set(layer.descriptor.digest, { descriptor: layer.descriptor, source: { file: await locate(layer) } });
  }
  const rows = [
    ...documents(image, name).map(([at, value]) => rowOf(at, { bytes: Buffer.from(JSON.stringify(value)) })),
    ...[...blobs.values()].map(({ descriptor, source }) => rowOf(placeOf(descriptor), source, descriptor.size, descriptor.digest)),
  ];
  ctx.emit({ type: 'progress', text: `writing ${path.basename(file)}` });
  return write(ctx, rows, file);
}

async function write(ctx: Context, rows: TarRow[], file: string): Promise<number> {
  const read = ({ source, sha256, size }: Entry): AsyncIterable<Uint8Array> => {
    if ('file' in source) return checkedPieces(ctx, source.file, { digest: `sha256:${sha256}`, size });
    const { bytes } = source;
    return (async function* () {
      yield bytes;
    })();
  };
  try {
    await makeFolders(path.dirname(file));
    await withFile(file, async (temporary) => {
      await pipeline(tarOf(rows, read), createWriteStream(temporary, { flags: 'wx', flush: true }), { signal: ctx.signal });
      await rename(temporary, file);
    });
  } catch (error) {
    throw unwritable(error, file) ?? error;
  }
  return (await stat(file)).size;
}

function documents(image: Image, name: string): [path: string, value: unknown][] {
  const tag = name.slice(name.lastIndexOf(':') + 1);
  const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tag };
  return [
    ['oci-layout', { imageLayoutVersion: '1.0.0' }],
    ['index.json', { schemaVersion: 2, mediaType: MEDIA.index.oci, manifests: [{ ...image.manifest, annotations }] }],
    ['manifest.json', [{ Config: placeOf(image.config), RepoTags: [name], Layers: image.layers.map(({ descriptor }) => placeOf(descriptor)) }]],
  ];
}

function placeOf({ digest }: Descriptor): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function rowOf(at: string, source: Entry['source'], size = 'bytes' in source ? source.bytes.length : 0, digest = ''): TarRow {
  return { path: at, entry: { path: at, mode: 0o644, sha256: digest.slice(digest.indexOf(':') + 1), size, source } };
}

function unwritable(error: unknown, file: string): MlfnError | null {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (error instanceof MlfnError || !['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOENT', 'ENAMETOOLONG', 'EINVAL', 'ELOOP'].includes(code)) return null;
  return unwritableFor(file, code, error);
}

function unwritableFor(file: string, why: string, cause?: unknown): MlfnError {
  return new MlfnError('OCI_UNWRITABLE', `${file} cannot be written (${why}).`, {
    hint: 'Name a file in a folder that you may write to with --out.',
    details: { file, why },
    cause,
  });
}
