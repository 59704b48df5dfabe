/** `module.py:attribute`: a function or WSGI app instead of a model file. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { PythonCard } from '../card.ts';
import { definitionOf } from './python-scan.ts';

/** The colon behind `.py`: one behind a drive letter (`C:\work\app.py`) is not meant. */
const NAMED = /^(.+\.py):([^/\\:]*)$/i;

export function pythonTarget(given: string): { file: string; attribute: string } | null {
  const match = NAMED.exec(given);
  return match === null ? null : { file: match[1] ?? '', attribute: match[2] ?? '' };
}

/** @throws MODEL_NOT_FOUND, MODEL_NO_ATTRIBUTE */
export async function inspectPython(ctx: Context, target: { file: string; attribute: string }): Promise<PythonCard> {
  const file = path.resolve(ctx.cwd, target.file);
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile()) {
    throw new MlfnError('MODEL_NOT_FOUND', `There is no file ${file}.`, { hint: 'Give the path of a Python file, then a colon and the name of a function in it.', details: { path: file } });
  }
  const { attribute } = target;
  const source = await readFile(file, 'utf8');
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(attribute) || !mayDefine(source, attribute)) {
    throw new MlfnError('MODEL_NO_ATTRIBUTE', `${path.basename(file)} defines no ${attribute === '' ? 'name after the colon' : attribute}.`, {
      hint: `Name a function or WSGI app at the top level of ${path.basename(file)} after the colon.`,
      details: { path: file, attribute },
    });
  }
  return { kind: 'python', path: file, size: found.size, attribute, findings: [] };
}

/** A star import, or code that writes to globals(), can define anything. */
function mayDefine(source: string, name: string): boolean {
  return definitionOf(source, name) !== null || /^from\s+\S+\s+import\s+\*|globals\(\)/m.test(source);
}
