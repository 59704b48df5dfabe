/** Where the model itself is asked: its own packages, laid down for this machine. */
import path from 'node:path';
import type { Context } from '../events.ts';
import { hostOptions, install, resolve } from '../resolve/index.ts';
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
  const dependencies = dependenciesOf(ctx, own);
  await install(ctx, own, dependencies);
  return { lock: own, interpreter: own.interpreter, dependencies };
}

export function dependenciesOf({ home }: Context, { digest }: Lock): string {
  return path.join(home.cache, 'dependencies', digest);
}
