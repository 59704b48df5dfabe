/** Which distribution each file of the dependencies belongs to. */
import type { Artifact } from '../types.ts';
import { recordPath } from './record.ts';

/**
 * Path -> PEP 503 name: that whose RECORD names the file (its `NAME.libs` folder included); byte code, which no RECORD names,
 * goes with its source.
 */
export function ownersOf(artifact: Artifact): Map<string, string> {
  const owners = new Map<string, string>();
  for (const entry of artifact.entries) {
    const name = /^([^/]+)-[^-/]+\.dist-info\/RECORD$/.exec(entry.path)?.[1];
    if (name === undefined || !('bytes' in entry.source)) continue;
    const owner = plain(name);
    owners.set(entry.path, owner);
    for (const line of Buffer.from(entry.source.bytes).toString().split('\n')) owners.set(recordPath(line), owner);
  }
  for (const { path: file } of artifact.entries) {
    const owner = owners.get(file) ?? owners.get(sourceOf(file));
    if (owner !== undefined) owners.set(file, owner);
  }
  return owners;
}

/** `a/__pycache__/b.cpython-312.pyc` is compiled from `a/b.py`; any other file stands for itself. */
export function sourceOf(file: string): string {
  if (!file.endsWith('.pyc')) return file;
  return file.replace(/(^|\/)__pycache__\/([^/]+)\.[\w-]+\.pyc$/, '$1$2.py');
}

/** PEP 503 names, with the underscores that wheels write. */
export function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}
