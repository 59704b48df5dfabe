/** What the files of a package weigh, and which distribution they belong to. */
import type { Artifact, Entry, Weight } from '../types.ts';
import { ownersOf } from './owners.ts';

/** zipped / unzipped, measured on scikit-learn 1.6, pandas, scipy, numpy and Flask at zlib level 6. */
const RATIOS: [extensions: string[], ratio: number][] = [
  [['so', 'pyd', 'dll', 'dylib'], 0.33],
  [['py', 'pyi', 'pyx', 'pxd', 'h', 'txt', 'csv', 'json', 'md', 'rst', 'html', 'css', 'js'], 0.23],
  [['gz', 'zip', 'npz', 'xz', 'bz2', 'png', 'jpg', 'jpeg', 'whl'], 0.99],
];
const RATIO_OF = new Map(RATIOS.flatMap(([extensions, ratio]) => extensions.map((extension) => [extension, ratio])));

/** Files belong to the distribution whose RECORD names them (its `NAME.libs` folder included), byte code to that of its source. */
export function weightsOf(artifact: Artifact): Weight[] {
  const owners = ownersOf(artifact);
  const groups = new Map<string, Entry[]>();
  for (const entry of artifact.entries) {
    const owner = owners.get(entry.path) ?? '';
    const group = groups.get(owner) ?? [];
    group.push(entry);
    groups.set(owner, group);
  }
  return [...groups].map(([owner, entries]) => ({ owner, ...weightOf(entries) }));
}

export function weightOf(entries: Entry[]): Omit<Weight, 'owner'> {
  let [unzippedBytes, zippedBytes] = [0, 0];
  for (const entry of entries) {
    unzippedBytes += entry.size;
    zippedBytes += zippedEstimate(entry);
  }
  return { files: entries.length, unzippedBytes, zippedBytes: Math.round(zippedBytes) };
}

/** Headers of one entry in a zip: 30 + 46 + 16 bytes and its name twice. */
function zippedEstimate(entry: Entry): number {
  const extension = entry.path.includes('.so.') ? 'so' : entry.path.slice(entry.path.lastIndexOf('.') + 1);
  const ratio = RATIO_OF.get(extension) ?? 0.5;
  return entry.size * ratio + 92 + 2 * entry.path.length;
}
