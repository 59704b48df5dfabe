/** The serving code as byte code: a cold start that compiles nothing. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../events.ts';
import { templatesFolder } from '../templates.ts';
import type { Entry, Lock } from '../types.ts';
import { hashFile } from './hash.ts';
import { run } from './scan.ts';

const FOLDER = 'mlfn_serve/';
/** Imported by its own name on the way to the first answer. What is asked for seldom stays as sources, which are smaller. */
const HOT = new Set(['bodies', 'endpoint', 'entry', 'events', 'fields', 'function', 'hooks', 'jsontext', 'log', 'predict', 'problems', 'records', 'refusals', 'start', 'wsgi']);

/** With the modules that every start imports in one zip of byte code; as they are where this machine has not that Python. */
export async function packed(ctx: Context, entries: Entry[], { python, interpreter }: Pick<Lock, 'python' | 'interpreter'>): Promise<Entry[]> {
  const hot = entries.filter(({ path: name }) => isHot(name));
  const file = path.join(ctx.home.cache, 'serving', `${keyOf(python, hot)}.zip`);
  if (!(await isThere(file)) && !(await make(ctx, file, { python, interpreter, hot }))) return entries;
  const { sha256, size } = await hashFile(ctx, file);
  const zip: Entry = { path: `${FOLDER}code.zip`, mode: 0o644, sha256, size, source: { file } };
  return [...entries.filter((entry) => !hot.includes(entry)), zip];
}

function isHot(name: string): boolean {
  const module = /^mlfn_serve\/(.+)\.py$/.exec(name)?.[1];
  return module !== undefined && (HOT.has(module) || module.startsWith('plain/'));
}

function keyOf(python: string, hot: Entry[]): string {
  const rows = hot.map(({ path: name, sha256 }) => [name, sha256]).toSorted();
  return createHash('sha256').update(JSON.stringify([python, rows])).digest('hex');
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(() => true, () => false);
}

/** False where the interpreter is not of that version. @throws BUNDLE_PYTHON_FAILED */
async function make(ctx: Context, file: string, { python, interpreter, hot }: { python: string; interpreter: string; hot: Entry[] }): Promise<boolean> {
  await mkdir(path.dirname(file), { recursive: true });
  const out = `${file}.${randomUUID()}`;
  const names = hot.map(({ path: name }) => name.slice(FOLDER.length, -'.py'.length));
  const asked = { python, folder: path.join(templatesFolder(), 'python', 'mlfn_serve'), names, out };
  const tool = path.join(templatesFolder(), 'tools', 'pack_code.py');
  // Lines without columns: those are two fifths of the byte code's compressed size (docs.python.org/3/using/cmdline.html#cmdoption-X).
  const told = JSON.parse(await run(ctx, interpreter, tool, JSON.stringify(asked), ['-X', 'no_debug_ranges'])) as { packed: boolean };
  if (told.packed) await rename(out, file);
  return told.packed;
}
