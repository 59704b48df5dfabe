/** Gathers the user's own files under `code/`, and says what it left out. */
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Entry, Finding } from '../types.ts';
import { hashFile, unreadable } from './hash.ts';
import { IgnoreRules } from './ignore-rules.ts';
import type { Located } from './scan.ts';
import { judgeName, type Secrets, secretScanner } from './secrets.ts';

/**
 * `named`: by the user, or a class the model cannot be loaded without; ignore rules and outward links give way.
 * `imported`: by a named one. `beside`: in the folder of a package. `included`: in a folder that was named itself, where the same give
 * way. None of them takes a secret along.
 */
type Standing = 'named' | 'imported' | 'beside' | 'included';

const isNamed = (standing: Standing) => standing === 'named' || standing === 'included';
/** Of a folder's files some may stay behind; what is needed may not. */
const isNeeded = (standing: Standing) => standing === 'named' || standing === 'imported';

export class UserFiles {
  readonly findings: Finding[] = [];
  readonly #entries = new Map<string, Entry & { source: { file: string } }>();
  readonly #rules = new Map<string, IgnoreRules>();
  readonly #ctx: Context;
  readonly #base: string;
  readonly #project: string | undefined;

  /** @param base Folder of the model: what is found is named as seen from there. */
  constructor(ctx: Context, base: string, project: string | undefined) {
    this.#ctx = ctx;
    this.#base = base;
    this.#project = project;
  }

