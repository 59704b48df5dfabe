/** What was locked for another machine, for this one: the model itself is asked here before a release goes live. */
import path from 'node:path';
import type { Context } from '../events.ts';
import type { Lock } from '../types.ts';
import { writeWhole } from '../whole-files.ts';
import type { ResolveOptions } from './index.ts';
import { surveyInterpreters, usePython } from './interpreters.ts';

/**
 * Null where the lock's wheels run on this machine. Else what to resolve the same versions for this machine with, of the same
 * Python if there is one; what only the target needs is left out. The file has a fixed place, so that the same question is answered from the cache.
 */
export async function hostOptions(ctx: Context, lock: Lock): Promise<Pick<ResolveOptions, 'requirements' | 'python'> | null> {
  return (await runsHere(ctx, lock)) ? null : exactOptions(ctx, lock);
}

/** What to resolve the very versions of a lock for this machine with. */
export async function exactOptions(ctx: Context, lock: Lock): Promise<Pick<ResolveOptions, 'requirements' | 'python'>> {
  const file = path.join(ctx.home.cache, 'locks', `${lock.digest}.host.txt`);
  const served = lock.packages.filter((one) => one.forTarget === undefined);
  await writeWhole(file, served.map(({ name, version }) => `${name}==${version}\n`).join(''));
  const same = (await surveyInterpreters(ctx)).usable.some((python) => python.minor === lock.python);
  return { requirements: file, ...(same ? { python: lock.python } : {}) };
}

async function runsHere(ctx: Context, { interpreter, platform, python }: Lock): Promise<boolean> {
  const here = await usePython(ctx, interpreter);
  if (here.minor !== python || here.platform.os !== platform.os || here.platform.arch !== platform.arch) return false;
  return platform.glibc === null ? here.platform.glibc === null : isAtLeast(here.platform.glibc, platform.glibc);
}

/** `2.36` is at least `2.34`. */
function isAtLeast(found: string | null, wanted: string): boolean {
  if (found === null) return false;
  const [major = 0, minor = 0] = found.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
