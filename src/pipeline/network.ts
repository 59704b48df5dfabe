/** A network of Keras, TensorFlow or PyTorch goes on its way as the ONNX model that it was converted to. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { hashOnce } from '../bundle/index.ts';
import type { FrameworkCard, NetworkCard, ServedCard } from '../card.ts';
import { type Converted, convertNetwork, networkTools, type NetworkTools } from '../compile/index.ts';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { assertSafe, inspect } from '../inspect/index.ts';
import { install, resolve } from '../resolve/index.ts';
import { sizeText } from '../size-text.ts';
import type { Digest, Engine, Form, Lock } from '../types.ts';

/** What is resolved without a model. */
const NOTHING: Omit<ServedCard, 'path'> = {
  kind: 'framework', format: 'onnx', size: 0, findings: [], framework: { name: 'onnxruntime', version: null }, madeBy: null, model: null, facts: {},
  inputs: [], outputs: [], featureNames: null, featureCount: null, classes: null, distributions: [], versions: {}, atLeast: {}, files: [], safe: true, damaged: false,
};

export interface Network {
  /** Of the ONNX file, which lies in the cache. */
  card: ServedCard;
  converted: Converted;
}

/** @param asked `sample`: a body that the model itself takes; null where there is none. @throws COMPILE_NETWORK, COMPILE_REFUSED, MODEL_DAMAGED, RESOLVE_* */
export async function asGraph(ctx: Context, card: NetworkCard, { engine, sample }: { engine: Engine | 'auto' | undefined; sample: unknown }): Promise<Network> {
  if (engine === 'plain' || engine === 'native') {
    throw new MlfnError('COMPILE_REFUSED', `${path.basename(card.path)} cannot be served by the engine ${engine}: a network is served as the ONNX model that it is converted to.`, {
      hint: 'Leave --engine out.',
      details: { engine },
    });
  }
  const tools = networkTools(card.format);
  const input = { file: card.path, format: card.format, digest: await digestOf(ctx, card), sample, tools: () => layTools(ctx, tools) };
  const converted = await convertNetwork(ctx, input, JSON.stringify(tools.needs));
  const graph = await inspect(ctx, converted.file, {});
  assertSafe(graph, { trust: false });
  if (graph.kind !== 'framework' || graph.format !== 'onnx') throw new Error('what was converted is no ONNX model');
  return { card: { ...graph, format: graph.format, madeBy: card.framework, model: card.model }, converted };
}

/** The form of the ONNX file, told as that of the network. */
export function asNetwork(form: Form, { proof, warmUs, nativeUs, missing }: Converted): Form {
  if (form.engine === 'native') return form;
  const [fast, slow] = [warmUs, nativeUs].map((us) => (us === null ? null : `${Number((us / 1000).toPrecision(2))} ms`));
  const times = fast === null || slow === null ? '' : `, answers in ${fast} instead of ${slow}`;
  const largest = proof.largestDifference === 0 ? '0' : proof.largestDifference.toExponential(1);
  const without = missing ? '' : '; a missing value is refused';
  return { ...form, proof, why: `equal on ${proof.probes} probes (largest difference ${largest})${times}${without}` };
}

async function digestOf(ctx: Context, card: FrameworkCard): Promise<Digest> {
  if (card.files.length === 0) return (await hashOnce(ctx, card.path)).sha256;
  const hash = createHash('sha256');
  for (const name of card.files.toSorted()) hash.update(`${name}\n${(await hashOnce(ctx, path.join(card.path, ...name.split('/')))).sha256}\n`);
  return hash.digest('hex');
}

/** Once for all networks of a framework. What lies beside the model has no say in it. */
export async function layTools(ctx: Context, { name, pythons, needs }: NetworkTools): Promise<{ lock: Lock; dependencies: string }> {
  const apart = { ...NOTHING, path: path.join(ctx.home.cache, 'converters', 'nothing') };
  const lock = await resolve(ctx, apart, { platform: 'this-machine', pythons }, { compiled: true, also: needs });
  const dependencies = path.join(ctx.home.cache, 'dependencies', lock.digest);
  if (existsSync(dependencies)) return { lock, dependencies };
  const bytes = lock.packages.reduce((sum, { size }) => sum + (size ?? 0), 0);
  ctx.emit({ type: 'progress', text: `fetching ${name} and its converter to ONNX, once: ${sizeText(bytes)}` });
  await install(ctx, lock, dependencies);
  return { lock, dependencies };
}
