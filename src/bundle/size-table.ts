/** Where the bytes of a package are, against what the target takes. */
import type { Artifact, Bundle, Entry, Lock } from '../types.ts';
import type { Built } from './build.ts';
import { ownersOf, plain } from './owners.ts';

export interface SizeRow {
  kind: 'distribution' | 'model' | 'serving' | 'code';
  /** Distribution name; `model`, `serving code`, `your code`, `other files`. */
  name: string;
  version: string | null;
  files: number;
  unzippedBytes: number;
  /** From the kind of each file; see RATIOS. */
  zippedBytes: number;
}

export interface SizeCheck {
  measure: 'zip' | 'unzipped' | 'function';
  bytes: number;
  /** False for zip bytes before the zips were written. */
  measured: boolean;
  limit: number | null;
  /** Bytes above the limit; negative is room that is left, null without a limit. */
  over: number | null;
  fits: boolean;
}

export interface SizeTable {
  /** Largest first, the function part's rows last. */
  rows: SizeRow[];
  totals: { files: number; unzippedBytes: number; zippedBytes: number };
  checks: SizeCheck[];
  fits: boolean;
}

/** Structural part of the providers' Limits. */
export interface SizeLimits {
  zipBytes: number | null;
  unzippedBytes: number | null;
  functionBytes?: number;
}

/** zipped / unzipped, measured on scikit-learn 1.6, pandas, scipy, numpy and Flask at zlib level 6. */
const RATIOS: [extensions: string[], ratio: number][] = [
  [['so', 'pyd', 'dll', 'dylib'], 0.33],
  [['py', 'pyi', 'pyx', 'pxd', 'h', 'txt', 'csv', 'json', 'md', 'rst', 'html', 'css', 'js'], 0.23],
  [['gz', 'zip', 'npz', 'xz', 'bz2', 'png', 'jpg', 'jpeg', 'whl'], 0.99],
];
const RATIO_OF = new Map(RATIOS.flatMap(([extensions, ratio]) => extensions.map((extension) => [extension, ratio])));

/** @param built What `build()` wrote: the totals are then its measured bytes. */
export function sizeTable(lock: Lock, bundle: Bundle, limits: SizeLimits, built?: Built): SizeTable {
  const rows = [...distributionRows(lock, bundle.dependencies), ...functionRows(bundle.function)];
  const unzippedBytes = bundle.dependencies.size + bundle.function.size;
  const zips = built?.files.filter((file) => file.path.endsWith('.zip'));
  const zippedBytes = sum(zips?.map((file) => file.bytes) ?? rows.map((row) => row.zippedBytes));
  const checks = [
    check('zip', zippedBytes, zips !== undefined, limits.zipBytes),
    check('unzipped', unzippedBytes, true, limits.unzippedBytes),
  ];
  if (limits.functionBytes !== undefined) checks.push(check('function', bundle.function.size, true, limits.functionBytes));
  const files = bundle.dependencies.entries.length + bundle.function.entries.length;
  return { rows, totals: { files, unzippedBytes, zippedBytes }, checks, fits: checks.every((each) => each.fits) };
}

function check(measure: SizeCheck['measure'], bytes: number, measured: boolean, limit: number | null): SizeCheck {
  const over = limit === null ? null : bytes - limit;
  return { measure, bytes, measured, limit, over, fits: over === null || over <= 0 };
}

/** Files belong to the distribution whose RECORD names them (its `NAME.libs` folder included), byte code to that of its source. */
function distributionRows(lock: Lock, artifact: Artifact): SizeRow[] {
  const owners = ownersOf(artifact);
  const groups = new Map<string, Entry[]>();
  for (const entry of artifact.entries) {
    const owner = owners.get(entry.path) ?? '';
    const group = groups.get(owner) ?? [];
    group.push(entry);
    groups.set(owner, group);
  }
  const rows = [...groups].map(([owner, entries]) => {
    const locked = lock.packages.find((each) => plain(each.name) === owner);
    return rowOf('distribution', locked?.name ?? (owner || 'other files'), locked?.version ?? null, entries);
  });
  return rows.sort((a, b) => b.unzippedBytes - a.unzippedBytes || (a.name < b.name ? -1 : 1));
}

function functionRows(artifact: Artifact): SizeRow[] {
  const under = (folder: string) => artifact.entries.filter((entry) => entry.path.startsWith(`${folder}/`));
  const serving = artifact.entries.filter((entry) => !/^(model|code)\//.test(entry.path));
  const rows = [
    rowOf('model', 'model', null, under('model')),
    rowOf('serving', 'serving code', null, serving),
    rowOf('code', 'your code', null, under('code')),
  ];
  return rows.filter((each) => each.files > 0);
}

function rowOf(kind: SizeRow['kind'], name: string, version: string | null, entries: Entry[]): SizeRow {
  const unzippedBytes = sum(entries.map((entry) => entry.size));
  const zippedBytes = Math.round(sum(entries.map(zippedEstimate)));
  return { kind, name, version, files: entries.length, unzippedBytes, zippedBytes };
}

/** Headers of one entry in a zip: 30 + 46 + 16 bytes and its name twice. */
function zippedEstimate(entry: Entry): number {
  const extension = entry.path.includes('.so.') ? 'so' : entry.path.slice(entry.path.lastIndexOf('.') + 1);
  const ratio = RATIO_OF.get(extension) ?? 0.5;
  return entry.size * ratio + 92 + 2 * entry.path.length;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
