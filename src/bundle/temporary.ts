/**
 * What is made appears whole under its name or not at all: it grows under a temporary name beside it, which tells
 * who makes it, so that the next command sweeps what a killed one left.
 */
import { randomUUID } from 'node:crypto';
import { readdir, rm, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { pid } from 'node:process';
import { isRunning } from '../running.ts';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { makeFolders } from '../folders.ts';
import { sizeText } from '../size-text.ts';
import { interrupted } from './hash.ts';

const HOST = hostname().replace(/[^A-Za-z0-9]+/g, '_');
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Gives `make` a path to write to; removes that path unless `make` has renamed it away. `bytes` is what is needed. */
export async function withTemporary<T>(
  ctx: Context,
  target: string,
  bytes: number,
  make: (temporary: string) => Promise<T>,
): Promise<T> {
  if (ctx.signal.aborted) throw interrupted();
  const parent = path.dirname(target);
  const temporary = path.join(parent, `.${path.basename(target)}.${HOST}-${pid}-${randomUUID().slice(0, 8)}.tmp`);
  try {
    await makeFolders(parent);
    await sweep(target);
    return await make(temporary);
  } catch (error) {
    // That it cannot be removed either (its folder is a file, the disk went read-only) must not hide why it was not made.
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    if (ctx.signal.aborted) throw interrupted();
    throw await explained(error, target, bytes);
  }
}

async function sweep(target: string): Promise<void> {
  const parent = path.dirname(target);
  const prefix = `.${path.basename(target)}.${HOST}-`;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix) || !name.endsWith('.tmp')) continue;
    const owner = Number(name.slice(prefix.length).split('-')[0]);
    // A child that outlived its killed parent may write there for a moment: the next sweep gets what this one cannot.
    if (!isRunning(owner)) await rm(path.join(parent, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }).catch(() => undefined);
  }
}

async function explained(problem: unknown, target: string, bytes: number): Promise<unknown> {
  const { code = '', syscall } = problem as NodeJS.ErrnoException;
  if (problem instanceof MlfnError) return problem;
  if (FULL.has(code)) {
    const free = await statfs(path.dirname(target)).then((disk) => disk.bavail * disk.bsize).catch(() => null);
    const room = free === null ? '' : ` ${sizeText(free)} are free there, up to ${sizeText(bytes)} are needed.`;
    return new MlfnError('BUNDLE_DISK_FULL', `There is no room to write ${target} (${code}).${room}`, {
      hint: 'Free some disk space, or set MLFN_HOME to a folder on a larger disk, and run the command again.',
      details: { target, code, neededBytes: bytes, freeBytes: free },
      cause: problem,
    });
  }
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR'].includes(code) || (code === 'ENOENT' && syscall === 'mkdir')) {
    return new MlfnError('BUNDLE_UNWRITABLE', `${target} cannot be written (${code}).`, {
      hint: 'Choose a folder that you may write to, and that is not a file.',
      details: { target, code },
      cause: problem,
    });
  }
  return problem;
}
