/** card + lock -> the two parts of a package, as files with digests; rendered as zips or as folders. */
export { build, type Built, type BuiltFile } from './build.ts';
export { bundle, type BundleInput } from './bundle.ts';
export { type SizeCheck, type SizeRow, type SizeTable, sizeTable } from './size-table.ts';
export { writeTree } from './tree.ts';
export { writeZip, type ZipFile } from './zip.ts';
