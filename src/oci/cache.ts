/**
 * What commands about images share in `cache/oci`: blobs, what is known of them, uploads that were cut. It is swept as a command begins,
 * and never beside another: who uses it, and who sweeps it, says so by a file of its own before looking for the others'.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pid } from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { isRunning } from '../running.ts';
import { readJson, sweepLeftovers } from '../whole-files.ts';
import { blobFile } from './blobs.ts';

const DAY_MS = 24 * 3600 * 1000;
/** Not used for so long, a blob goes. */
const UNUSED_MS = 30 * DAY_MS;
/** Above this the longest unused go first, but none of the last day's. */
const LIMIT = 20e9;
/** docker-registry, for one, forgets an upload after a week: distribution.github.io/distribution/about/configuration/#uploadpurging */
const UPLOAD_MS = 7 * DAY_MS;
const POLL_MS = 25;

type Kind = 'use' | 'sweep';

/** A mark that is older was left: in containers the process of another one has the same number, and other machines' cannot be seen. */
const LONGEST_MS: Record<Kind, number> = { use: DAY_MS, sweep: 60_000 };

/** To be called before the cache is looked at; call what it gives when it is not needed any more. @throws INTERRUPTED */
export async function useCache(ctx: Context): Promise<() => void> {
  const folder = path.join(ctx.home.cache, 'oci', 'users');
  await mkdir(folder, { recursive: true });
  const own = await announce(folder, 'use');
  const release = () => rmSync(path.join(folder, own), { force: true });
  try {
    while ((await others(folder, 'sweep', own)).length > 0) {
      if (ctx.signal.aborted) throw new MlfnError('INTERRUPTED', 'Stopped while the cache of images was being swept.');
      await pause(POLL_MS);
    }
    const sweeper = await announce(folder, 'sweep');
    try {
      if ((await others(folder, 'use', own)).length === 0) await sweep(ctx);
    } finally {
      await rm(path.join(folder, sweeper), { force: true });
    }
    return release;
  } catch (error) {
    release();
    throw error;
  }
}

async function announce(folder: string, kind: Kind): Promise<string> {
  const name = `${kind}-${os.hostname()}-${pid}-${randomBytes(4).toString('hex')}`;
  await writeFile(path.join(folder, name), '', { flag: 'wx' });
  return name;
}

/** Those of running commands, as far as this machine can tell. What a killed one left is taken away. */
async function others(folder: string, kind: Kind, own: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder)) {
    const [, what, host, owner] = /^(use|sweep)-(.*)-(\d+)-[0-9a-f]{8}$/.exec(name) ?? [];
    if (what !== kind || name === own) continue;
    const young = (await ageOf(path.join(folder, name))) < LONGEST_MS[kind];
    if (young && (host !== os.hostname() || isRunning(Number(owner)))) found.push(name);
    else await rm(path.join(folder, name), { force: true });
  }
  return found;
}

async function sweep(ctx: Context): Promise<void> {
  const at = (...parts: string[]) => path.join(ctx.home.cache, 'oci', ...parts);
  for (const folder of [at('blobs', 'sha256'), at('making'), at('layers'), at('facts')]) await sweepLeftovers(folder);
  for (const file of await filesIn(at('uploads'))) if (file.age > UPLOAD_MS) await gone(file.path);
  for (const file of await filesIn(at('facts'))) if (file.age > UNUSED_MS) await gone(file.path);
  const blobs = (await filesIn(at('blobs', 'sha256'))).toSorted((a, b) => b.age - a.age);
  let total = blobs.reduce((sum, { size }) => sum + size, 0);
  for (const { path: file, age, size } of blobs) {
    if (age <= UNUSED_MS && (total <= LIMIT || age <= DAY_MS)) continue;
    await gone(file);
    total -= size;
  }
  for (const { path: file } of await filesIn(at('layers'))) {
    const { digest } = ((await readJson(file)) ?? {}) as { digest?: string };
    if (digest === undefined || (await stat(blobFile(ctx, digest)).catch(() => null)) === null) await gone(file);
  }
}

interface Found {
  path: string;
  size: number;
  age: number;
}

async function filesIn(folder: string): Promise<Found[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith('.'));
  const found = await Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name);
      const told = await stat(file).catch(() => null);
      return told === null ? null : { path: file, size: told.size, age: Date.now() - told.mtimeMs };
    }),
  );
  return found.filter((each) => each !== null);
}

async function ageOf(file: string): Promise<number> {
  return stat(file).then(({ mtimeMs }) => Date.now() - mtimeMs, () => Infinity);
}

/** What cannot be taken away now is left to the next sweep. */
async function gone(file: string): Promise<void> {
  await rm(file, { force: true }).catch(() => undefined);
}
