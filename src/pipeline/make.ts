/** From a path to a package: the stages that any target shares. */
import path from 'node:path';
import { bundle, type BundleInput, fits, oneZip } from '../bundle/index.ts';
import { runtimeNeeds } from '../compile/index.ts';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { bundleFact, lockFact, modelFact } from '../facts.ts';
import { assertSafe, inspect, isNetwork } from '../inspect/index.ts';
import type { Provider } from '../providers/provider.ts';
import { resolve } from '../resolve/index.ts';
import type { ModelCard } from '../card.ts';
import type { DataSettings, RuntimeSettings } from '../live.ts';
import type { Bundle, Engine, Finding, Form, Lock } from '../types.ts';
import { formOf } from './form.ts';
import { dependenciesOf, frameworkLock, hostOf } from './host.ts';
import { asNetwork, asServed, type Network } from './network.ts';
import { readSample } from './sample.ts';
import { type Slimming, slimmed } from './slim.ts';

/** What of a target decides how a package is made. */
export interface Packaging {
  provider: Pick<Provider<unknown>, 'accepts' | 'caller' | 'limits' | 'modelApart' | 'oneZip' | 'platform'>;
  config: unknown;
}

/** What to make a package of. Every path is absolute. */
export interface MakeRequest {
  name: string;
  /** A model file, or `module.py:attribute`. */
  model: string;
  code?: string;
  /** Files and folders that the code reads. */
  include?: string[] | undefined;
  hooks?: string;
  requirements?: string;
  python?: string;
  /** A JSON file holding a body as a client would post it. */
  sample?: string;
  /** Absent: the model's own libraries. */
  engine?: Engine | 'auto';
  /** Finds out what slimming would leave out, also where all of it fits. */
  explain?: boolean;
  /** The model stays out of the package, so that another can be served in its place. */
  pointed?: boolean;
  /** Of what a worker is told, what decides what ships. */
  settings?: Pick<RuntimeSettings, 'data'>;
  /** Throws where a model in that form cannot run; asked before anything is packed. */
  admits?: (card: ModelCard, engine: Engine) => void;
  /** Loads a model that names something outside the allowlist. */
  trust: boolean;
}

/** The same, for a target. */
export interface BuildRequest extends MakeRequest {
  target: string;
  /** The target's own section of the configuration. */
  targetConfig: unknown;
}

export interface Made {
  card: ModelCard;
  /** Null where none was given. */
  sample: unknown;
  form: Form;
  /** What the model was locked with, for the target's platform. */
  own: Lock;
  /** What ships: less than that, where the model was compiled. */
  lock: Lock;
  /** In two parts. */
  bundle: Bundle;
  /** The same as the target gets it: in one part, if so. */
  shipped: Bundle;
  /** Null where everything ships, and nobody asked what else could. */
  slimming: Slimming | null;
}

