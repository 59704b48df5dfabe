/** Where the model itself is asked: its own packages, laid down for this machine. */
import path from 'node:path';
import { layDependencies, type Supply } from '../bundle/index.ts';
import type { Context } from '../events.ts';
import { fetchWheels, hostOptions, install, resolve } from '../resolve/index.ts';
import type { ModelCard } from '../card.ts';
import type { Lock } from '../types.ts';

export interface Host {
  lock: Lock;
  interpreter: string;
  /** Folder of the packages. */
  dependencies: string;
}

/** The lock itself where its wheels run here, else the same versions for this machine. */
export async function hostOf(ctx: Context, card: ModelCard, lock: Lock): Promise<Host> {
  const options = await hostOptions(ctx, lock);
  const own = options === null ? lock : await resolve(ctx, card, { platform: 'this-machine', pythons: [lock.python] }, options);
  if (own !== lock) {
    const { os, arch } = own.platform;
    const text = `the model itself is asked with the same versions for this machine (Python ${own.python}, ${os} ${arch})`;
    ctx.emit({ type: 'fact', label: 'host', text });
  }
  const { dependencies, supply } = dependenciesOf(ctx, own);
  await layDependencies(ctx, dependencies, supply);
  return { lock: own, interpreter: own.interpreter, dependencies };
}

/** The folder for what a lock installs, which is made once somebody imports from it, and where that comes from. */
export function dependenciesOf(ctx: Context, lock: Lock): { dependencies: string; supply: Supply } {
  const dependencies = path.join(ctx.home.cache, 'dependencies', lock.digest);
  return { dependencies, supply: { wheels: () => fetchWheels(ctx, lock), install: (folder) => install(ctx, lock, folder) } };
}
