/** The compiled form against the model itself, on rows of the user's own. Deploys nothing. */
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { hashOnce } from '../bundle/index.ts';
import { prove as proveRows, type Proved, runtimeNeeds } from '../compile/index.ts';
import { lockFact, modelFact } from '../facts.ts';
import { assertSafe, inspect, isNetwork } from '../inspect/index.ts';
import { openTarget } from '../providers/index.ts';
import { resolve } from '../resolve/index.ts';
import { converterFor } from './converter.ts';
import { hostOf } from './host.ts';
import type { BuildRequest } from './make.ts';
import { readSample } from './sample.ts';

export type ProofResult = Proved & { name: string };

/** @throws COMPILE_ROWS, CONFIG_VALUE */
export async function prove(
  ctx: Context,
  request: Pick<BuildRequest, 'name' | 'model' | 'target' | 'targetConfig' | 'code' | 'hooks' | 'requirements' | 'python' | 'sample' | 'trust'> & { rows: string },
): Promise<ProofResult> {
  const { name, model, code, hooks, requirements, python, rows } = request;
  const card = await inspect(ctx, model, { code });
  if (card.kind === 'python') {
    throw new MlfnError('CONFIG_VALUE', `${model} is Python code: there is nothing to compile, and nothing to prove.`, {
      hint: 'Give the path of a model file.',
      details: { key: 'model' },
    });
  }
  assertSafe(card, { trust: request.trust });
  if (isNetwork(card)) {
    throw new MlfnError('CONFIG_VALUE', `${model} is a network: rows of your own cannot be held against it, only what a deploy asks both.`, {
      hint: 'Give --sample to a deploy.',
      details: { key: 'model' },
    });
  }
  if (card.kind === 'framework' && card.format === 'onnx') {
    throw new MlfnError('CONFIG_VALUE', `${model} is served as it is: nothing of it is compiled, and there is nothing to prove.`, {
      hint: 'Give --sample to a deploy: its answers are compared with the model\'s own.',
      details: { key: 'model' },
    });
  }
  ctx.emit(modelFact(card));
  const sample = request.sample === undefined ? null : await readSample(request.sample);
  const { provider, config } = await openTarget(request.target, request.targetConfig);
  const platform = provider.platform(config);
  const own = await resolve(ctx, card, platform, { python, requirements, code: hooks === undefined ? [] : [hooks] });
  ctx.emit(lockFact(own));
  const host = await hostOf(ctx, card, own);
  const { sha256: digest } = await hashOnce(ctx, card.path);
  const converter = () => converterFor(ctx, card, host.lock, () => resolve(ctx, card, platform, { python: own.python, compiled: true, also: runtimeNeeds(own) }));
  return { name, ...(await proveRows(ctx, { card, digest, host: async () => host, hooks, sample, engine: 'auto', converter, rows })) };
}
