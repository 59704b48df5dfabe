/** Where the bytes of a package are, against what the target takes. */
import type { Artifact, Bundle, Entry, Lock, Weight } from '../types.ts';
import type { Built } from './build.ts';
import { plain } from './owners.ts';
import { weightOf, weightsOf } from './weights.ts';

export interface SizeRow {
  kind: 'distribution' | 'model' | 'serving' | 'code';
  /** Distribution name; `model`, `serving code`, `your code`, `other files`. */
  name: string;
  version: string | null;
  files: number;
  unzippedBytes: number;
  /** From the kind of each file; see weights.ts. */
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

/** @param built What `build()` wrote: the totals are then its measured bytes. */
export function sizeTable(lock: Lock, bundle: Bundle, limits: SizeLimits, built?: Built): SizeTable {
  const weights = bundle.dependencies.weights ?? weightsOf(bundle.dependencies);
  const rows = [...distributionRows(lock, weights), ...functionRows(bundle.function)];
  const unzippedBytes = bundle.dependencies.size + bundle.function.size;
  const zips = built?.files.filter((file) => file.path.endsWith('.zip'));
  const zippedBytes = sum(zips?.map((file) => file.bytes) ?? rows.map((row) => row.zippedBytes));
  const checks = [
    check('zip', zippedBytes, zips !== undefined, limits.zipBytes),
    check('unzipped', unzippedBytes, true, limits.unzippedBytes),
  ];
  if (limits.functionBytes !== undefined) checks.push(check('function', bundle.function.size, true, limits.functionBytes));
  const files = sum(rows.map((row) => row.files));
  return { rows, totals: { files, unzippedBytes, zippedBytes }, checks, fits: checks.every((each) => each.fits) };
}

function check(measure: SizeCheck['measure'], bytes: number, measured: boolean, limit: number | null): SizeCheck {
  const over = limit === null ? null : bytes - limit;
  return { measure, bytes, measured, limit, over, fits: over === null || over <= 0 };
}

function distributionRows(lock: Lock, weights: Weight[]): SizeRow[] {
  const rows = weights.map(({ owner, ...weight }): SizeRow => {
    const locked = lock.packages.find((each) => plain(each.name) === owner);
    return { kind: 'distribution', name: locked?.name ?? (owner || 'other files'), version: locked?.version ?? null, ...weight };
  });
  return rows.sort((a, b) => b.unzippedBytes - a.unzippedBytes || (a.name < b.name ? -1 : 1));
}

function functionRows(artifact: Artifact): SizeRow[] {
  const row = (kind: SizeRow['kind'], name: string, entries: Entry[]): SizeRow => ({ kind, name, version: null, ...weightOf(entries) });
  const under = (folder: string) => artifact.entries.filter((entry) => entry.path.startsWith(`${folder}/`));
  const serving = artifact.entries.filter((entry) => !/^(model|code)\//.test(entry.path));
  const rows = [
    row('model', 'model', under('model')),
    row('serving', 'serving code', serving),
    row('code', 'your code', under('code')),
  ];
  return rows.filter((each) => each.files > 0);
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
