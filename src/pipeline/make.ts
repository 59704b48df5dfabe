/** From a path to a package: the stages that any target shares. */
import path from 'node:path';
import { bundle, type BundleInput, fits, oneZip } from '../bundle/index.ts';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { bundleFact, lockFact, modelFact } from '../facts.ts';
import { assertSafe, inspect } from '../inspect/index.ts';
import type { Target } from '../providers/index.ts';
import { install, resolve } from '../resolve/index.ts';
import type { ModelCard } from '../card.ts';
import type { Bundle, Finding, Lock } from '../types.ts';

/** What to make a package of. Every path is absolute. */
export interface BuildRequest {
  name: string;
  /** A model file, or `module.py:attribute`. */
  model: string;
  target: string;
  /** The target's own section of the configuration. */
  targetConfig: unknown;
  code?: string;
  hooks?: string;
  requirements?: string;
  python?: string;
  /** The model stays out of the package, so that another can be served in its place. */
  pointed?: boolean;
  /** Loads a model that names something outside the allowlist. */
  trust: boolean;
}

export interface Made {
  card: ModelCard;
  lock: Lock;
  /** In two parts. */
  bundle: Bundle;
  /** The same as the target gets it: in one part, if so. */
  shipped: Bundle;
}

/** inspect -> resolve -> bundle. @param findings what the target's preflight said, where it was asked */
export async function make(ctx: Context, target: Target, request: BuildRequest, findings: Finding[] = []): Promise<Made> {
  const card = await inspect(ctx, request.model, { code: request.code });
  assertSafe(card, { trust: request.trust });
  ctx.emit(modelFact(card));
  const { python, requirements, hooks } = request;
  const code = hooks === undefined ? [] : [hooks];
  const lock = await resolve(ctx, card, target.provider.platform(target.config), { python, requirements, code });
  ctx.emit(lockFact(lock));
  target.provider.accepts(target.config, lock);
  const dependencies = path.join(ctx.home.cache, 'dependencies', lock.digest);
  await install(ctx, lock, dependencies);
  const { caller } = target.provider;
  const asked = { card, lock, dependencies, caller, name: request.name, hooks, code: request.code };
  const { pointed = false } = request;
  const made = pointed ? await bundlePointed(ctx, asked) : await bundleFor(ctx, target, asked);
  const why = target.provider.oneZip?.(target.config, made, findings) ?? null;
  ctx.emit(bundleFact(made, why, apartBecause(target, pointed)));
  return { card, lock, bundle: made, shipped: why === null ? made : oneZip(made) };
}

function apartBecause({ provider, config }: Target, pointed: boolean): string {
  if (pointed) return 'another can take its place';
  return provider.modelApart(config) === 'always' ? 'a changed one is sent alone' : 'too large to pack';
}

/** @throws CONFIG_VALUE */
async function bundlePointed(ctx: Context, asked: BundleInput): Promise<Bundle> {
  const { card } = asked;
  if (card.kind === 'model') return bundle(ctx, { ...asked, apart: 'pointed' });
  throw new MlfnError('CONFIG_VALUE', `reload is for model files, and ${path.basename(card.path)} is Python code.`, {
    hint: 'Leave reload out: code is changed by a deploy.',
    details: { key: 'reload' },
  });
}

/** With the model in the package or apart, as the target has it. */
async function bundleFor(ctx: Context, { provider, config }: Target, asked: BundleInput): Promise<Bundle> {
  const rule = asked.card.kind === 'model' ? provider.modelApart(config) : 'never';
  if (rule === 'always') return bundle(ctx, { ...asked, apart: 'fetched' });
  const packed = await bundle(ctx, asked);
  if (rule === 'never' || fits(packed, provider.limits(config))) return packed;
  return bundle(ctx, { ...asked, apart: 'fetched' });
}
