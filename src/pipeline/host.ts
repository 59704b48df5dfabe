/** Where the model itself is asked: its own packages, laid down for this machine. */
import path from 'node:path';
import { layDependencies, type Supply } from '../bundle/index.ts';
import type { Context } from '../events.ts';
import { frameworkNeeds } from '../compile/index.ts';
import { isNetwork } from '../inspect/index.ts';
import { fetchWheels, hostOptions, install, resolve, type ResolveOptions } from '../resolve/index.ts';
import type { ModelCard, NetworkCard } from '../card.ts';
import type { Lock, PlatformRequest } from '../types.ts';

export interface Host {
  lock: Lock;
  interpreter: string;
  /** Folder of the packages. */
  dependencies: string;
}

/** The lock itself where its wheels run here, else the same versions for this machine. */
export async function hostOf(ctx: Context, card: ModelCard, lock: Lock): Promise<Host> {
  const options = await hostOptions(ctx, lock);
  const here = { platform: 'this-machine' as const, pythons: [lock.python] };
  const own = options === null ? lock : await (isNetwork(card) ? frameworkLock(ctx, card, here, { python: options.python }, lock) : resolve(ctx, card, here, options));
  if (own !== lock) {
    const { os, arch } = own.platform;
    const text = `the model itself is asked with the same versions for this machine (Python ${own.python}, ${os} ${arch})`;
    ctx.emit({ type: 'fact', label: 'host', text });
  }
  const { dependencies, supply } = dependenciesOf(ctx, own);
  await layDependencies(ctx, dependencies, supply);
  return { lock: own, interpreter: own.interpreter, dependencies };
}

/** What serves a network natively. @param beside a lock of it for another platform, whose other packages come with it */
export async function frameworkLock(ctx: Context, card: NetworkCard, request: PlatformRequest, options: ResolveOptions, beside?: Lock): Promise<Lock> {
  const { pythons, needs } = frameworkNeeds(card, request.platform);
  const able = request.pythons.filter((each) => pythons.includes(each));
  const others = (beside?.packages ?? []).filter(({ name, forTarget }) => forTarget === undefined && !/^(tensorflow|nvidia-|cuda-)/.test(name) && needs.every((need) => need.name !== name));
  const more = others.map(({ name, version }) => ({ name, version, accepts: `==${version}`, alone: true }));
  const lock = await resolve(ctx, card, { ...request, pythons: able.length > 0 ? able : request.pythons }, { ...options, compiled: true, also: [...needs, ...more] });
  return { ...lock, sourceDetail: 'versions that mlfn was tested with' };
}

/**
 * More of wheels than a zip can hold is not kept as wheels, unpacked and laid down: uv has it in its cache, and links to it.
 * AWS's limit of a zip, unzipped (Lambda quotas): what is larger compressed is more than that in every case.
 */
const LARGE = 262_144_000;

/** The folder for what a lock installs, which is made once somebody imports from it, and where that comes from. */
export function dependenciesOf(ctx: Context, lock: Lock): { dependencies: string; supply: Supply } {
  const dependencies = path.join(ctx.home.cache, 'dependencies', lock.digest);
  const bytes = lock.packages.reduce((sum, { size }) => sum + (size ?? 0), 0);
  return { dependencies, supply: { wheels: async () => (bytes > LARGE ? null : fetchWheels(ctx, lock)), install: (folder) => install(ctx, lock, folder) } };
}
