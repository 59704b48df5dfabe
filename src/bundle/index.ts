/** card + lock -> the two parts of a package, as files with digests; rendered as zips or as folders. */
export { build, type Built } from './build.ts';
export { bundle, type BundleInput } from './bundle.ts';
export { assertFits, fits } from './fits.ts';
export { type SizeTable, sizeTable } from './size-table.ts';
export { writeTree } from './tree.ts';
export { writeZip } from './zip.ts';
