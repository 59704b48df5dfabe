/** Where a class of the user's own is defined: beside the model, or in the folder given with --code. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { UserClass } from '../card.ts';
import { type Definition, definitionOf } from './python-scan.ts';

const LARGEST_SOURCE = 2_000_000;
const MOST_FILES = 500;

export interface Search {
  found: UserClass;
  /** What the file defines it as; null when none was found. */
  definition: Definition | null;
  /** A file for the module is there, but it does not define the name. */
  lacking: string | null;
}

/** Only what the file defines itself counts: `from os import system` in it does not make `system` the user's own. */
export async function findUserClass(module: string, name: string, folders: readonly string[]): Promise<Search> {
  const search = module === '__main__' ? inMain : inModule;
  return search(module, name, folders);
}

/** What a script defined lives in `__main__`: any script in the folders may be the one. */
async function inMain(module: string, name: string, folders: readonly string[]): Promise<Search> {
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const scripts = entries.filter((entry) => entry.name.endsWith('.py') && !entry.isDirectory()).map((entry) => entry.name);
    for (const script of scripts.sort().slice(0, MOST_FILES)) {
      const file = path.join(folder, script);
      const source = await sourceOf(file);
      const definition = source === null ? null : ownDefinition(source, name);
      if (definition !== null) return { found: { module, name, file }, definition, lacking: null };
    }
  }
  return { found: { module, name, file: null }, definition: null, lacking: null };
}

async function inModule(module: string, name: string, folders: readonly string[]): Promise<Search> {
  let lacking: string | null = null;
  for (const folder of folders) {
    const stem = path.join(folder, ...module.split('.'));
    // Python prefers the package.
    for (const file of [path.join(stem, '__init__.py'), `${stem}.py`]) {
      const source = await sourceOf(file);
      if (source === null) continue;
      const definition = ownDefinition(source, name);
      if (definition !== null) return { found: { module, name, file }, definition, lacking: null };
      lacking ??= file;
    }
  }
  return { found: { module, name, file: null }, definition: null, lacking };
}

function ownDefinition(source: string, name: string): Definition | null {
  const definition = definitionOf(source, name);
  return definition === 'name' ? null : definition;
}

async function sourceOf(file: string): Promise<string | null> {
  const found = await stat(file).catch(() => null);
  if (found?.isFile() !== true || found.size > LARGEST_SOURCE) return null;
  return readFile(file, 'utf8').catch(() => null);
}
