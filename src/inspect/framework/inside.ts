/** Files that a model names must lie in its own folder. */
import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';

export type Inside =
  | { kind: 'file'; size: number; /** POSIX, relative to the folder. */ path: string }
  | { kind: 'folder'; path: string }
  | { kind: 'missing' }
  /** `why` ends a sentence. */
  | { kind: 'outside'; why: string };

/** @param named as the model has it: relative to `folder`, in the manner of any system */
export async function fileInside(folder: string, named: string): Promise<Inside> {
  const why = leavesFolder(named);
  if (why !== null) return { kind: 'outside', why };
  const file = path.join(folder, ...named.split(/[\\/]/));
  const found = await lstat(file).catch(() => null);
  if (found === null) return { kind: 'missing' };
  const [real, home] = await Promise.all([realpath(file), realpath(folder)]).catch(() => []);
  if (real === undefined || home === undefined) return { kind: 'outside', why: 'is a link to nothing' };
  const inside = path.relative(home, real);
  if (inside === '' || inside.startsWith('..') || path.isAbsolute(inside)) return { kind: 'outside', why: 'is a link that leads out of the folder' };
  if (found.isSymbolicLink()) return { kind: 'outside', why: 'is a link: packages hold none' };
  const told = inside.split(path.sep).join('/');
  if (found.isDirectory()) return { kind: 'folder', path: told };
  return found.isFile() ? { kind: 'file', size: found.size, path: told } : { kind: 'outside', why: 'is no regular file' };
}

/** Why a path does not stay below where it starts, on this or any other system; null when it does. */
export function leavesFolder(named: string): string | null {
  if (named === '') return 'is no name';
  if (named.includes('\0')) return 'has a zero byte in its name';
  if (/^([\\/]|[A-Za-z]:)/.test(named)) return 'is an absolute path';
  if (named.split(/[\\/]/).includes('..')) return 'has .. in it';
  return null;
}
