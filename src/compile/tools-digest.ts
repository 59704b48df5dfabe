/** What decides how a model is compiled and evaluated: our own Python. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { templatesFolder } from '../templates.ts';
import type { Digest } from '../types.ts';

const FOLDERS = ['tools/mlfn_compile', 'tools/mlfn_convert', 'tools/mlfn_child', 'python/mlfn_serve'];
const FILES = ['tools/compile.py', 'tools/convert.py'];

/** SHA-256 over names and contents: a newer mlfn compiles anew. */
export async function toolsDigest(): Promise<Digest> {
  const root = templatesFolder();
  const found = await Promise.all(FOLDERS.map((folder) => readdir(path.join(root, folder), { recursive: true })));
  const inside = FOLDERS.flatMap((folder, at) => (found[at] ?? []).map((name) => path.join(folder, name)));
  const names = [...FILES, ...inside].filter((name) => name.endsWith('.py')).toSorted();
  const hash = createHash('sha256');
  for (const [at, text] of (await Promise.all(names.map((name) => readFile(path.join(root, name))))).entries()) {
    hash.update(`${names[at]?.split(path.sep).join('/')}\n${text.length}\n`).update(text);
  }
  return hash.digest('hex');
}
