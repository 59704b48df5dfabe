/** card + lock -> the two parts of a package, as files with digests; rendered as zips, as folders or as one archive. */
export { writeArchive } from './archive.ts';
export { build, type Built } from './build.ts';
export { bundle, type BundleInput } from './bundle.ts';
export { layDependencies, type Supply } from './dependencies.ts';
export { withRequirements } from './function.ts';
export { relayEntry } from './serving.ts';
export { assertFits, assertSendable, fits } from './fits.ts';
export { hashOnce } from './hash.ts';
export { oneZip } from './one-zip.ts';
export { type SizeTable, sizeTable } from './size-table.ts';
export { slim, type Slimmed } from './slim/slim.ts';
export { type SlimRow, slimRows } from './slim/report.ts';
export { piecesOf } from './pieces.ts';
export { writeTree } from './tree.ts';
export { writeZip } from './zip.ts';