  get entries(): Entry[] {
    return [...this.#entries.values()];
  }

  /** @throws BUNDLE_SECRET when the file is needed and holds a private key, BUNDLE_CODE_CLASH, BUNDLE_UNREADABLE. */
  async add(located: Located, standing: Standing): Promise<void> {
    const { path: file, root } = located;
    const verdict = judgeName(path.basename(file), false);
    if (verdict === 'secret') return this.#refuse(located, standing, 'its name is that of a secret');
    if (verdict === 'junk' && !isNeeded(standing)) return;
    const rules = this.#rulesFor(root);
    if (!isNamed(standing) && (await rules.ignored(file, false))) {
      this.#leave('ignored-left-out', standing, located, 'an ignore file leaves it out');
      return;
    }
    const real = await this.#resolve(located, standing);
    if (real === null) return;
    const scanner = secretScanner(file);
    const hashed = await hashFile(this.#ctx, real, scanner.see);
    const secrets = scanner.end();
    if (secrets.key !== null) return this.#refuse(located, standing, `line ${secrets.key.line} holds ${secrets.key.what}`);
    this.#warn(located, secrets);
    this.#put({ ...hashed, path: `code/${posix(path.relative(root, file))}`, source: { file: real } });
  }

  /** Every file below a folder that may travel; folders that lead back into themselves are taken once. */
  async addFolder(folder: Located, standing: Standing = 'beside', seen = new Set<string>()): Promise<void> {
    const real = await this.#resolve(folder, standing);
    if (real === null || seen.has(real)) return;
    const found = await readdir(folder.path).catch((cause) => unreadable(folder.path, cause));
    if (found.includes('pyvenv.cfg')) return;
    for (const name of found.sort()) {
      const each = { path: path.join(folder.path, name), root: folder.root };
      const stats = await stat(each.path).catch(() => lstat(each.path));
      if (!stats.isDirectory()) await this.add(each, standing);
      else if (await this.#mayEnter(each, standing)) await this.addFolder(each, standing, new Set([...seen, real]));
    }
  }

  /** A file, or every file below a folder, that the user named. @throws as `add` does */
  async include(located: Located): Promise<void> {
    const found = await stat(located.path).catch((cause) => unreadable(located.path, cause));
    await (found.isDirectory() ? this.addFolder(located, 'included') : this.add(located, 'named'));
  }

  /** Names secrets that lie in a folder of the user's, though nothing there asked to travel. */
  async listSecrets(folder: string): Promise<void> {
    for (const found of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (judgeName(found.name, found.isDirectory()) !== 'secret') continue;
      this.#leave('secret-left-out', 'beside', { path: path.join(folder, found.name), root: folder }, 'it may hold secrets');
    }
  }

  async #mayEnter(folder: Located, standing: Standing): Promise<boolean> {
    const verdict = judgeName(path.basename(folder.path), true);
    if (verdict === 'secret') this.#leave('secret-left-out', 'beside', folder, 'it may hold secrets');
    if (verdict !== 'ship') return false;
    if (isNamed(standing) || !(await this.#rulesFor(folder.root).ignored(folder.path, true))) return true;
    this.#leave('ignored-left-out', 'beside', folder, 'an ignore file leaves it out');
    return false;
  }

  /** The file itself, behind links; null (and a finding) when it is none, or outside of the user's folder. */
  async #resolve(located: Located, standing: Standing): Promise<string | null> {
    const real = await realpath(located.path).catch(() => null);
    if (real === null && standing === 'named') return unreadable(located.path, { code: 'ENOENT' });
    if (real === null) return this.#leave('symlink-left-out', standing, located, 'it is a link to nothing');
    const stats = await stat(real);
    if (!stats.isFile() && !stats.isDirectory()) {
      return this.#leave('special-left-out', standing, located, 'it is neither a file nor a folder');
    }
    const inside = [located.root, this.#rulesFor(located.root).root].map((folder) => realpath(folder));
    const homes = await Promise.all(inside);
    if (isNamed(standing) || homes.some((home) => real === home || real.startsWith(home + path.sep))) return real;
    return this.#leave('symlink-left-out', standing, located, 'it is a link to outside of the folder');
  }

  #put(entry: Entry & { source: { file: string } }): void {
    const known = this.#entries.get(entry.path);
    if (known !== undefined && known.sha256 !== entry.sha256) {
      const files = [known.source.file, entry.source.file];
      throw new MlfnError('BUNDLE_CODE_CLASH', `${files.join(' and ')} would both be packed as ${entry.path}.`, {
        hint: 'Rename one of them, or give the folder that both belong to with --code.',
        details: { path: entry.path, files },
      });
    }
    this.#entries.set(entry.path, known ?? entry);
  }

  #refuse(located: Located, standing: Standing, why: string): void {
    if (!isNeeded(standing)) {
      this.#leave('secret-left-out', standing, located, why);
      return;
    }
    throw new MlfnError('BUNDLE_SECRET', `${located.path} is needed by the model but cannot be packed: ${why}.`, {
      hint: 'Take the secret out of that file and read it from an environment variable instead.',
      details: { file: located.path },
    });
  }

  #leave(code: string, standing: Standing, located: Located, why: string): null {
    const message = `${this.#shown(located)} is left out: ${why}.`;
    if (this.findings.some((finding) => finding.message === message)) return null;
    if (!isNeeded(standing)) this.findings.push({ severity: 'info', code, message });
    else {
      const hint = `Your code imports it. Take it out of .gitignore or .mlfnignore, or copy it into ${located.root}.`;
      this.findings.push({ severity: 'warning', code, message, hint });
    }
    return null;
  }

  #warn(located: Located, secrets: Secrets): void {
    for (const { what, line } of secrets.tokens) {
      const message = `${this.#shown(located)}:${line} looks like ${what}, and is packed.`;
      // A named file is met twice: among what the others import, and by its name.
      if (this.findings.some((finding) => finding.message === message)) continue;
      const hint = 'Read it from an environment variable, and replace the one that was written down.';
      this.findings.push({ severity: 'warning', code: 'possible-secret', message, hint });
    }
  }

  #shown(located: Located): string {
    return posix(path.relative(this.#base, located.path));
  }

  #rulesFor(root: string): IgnoreRules {
    const project = projectOf(root, this.#project);
    const rules = this.#rules.get(project) ?? new IgnoreRules(project);
    this.#rules.set(project, rules);
    return rules;
  }
}

/** The folder whose ignore files count: the git work tree around `root`, else the given project, else `root`. */
function projectOf(root: string, given: string | undefined): string {
  for (let folder = root; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, '.git'))) return folder;
    if (folder === path.dirname(folder)) break;
  }
  return given !== undefined && (root + path.sep).startsWith(given + path.sep) ? given : root;
}

function posix(relative: string): string {
  return relative.split(path.sep).join('/');
}
