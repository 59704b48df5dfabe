/**
 * The dependency part of a lock, as the next bundle finds it: what it weighs and its digest in the first line, so that nothing else is
 * read where nothing changed, then the wheels that it is from, and its files.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../events.ts';
import type { Artifact, Entry } from '../types.ts';
import { bytesEntry, knownArtifact } from './digest.ts';
import { withTemporary } from './temporary.ts';
import { isFolder } from './wheels/lay.ts';
import { entryOf, parseLine } from './wheels/shelf.ts';

const END = 'mlfn manifest 5';

/** An entry, and what the manifest says of where it lies on the shelf. */
export interface Found {
  entry: Entry;
  /** Name of the wheel's folder and its line there. */
  shelved?: [name: string, line: string];
}

/** path.join() for names that are clean already: thousands of them are made at once. */
export function below(folder: string, name: string): string {
  return folder + path.sep + (path.sep === '/' ? name : name.replaceAll('/', path.sep));
}

/** Null where it is not whole, or a wheel has gone from the shelf meanwhile. */
export async function readManifest(file: string, folder: string, shelf: string): Promise<Artifact | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (!text.endsWith(`\n${END}`)) return null;
  const [first = '', second = ''] = text.split('\n', 2);
  const wheels = second.split('\t').filter(Boolean);
  const there = await Promise.all(wheels.map((name) => isFolder(path.join(shelf, name))));
  if (there.includes(false)) return null;
  const rows = text.slice(first.length + second.length + 2, -END.length - 1);
  return knownArtifact('dependencies', JSON.parse(first) as Omit<Artifact, 'part' | 'entries'>, () =>
    rows === '' ? [] : rows.split('\n').map((line) => parseRow(line, { wheels, folder, shelf })),
  );
}

/** `file TAB sha256 size mode path`, `text TAB path TAB JSON`, or the number of a wheel and its line there. */
function parseRow(line: string, { wheels, folder, shelf }: { wheels: string[]; folder: string; shelf: string }): Entry {
  const at = line.indexOf('\t');
  const kind = line.slice(0, at);
  const rest = line.slice(at + 1);
  if (kind !== 'file' && kind !== 'text') return entryOf(shelf, wheels[Number(kind)] ?? '', parseLine(rest));
  const [head = '', size, mode, name = ''] = rest.split('\t', 4);
  if (kind === 'text') return bytesEntry(head, JSON.parse(rest.slice(head.length + 1)));
  return { path: name, mode: mode === '755' ? 0o755 : 0o644, sha256: head, size: Number(size), source: { file: below(folder, name) } };
}

/** @param artifact what was made of `found` */
export async function writeManifest(ctx: Context, file: string, artifact: Required<Artifact>, found: Found[]): Promise<void> {
  const wheels = [...new Set(found.flatMap(({ shelved }) => shelved?.[0] ?? []))];
  const numbers = new Map(wheels.map((name, number) => [name, number]));
  const places = new Map(found.map(({ entry, shelved }) => [entry.path, shelved]));
  const lines = artifact.entries.map(({ path: name, mode, sha256, size, source }) => {
    const shelved = places.get(name);
    if (shelved !== undefined) return `${numbers.get(shelved[0])}\t${shelved[1]}`;
    if ('bytes' in source) return ['text', name, JSON.stringify(Buffer.from(source.bytes).toString())].join('\t');
    return ['file', sha256, size, mode.toString(8), name].join('\t');
  });
  const { digest, size, weights } = artifact;
  const whole = [JSON.stringify({ digest, size, weights }), wheels.join('\t'), ...lines, END].join('\n');
  await withTemporary(ctx, file, Buffer.byteLength(whole), async (temporary) => {
    await writeFile(temporary, whole);
    await rename(temporary, file);
  });
}