/** inspect -> resolve -> compile -> bundle. @param findings what the target's preflight said, where it was asked */
export async function make(ctx: Context, target: Packaging, request: MakeRequest, findings: Finding[] = []): Promise<Made> {
  const sample = request.sample === undefined ? null : await readSample(request.sample);
  const read = await inspect(ctx, request.model, { code: request.code });
  assertSafe(read, { trust: request.trust });
  ctx.emit(modelFact(read));
  const data = request.settings?.data;
  if (data !== undefined) checkData(read, data, request.engine);
  const { python, requirements, hooks } = request;
  const code = hooks === undefined ? [] : [hooks];
  const platform = target.provider.platform(target.config);
  let network: Network | null = null;
  if (isNetwork(read)) {
    const host = async () => hostOf(ctx, read, await frameworkLock(ctx, read, platform, { python, requirements, code }));
    network = await asServed(ctx, read, { engine: request.engine, sample: hooks === undefined ? sample : null, host });
  }
  const card = network === null ? read : network.card;
  // What lies beside the model tells versions, wherever its form is.
  const named = { ...card, path: read.path };
  const own = isNetwork(named) ? await frameworkLock(ctx, named, platform, { python, requirements, code }) : await resolve(ctx, named, platform, { python, requirements, code });
  ctx.emit(lockFact(own));
  target.provider.accepts(target.config, own);
  const shipped = async (engine: Engine) => {
    if (engine === 'native') return own;
    const also = engine === 'onnx' ? runtimeNeeds(own) : [];
    const lock = await resolve(ctx, named, platform, { python: python ?? own.python, requirements, code, compiled: true, also });
    target.provider.accepts(target.config, lock);
    return lock;
  };
  const found = async () => formOf(ctx, card, own, { ...request, body: sample, data, runtime: () => shipped('onnx') });
  const form = network === null ? await found() : 'why' in network ? { engine: 'native' as const, why: network.why } : asNetwork(await found(), network.converted);
  request.admits?.(card, form.engine);
  const lock = await shipped(form.engine);
  const { caller } = target.provider;
  const compiled = form.engine === 'native' ? undefined : form;
  const asked = { card, lock, ...dependenciesOf(ctx, lock), caller, name: request.name, hooks, code: request.code, include: request.include, compiled, data: data !== undefined };
  const { pointed = false } = request;
  const whole = pointed ? await bundlePointed(ctx, asked) : await bundleFor(ctx, target, asked);
  const packed = async () => (whole.fetched === null ? whole : bundle(ctx, asked));
  const { bundle: made, slimming } = await slimmed(ctx, target, { card, lock, bundle: whole, packed, sample, hooks, pointed, data: data !== undefined, explain: request.explain ?? false });
  const why = target.provider.oneZip?.(target.config, made, findings) ?? null;
  ctx.emit(bundleFact(form, made, { oneZip: why, apart: apartBecause(target, pointed) }));
  return { card, sample, form, own, lock, bundle: made, shipped: why === null ? made : oneZip(made), slimming };
}

/** Code reads what it likes by itself; a pickle needs the libraries that made it. @throws CONFIG_VALUE */
function checkData(card: ModelCard, { formats = [] }: DataSettings, engine: MakeRequest['engine']): void {
  const details = { key: 'data' };
  if (card.kind === 'python') {
    const hint = 'Leave data out: code reads what it likes by itself.';
    throw new MlfnError('CONFIG_VALUE', `data is for model files, and ${path.basename(card.path)} is Python code.`, { hint, details });
  }
  if (formats.length > 0 && (engine === 'plain' || engine === 'onnx')) {
    throw new MlfnError('CONFIG_VALUE', `The engine ${engine} has no joblib to read data with.`, { hint: 'Leave out the engine, or `formats: [joblib]`.', details });
  }
}

function apartBecause({ provider, config }: Packaging, pointed: boolean): string {
  if (pointed) return 'another can take its place';
  return provider.modelApart(config) === 'always' ? 'a changed one is sent alone' : 'too large to pack';
}

/** @throws CONFIG_VALUE */
async function bundlePointed(ctx: Context, asked: BundleInput): Promise<Bundle> {
  const { card } = asked;
  if (isOneFile(card)) return bundle(ctx, { ...asked, apart: 'pointed' });
  throw new MlfnError('CONFIG_VALUE', `reload is for a model in one file, and ${path.basename(card.path)} is ${card.kind === 'python' ? 'Python code' : 'several'}.`, {
    hint: 'Leave reload out: anything else is changed by a deploy.',
    details: { key: 'reload' },
  });
}

/** What can lie apart: a worker fetches one file. */
function isOneFile(card: ModelCard): boolean {
  return card.kind === 'model' || (card.kind === 'framework' && card.files.length === 0);
}

/** With the model in the package or apart, as the target has it. */
async function bundleFor(ctx: Context, { provider, config }: Packaging, asked: BundleInput): Promise<Bundle> {
  const rule = isOneFile(asked.card) ? provider.modelApart(config) : 'never';
  if (rule === 'always') return bundle(ctx, { ...asked, apart: 'fetched' });
  const packed = await bundle(ctx, asked);
  if (rule === 'never' || fits(packed, provider.limits(config))) return packed;
  return bundle(ctx, { ...asked, apart: 'fetched' });
}
