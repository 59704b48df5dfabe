/** Where interpreters lie on a machine. Nothing is started here but Windows' py launcher. */
import { readdir, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Context } from '../events.ts';
import { readText } from '../whole-files.ts';
import { run } from './run.ts';

export type Source = 'VIRTUAL_ENV' | 'conda' | 'PATH' | 'uv' | 'pyenv' | 'py-launcher' | 'beside the model' | 'option';

export interface Candidate {
  path: string;
  source: Source;
}

const WINDOWS = os.platform() === 'win32';
/** Newest first; python3 and python last, for they are one of the others. */
const NAMES = [14, 13, 12, 11, 10, 9].map((minor) => `python3.${minor}`).concat('python3', 'python');

/** Files that exist and are named as an interpreter is; which of them start is not known yet. */
export async function candidatePaths(ctx: Context): Promise<Candidate[]> {
  const found = [
    ...activeEnvironments(ctx),
    ...(await onPath(ctx)),
    ...(await inFolders(uvFolder(ctx), 'uv')),
    ...(await inFolders(path.join(pyenvRoot(ctx), 'versions'), 'pyenv')),
    ...(WINDOWS ? await pyLauncher(ctx) : []),
  ];
  const first = found.filter((one, index) => found.findIndex((other) => other.path === one.path) === index);
  const exists = await Promise.all(first.map(async (one) => ((await isFile(one.path)) ? one : null)));
  return exists.filter((candidate) => candidate !== null);
}

/** The interpreters of the environments that are active in the caller's shell. */
export function activeEnvironments(ctx: Context): Candidate[] {
  const found: Candidate[] = [];
  if (ctx.env['VIRTUAL_ENV']) found.push({ path: interpreterOf(ctx.env['VIRTUAL_ENV'], true), source: 'VIRTUAL_ENV' });
  if (ctx.env['CONDA_PREFIX']) found.push({ path: interpreterOf(ctx.env['CONDA_PREFIX'], false), source: 'conda' });
  return found;
}

/** @param virtual whether the prefix is a virtual environment, which Windows lays out differently */
export function interpreterOf(prefix: string, virtual: boolean): string {
  if (!WINDOWS) return path.join(prefix, 'bin', 'python');
  return virtual ? path.join(prefix, 'Scripts', 'python.exe') : path.join(prefix, 'python.exe');
}

/**
 * Full paths of every `names` on PATH, in PATH's order. pyenv's shims are shell scripts that take a tenth of a second and
 * mostly fail: in their place stands the interpreter they would choose.
 */
export async function whichAll(ctx: Context, names: string[]): Promise<string[]> {
  const variable =
    Object.entries(ctx.env).find(([name]) => (WINDOWS ? name.toUpperCase() : name) === 'PATH')?.[1] ?? '';
  const folders = variable.split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const files = [...new Set(folders)].flatMap((folder) =>
    names.map((name) => path.join(folder, WINDOWS ? `${name}.exe` : name)),
  );
  const exists = await Promise.all(files.map(isFile));
  const found = files.filter((_file, index) => exists[index]);
  const shims = path.join(pyenvRoot(ctx), 'shims');
  if (WINDOWS || !found.some((file) => path.dirname(file) === shims)) return found;
  const chosen = await pyenvChoice(ctx);
  return found.flatMap((file) => {
    if (path.dirname(file) !== shims) return [file];
    return chosen === null || !/^python3?$/.test(path.basename(file))
      ? []
      : [path.join(chosen, 'bin', path.basename(file))];
  });
}

async function onPath(ctx: Context): Promise<Candidate[]> {
  const files = await whichAll(ctx, NAMES);
  return files.map((file) => ({ path: file, source: 'PATH' }));
}

async function inFolders(root: string, source: Source): Promise<Candidate[]> {
  const names = await readdir(root).catch(() => []);
  const prefixes = names.filter((name) => !name.startsWith('.')).toSorted(newestFirst);
  return prefixes.map((name) => ({ path: interpreterOf(path.join(root, name), false), source }));
}

async function pyLauncher(ctx: Context): Promise<Candidate[]> {
  const ran = await run(ctx, 'py', ['-0p'], { timeoutMs: 10_000 }).catch(() => null);
  const lines = ran?.code === 0 ? ran.stdout.split(/\r?\n/) : [];
  return lines.flatMap((line) => {
    const file = /\s([A-Za-z]:\\.*python[\w.]*\.exe)\s*$/.exec(line)?.[1];
    return file === undefined ? [] : [{ path: file, source: 'py-launcher' as const }];
  });
}

function uvFolder(ctx: Context): string {
  const { UV_PYTHON_INSTALL_DIR, XDG_DATA_HOME, APPDATA } = ctx.env;
  if (UV_PYTHON_INSTALL_DIR) return UV_PYTHON_INSTALL_DIR;
  if (WINDOWS) return path.join(APPDATA ?? path.join(homeFolder(ctx), 'AppData', 'Roaming'), 'uv', 'data', 'python');
  return path.join(XDG_DATA_HOME ?? path.join(homeFolder(ctx), '.local', 'share'), 'uv', 'python');
}

/** Prefix of the version that pyenv's `python` means: PYENV_VERSION, .python-version here or above, the global one. */
async function pyenvChoice(ctx: Context): Promise<string | null> {
  const root = pyenvRoot(ctx);
  let text = ctx.env['PYENV_VERSION'] ?? null;
  for (let folder = ctx.cwd; text === null; folder = path.dirname(folder)) {
    text = await readText(path.join(folder, '.python-version'));
    if (folder === path.dirname(folder)) break;
  }
  text ??= await readText(path.join(root, 'version'));
  const installed = (await readdir(path.join(root, 'versions')).catch(() => [])).toSorted(newestFirst);
  for (const wish of (text ?? '').split(/[\s:]+/).filter(Boolean)) {
    const found = installed.find((name) => name === wish) ?? installed.find((name) => name.startsWith(`${wish}.`));
    if (found !== undefined) return path.join(root, 'versions', found);
  }
  return null;
}

function pyenvRoot(ctx: Context): string {
  return ctx.env['PYENV_ROOT'] ?? path.join(homeFolder(ctx), WINDOWS ? path.join('.pyenv', 'pyenv-win') : '.pyenv');
}

/** The caller's own home folder: of `ctx.env`, not of this process. */
export function homeFolder(ctx: Context): string {
  return ctx.env['HOME'] ?? ctx.env['USERPROFILE'] ?? os.homedir();
}

/** By the numbers in the names. Not localeCompare(): loading its tables takes longer than all the rest of this. */
function newestFirst(a: string, b: string): number {
  const [left, right] = [a, b].map((name) => name.split(/(\d+)/));
  for (const [at, text] of left?.entries() ?? []) {
    const other = right?.[at] ?? '';
    if (text === other) continue;
    const [number, otherNumber] = [Number(text), Number(other)];
    return at % 2 === 1 && number !== otherNumber ? otherNumber - number : text < other ? 1 : -1;
  }
  return (right?.length ?? 0) - (left?.length ?? 0);
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (facts) => facts.isFile(),
    () => false,
  );
}
