/** A network of Keras, TensorFlow or PyTorch goes on its way as the ONNX model that it was converted to, else as itself. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { hashOnce } from '../bundle/index.ts';
import type { FrameworkCard, NetworkCard, Port, ServedCard } from '../card.ts';
import { type Converted, convertNetwork, inputsOf, networkTools, type NetworkTools } from '../compile/index.ts';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { assertSafe, inspect } from '../inspect/index.ts';
import { install, resolve } from '../resolve/index.ts';
import { sizeText } from '../size-text.ts';
import type { Digest, Engine, Form, Lock } from '../types.ts';
import type { Host } from './host.ts';

/** What is resolved without a model. */
const NOTHING: Omit<ServedCard, 'path'> = {
  kind: 'framework', format: 'onnx', size: 0, findings: [], framework: { name: 'onnxruntime', version: null }, madeBy: null, model: null, facts: {},
  inputs: [], outputs: [], featureNames: null, featureCount: null, classes: null, distributions: [], versions: {}, atLeast: {}, files: [], safe: true, damaged: false,
};

/** As the ONNX file in the cache, or as it is: then why. */
export type Network = { card: ServedCard; converted: Converted } | { card: NetworkCard; why: string };

export interface NetworkRequest {
  engine: Engine | 'auto' | undefined;
  /** A body that the model itself takes; null where there is none. */
  sample: unknown;
  /** Its own framework for this machine. */
  host: () => Promise<Host>;
}

/** @throws COMPILE_NETWORK, COMPILE_REFUSED, MODEL_DAMAGED, RESOLVE_* */
export async function asServed(ctx: Context, card: NetworkCard, { engine, sample, host }: NetworkRequest): Promise<Network> {
  if (engine === 'plain') {
    throw new MlfnError('COMPILE_REFUSED', `${path.basename(card.path)} cannot be served by the engine plain: it is a network, which onnxruntime or its own framework evaluates.`, {
      hint: 'Leave --engine out.',
      details: { engine },
    });
  }
  if (engine === 'native') return { card: await withInputs(ctx, card, { sample, host, known: null }), why: 'asked for' };
  const tools = networkTools(card.format);
  const input = { file: card.path, format: card.format, digest: await digestOf(ctx, card), sample, tools: () => layTools(ctx, tools) };
  const converted = await convertNetwork(ctx, input, JSON.stringify(tools.needs));
  if ('why' in converted) {
    const { why, inputs } = converted;
    if (engine === 'onnx' || (card.format === 'torchscript' && inputs === null)) throw refused(card, why);
    return { card: await withInputs(ctx, card, { sample, host, known: inputs }), why: `no ONNX form is proved equal: ${why}` };
  }
  const graph = await inspect(ctx, converted.file, {});
  assertSafe(graph, { trust: false });
  if (graph.kind !== 'framework' || graph.format !== 'onnx') throw new Error('what was converted is no ONNX model');
  return { card: { ...graph, format: graph.format, madeBy: card.framework, model: card.model }, converted };
}

/** TorchScript alone does not tell what it takes when it is loaded: its card does then. @throws COMPILE_NETWORK */
async function withInputs(ctx: Context, card: NetworkCard, { sample, host, known }: Pick<NetworkRequest, 'sample' | 'host'> & { known: Port[] | null }): Promise<NetworkCard> {
  // Its packages are named by what locks them.
  const served = { ...card, distributions: [], versions: {} };
  if (card.format !== 'torchscript') return served;
  const inputs = known ?? (await inputsOf(ctx, { file: card.path, format: card.format, sample, tools: host }));
  if (inputs === null) throw refused(card, 'TorchScript does not tell the shape of its input');
  return { ...served, inputs };
}

function refused({ path: file, format }: NetworkCard, reason: string): MlfnError {
  const hint = format === 'torchscript' ? 'Give a sample of what it takes (--sample), or save the network with torch.export.save.' : 'Leave --engine out: it is served by its own framework then.';
  return new MlfnError('COMPILE_NETWORK', `${path.basename(file)} cannot be served so: ${reason}.`, { hint, details: { path: file, format, reason } });
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
