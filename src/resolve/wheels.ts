/** The locked wheels themselves, as the index has them: packages are put together from their members. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Lock } from '../types.ts';
import { codeCompiler } from './byte-code.ts';
import { loginFor } from './credentials.ts';
import type { openDownload } from './download.ts';
import { withFile } from '../whole-files.ts';
import { type LockedWheel, parsePylock } from './pylock.ts';
import { uvEnv } from './uv-env.ts';

export interface Wheel {
  sha256: string;
  /** It lies in the cache and has that digest. */
  file: string;
}

export interface Wheels {
  wheels: Wheel[];
  /** Null where this machine lacks the lock's Python. */
  byteCode: { tag: string; compile: (folder: string) => Promise<void> } | null;
}

/** Downloads at once: small wheels wait for each other's answers otherwise. */
const LANES = 6;

/**
 * Null where one of them cannot be had by a plain download (an index with a login of another kind, no network): uv, which knows
 * all of these, then lays them down. Network is used only for what is not in the cache.
 * @throws MlfnError DISK_FULL | INTERRUPTED
 */
export async function fetchWheels(ctx: Context, lock: Lock): Promise<Wheels | null> {
  const wanted = parsePylock(lock.pylock, '', lock.python, lock.platform);
  const shelf = path.join(ctx.home.cache, 'wheels');
  const fileOf = ({ sha256 }: LockedWheel) => path.join(shelf, `${sha256}.whl`);
  const there = await Promise.all(wanted.map((wheel) => stat(fileOf(wheel)).then(() => true, () => false)));
  const missing = wanted.filter((_, index) => there[index] === false);
  if (missing.length > 0 && !(await fetchAll(ctx, lock, missing, fileOf))) return null;
  const byteCode = await codeCompiler(ctx, lock);
  return { wheels: wanted.map((wheel) => ({ sha256: wheel.sha256, file: fileOf(wheel) })), byteCode };
}

async function fetchAll(ctx: Context, lock: Lock, missing: LockedWheel[], fileOf: (wheel: LockedWheel) => string): Promise<boolean> {
  const remote = missing.some((wheel) => wheel.path === undefined);
  const env = remote ? await uvEnv(ctx) : ctx.env;
  if (remote && (lock.offline || ['1', 'true'].includes(env['UV_OFFLINE']?.toLowerCase() ?? ''))) return false;
  await mkdir(path.dirname(fileOf(missing[0] as LockedWheel)), { recursive: true });
  const total = missing.reduce((sum, { size }) => sum + (size ?? 0), 0);
  const over = new AbortController();
  const signal = AbortSignal.any([ctx.signal, over.signal]);
  let done = 0;
  const tell = (bytes: number) => ctx.emit({ type: 'progress', text: 'downloading wheels', done: (done += bytes), ...(total > 0 ? { total } : {}) });
  const queue = missing.toSorted((a, b) => (b.size ?? 0) - (a.size ?? 0)).values();
  const lane = async () => {
    for (const wheel of queue) await fetchOne(wheel, fileOf(wheel), { env, login: (url) => loginFor(ctx, env, url), signal, tell });
  };
  try {
    await Promise.all(Array.from({ length: LANES }, () => lane().catch((error: unknown) => {
      over.abort();
      throw error;
    })));
    return true;
  } catch (error) {
    if (ctx.signal.aborted) throw new MlfnError('INTERRUPTED', 'Stopped while wheels were being downloaded.');
    if (error instanceof MlfnError && error.code === 'DISK_FULL') throw error;
    return false;
  }
}

type Fetching = Parameters<typeof openDownload>[1] & { tell: (bytes: number) => void };

/** Node's clients of HTTP take as long to load as all that a known package needs. */
async function download(...asked: Parameters<typeof openDownload>): ReturnType<typeof openDownload> {
  return (await import('./download.ts')).openDownload(...asked);
}

async function fetchOne(wheel: LockedWheel, file: string, how: Fetching): Promise<void> {
  await withFile(file, async (temporary) => {
    const source = wheel.url === undefined ? createReadStream(wheel.path ?? '', { signal: how.signal }) : await download(wheel.url, how);
    const hash = createHash('sha256');
    const target = await open(temporary, 'wx', 0o444);
    try {
      let size = 0;
      for await (const chunk of source as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (wheel.size !== null && size > wheel.size) throw new Error(`${wheel.wheel} is longer than its index says`);
        hash.update(chunk);
        await target.writeFile(chunk);
        how.tell(chunk.length);
      }
      await target.sync();
    } finally {
      await target.close();
    }
    if (hash.digest('hex') !== wheel.sha256) throw new Error(`${wheel.wheel} is not what was locked`);
    await rename(temporary, file).catch(async (error: unknown) => {
      // Another process was first (Windows does not replace what is open).
      await stat(file).catch(() => {
        throw error;
      });
      await rm(temporary, { force: true });
    });
  });
}
