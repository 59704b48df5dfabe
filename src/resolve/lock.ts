/** Locks: made from wheels, kept by what was asked. A lock that is kept is found again without uv and without a network. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import * as z from 'zod';
import type { Context } from '../events.ts';
import type { Digest, Lock, LockedPackage, Platform } from '../types.ts';
import { readJson, writeWhole } from '../whole-files.ts';
import { writePylock, type LockedWheel } from './pylock.ts';
import { bareInterpreter, type PythonChoice } from './pythons.ts';
import { normalize } from './requirements.ts';

type Described = Pick<Lock, 'source' | 'sourceDetail' | 'offline' | 'indexes'>;

/** @param served what is there for the model's sake: the rest is the target's */
export function makeLock(choice: PythonChoice, wheels: LockedWheel[], described: Described, served = wheels): Lock {
  const { python, platform } = choice;
  const own = new Set(served.map((one) => one.name));
  const packages = wheels.map((one): LockedPackage => {
    const { version, wheel, size, url, path: local } = one;
    return {
      name: normalize(one.name),
      version,
      wheel,
      sha256: one.sha256,
      size,
      ...(own.has(one.name) ? {} : { forTarget: true }),
      ...(one.direct && url !== undefined ? { url } : {}),
      ...(local === undefined ? {} : { local: true }),
    };
  });
  const digest = digestOf(python, platform, packages);
  const pylock = writePylock(python, wheels);
  const { source, sourceDetail, offline, indexes = [] } = described;
  const interpreter = bareInterpreter(choice.interpreter);
  return { python, platform, packages, pylock, ...(indexes.length > 0 ? { indexes } : {}), digest, source, sourceDetail, offline, interpreter };
}

/** SHA-256 over python, platform and the sorted rows; JSON, so that no two differ only in where a comma stands. */
function digestOf(python: string, platform: Platform, packages: LockedPackage[]): Digest {
  const rows = packages.map((one) => [one.name, one.version, one.sha256]);
  rows.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return sha256(JSON.stringify([python, [platform.os, platform.arch, platform.glibc], rows]));
}

const keptSchema = z.object({
  python: z.string(),
  platform: z.object({
    os: z.enum(['linux', 'macos', 'windows']),
    arch: z.enum(['x86_64', 'aarch64']),
    glibc: z.string().nullable(),
  }),
  packages: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      wheel: z.string(),
      sha256: z.string(),
      size: z.number().nullable(),
      forTarget: z.literal(true).optional(),
      url: z.string().optional(),
      local: z.literal(true).optional(),
    }),
  ),
  pylock: z.string(),
  indexes: z.array(z.string()).optional(),
  digest: z.string(),
  source: z.enum(['lockfile', 'requirements', 'environment', 'model-date']),
  sourceDetail: z.string(),
  offline: z.boolean(),
});

/** @param asked everything that decides the result, as JSON */
export async function keptLock(ctx: Context, asked: unknown, choices: PythonChoice[]): Promise<Lock | null> {
  const kept = keptSchema.safeParse(await readJson(entry(ctx, asked)));
  if (!kept.success) return null;
  const choice = choices.find((one) => one.python === kept.data.python);
  return choice === undefined
    ? null
    : { ...kept.data, interpreter: bareInterpreter(choice.interpreter) };
}

/** One that was made without a network may lack what the index has by now: it says so, and serves while there is none. */
export async function keepLock(ctx: Context, asked: unknown, lock: Lock): Promise<void> {
  await writeWhole(entry(ctx, asked), JSON.stringify(keptSchema.parse(lock)));
}

function entry(ctx: Context, asked: unknown): string {
  return path.join(ctx.home.cache, 'locks', `${sha256(JSON.stringify(asked))}.json`);
}

function sha256(text: string): Digest {
  return createHash('sha256').update(text).digest('hex');
}
