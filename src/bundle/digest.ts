/** What makes an artifact the same artifact: paths, modes and contents; no time, owner, order of reading or machine. */
import { createHash, hash } from 'node:crypto';
import { MlfnError } from '../errors.ts';
import type { Artifact, Digest, Entry, Part } from '../types.ts';

const SURROGATE = /[\ud800-\udfff]/;

/** Sorts, checks and digests: SHA-256 over one `path NUL mode NUL sha256 LF` row per entry, mode as `644` or `755`. */
export function artifactOf(part: Part, entries: Entry[]): Artifact {
  const sorted = entries.toSorted((a, b) => compareBytes(a.path, b.path));
  const rows = createHash('sha256');
  let size = 0;
  let previous: string | null = null;
  for (const entry of sorted) {
    assertPath(entry.path);
    if (entry.path === previous) throw new Error(`Two entries of the ${part} part are called ${entry.path}.`);
    previous = entry.path;
    size += entry.size;
    rows.update(`${entry.path}\0${entry.mode.toString(8)}\0${entry.sha256}\n`);
  }
  return { part, entries: sorted, digest: rows.digest('hex'), size };
}

/** One that was made before: its files are listed when they are asked for. */
export function knownArtifact(part: Part, known: Omit<Artifact, 'part' | 'entries'>, list: () => Entry[]): Artifact {
  let entries: Entry[] | undefined;
  return {
    part,
    ...known,
    get entries() {
      return (entries ??= list());
    },
  };
}

/** An entry whose bytes were made here and are small. */
export function bytesEntry(path: string, text: string): Entry {
  const bytes = Buffer.from(text);
  return { path, mode: 0o644, sha256: sha256(bytes), size: bytes.length, source: { bytes } };
}

export function sha256(bytes: Uint8Array | string): Digest {
  return hash('sha256', bytes, 'hex');
}

/** Order of the UTF-8 bytes: that of JavaScript's strings, but where a pair of surrogates takes part. */
export function compareBytes(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Zip readers and Windows see other paths behind a backslash, a drive letter, `..` or a control character. */
export function assertPath(path: string): void {
  // oxlint-disable-next-line no-control-regex
  const odd = /[\\\u0000-\u001f\u007f]|^\w+:|(^|\/)\.{0,2}(\/|$)/.test(path);
  if (!odd) return;
  throw new MlfnError('BUNDLE_PATH_UNUSABLE', `The name ${JSON.stringify(path)} cannot be used inside a package.`, {
    hint: 'Rename the file: no backslash, no control character, no drive letter.',
    details: { path },
  });
}
