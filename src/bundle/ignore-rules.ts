/** What .gitignore and .mlfnignore files leave out, with git's own meaning: nested files, negation, folders first. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import ignore, { type Ignore } from 'ignore';

const FILES = ['.gitignore', '.mlfnignore'];

export class IgnoreRules {
  /** Absolute; rules above it do not count. */
  readonly root: string;
  readonly #rules = new Map<string, Promise<Ignore | null>>();
  readonly #verdicts = new Map<string, Promise<boolean>>();

  constructor(root: string) {
    this.root = root;
  }

  /** @param file Absolute. What lies outside the root is never ignored. */
  async ignored(file: string, isFolder: boolean): Promise<boolean> {
    const relative = path.relative(this.root, file);
    if (relative === '' || relative.startsWith('..') || path.isAbsolute(relative)) return false;
    const key = isFolder ? `${file}/` : file;
    const known = this.#verdicts.get(key) ?? this.#judge(file, relative, isFolder);
    this.#verdicts.set(key, known);
    return known;
  }

  async #judge(file: string, relative: string, isFolder: boolean): Promise<boolean> {
    // Nothing below an ignored folder can be taken back in.
    if (await this.ignored(path.dirname(file), true)) return true;
    let verdict = false;
    let folder = this.root;
    const names = relative.split(path.sep);
    for (const [index] of names.entries()) {
      const below = names.slice(index).join('/') + (isFolder ? '/' : '');
      const result = (await this.#rulesOf(folder))?.test(below);
      if (result?.ignored) verdict = true;
      if (result?.unignored) verdict = false;
      folder = path.join(folder, names[index] ?? '');
    }
    return verdict;
  }

  #rulesOf(folder: string): Promise<Ignore | null> {
    const known = this.#rules.get(folder) ?? readRules(folder);
    this.#rules.set(folder, known);
    return known;
  }
}

async function readRules(folder: string): Promise<Ignore | null> {
  const texts = await Promise.all(FILES.map((name) => readFile(path.join(folder, name), 'utf8').catch(() => null)));
  const given = texts.filter((text) => text !== null);
  return given.length === 0 ? null : ignore().add(given.join('\n'));
}
