/** Where a model is converted for the engine onnx: its own packages, and the converter's beside them, on this machine. */
import { layDependencies } from '../bundle/index.ts';
import { converterNeeds } from '../compile/index.ts';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { exactOptions, resolve } from '../resolve/index.ts';
import type { ModelCard } from '../card.ts';
import type { Lock } from '../types.ts';
import { dependenciesOf, type Host } from './host.ts';

/** @param shipped locks what would be served, and throws where the target cannot run it: asked before anything is laid down */
export async function converterFor(ctx: Context, card: ModelCard, own: Lock, shipped: () => Promise<Lock>): Promise<Host | { why: string }> {
  try {
    await shipped();
    const request = { platform: 'this-machine' as const, pythons: [own.python] };
    const lock = await resolve(ctx, card, request, { ...(await exactOptions(ctx, own)), also: converterNeeds(own) });
    const other = own.packages.find(({ name, version, forTarget }) => forTarget === undefined && !lock.packages.some((one) => one.name === name && one.version === version));
    if (other !== undefined) return { why: `its converter does not go with ${other.name} ${other.version}` };
    const { dependencies, supply } = dependenciesOf(ctx, lock);
    await layDependencies(ctx, dependencies, supply);
    return { lock, interpreter: lock.interpreter, dependencies };
  } catch (error) {
    if (error instanceof MlfnError && error.code !== 'INTERRUPTED' && error.code !== 'DISK_FULL') return { why: `onnxruntime cannot be had: ${error.message.replace(/\.$/, '')}` };
    throw error;
  }
}
