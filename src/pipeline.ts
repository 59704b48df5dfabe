/**
 * The way of a model through the house. Each stage takes the value that the one before made:
 *
 *   inspect   reads the model file, executes nothing
 *   resolve   asks uv for exact wheels; touches the wheel cache
 *   bundle    reads the wheels and the user's files; writes only caches
 *   release   drafts the release: pure, but for asking git and the system who and from which commit
 *   plan      pure: what the target has, against what it should have
 *   apply     the only thing that changes the target, one step at a time
 *   verify    asks the candidate what the model itself is asked in a child process; changes nothing
 *
 * A deploy, a rollback and a removal are all a plan and the one loop at the end that applies it.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { assertFits, bundle, fits, writeTree, writeZip } from './bundle/index.ts';
import { MlfnError } from './errors.ts';
import type { Context } from './events.ts';
import { bundleFact, checkFact, lockFact, modelFact } from './facts.ts';
import { assertSafe, inspect } from './inspect/index.ts';
import { observeKnown, openTarget, type Target } from './providers/index.ts';
import type { Done, ReleaseDraft, Step, Supplies, Want } from './providers/provider.ts';
import { draftRelease } from './release/index.ts';
import { hostOptions, install, resolve, runtimeClient } from './resolve/index.ts';
import type { Bundle, Live, Lock, ModelCard, RuntimeSettings, Verification } from './types.ts';
import { verify } from './verify/index.ts';

const DISCARD_MS = 15_000;

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
  /** Loads a model that names something outside the allowlist. */
  trust: boolean;
}

export interface DeployRequest extends BuildRequest {
  settings: RuntimeSettings;
  /** A JSON file holding a body as a client would post it. */
  sample?: string;
  /** Percent of the traffic that the new release gets, 1 to 99; all of it when absent. */
  canary?: number;
  dryRun: boolean;
}

export interface Made {
  card: ModelCard;
  lock: Lock;
  bundle: Bundle;
}

export interface Outcome {
  name: string;
  target: string;
  /** `planned` under --dry-run: nothing was changed. */
  status: 'deployed' | 'rolled-back' | 'promoted' | 'removed' | 'warmed' | 'up-to-date' | 'planned';
  steps: Step[];
  url: string | null;
  /** The live release before and after. */
  before: number | null;
  live: number | null;
  canary: NonNullable<Live['canary']> | null;
  verification: Verification | null;
  findings: Bundle['findings'];
}

/** inspect -> resolve -> bundle. */
export async function make(ctx: Context, target: Target, request: BuildRequest): Promise<Made> {
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
  const asked = { card, lock, dependencies, name: request.name, hooks, code: request.code };
  const { fetchesModels, limits } = target.provider;
  const packed = await bundle(ctx, asked);
  const apart = card.kind === 'model' && fetchesModels && !fits(packed, limits);
  const made = apart ? await bundle(ctx, { ...asked, fetchModel: true }) : packed;
  ctx.emit(bundleFact(made));
  return { card, lock, bundle: made };
}

export async function deploy(ctx: Context, request: DeployRequest): Promise<Outcome> {
  const target = await openTarget(request.target, request.targetConfig);
  await preflight(ctx, target);
  const sample = request.sample === undefined ? undefined : await readSample(request.sample);
  const made = await make(ctx, target, request);
  assertFits(made.bundle, made.lock, target.provider.limits, request.target);
  const { name, settings, canary } = request;
  const draft = await draftFor(ctx, target, name, { ...made, settings });
  const { live, steps } = await planOf(ctx, target, name, { kind: 'release', draft, canary });
  if (steps.length === 0 || request.dryRun) {
    if (!request.dryRun) await sweep(ctx, target);
    return outcome(target, request, live, steps, steps.length === 0 ? 'up-to-date' : 'planned', made.bundle);
  }
  const supplies: Supplies = {
    bundle: made.bundle,
    writeTree: (artifact, folder) => writeTree(ctx, artifact, folder),
    writeZip: (artifact, file, prefix) => writeZip(ctx, artifact, file, { prefix }),
    host: async () => ({ interpreter: made.lock.interpreter, runtimeClient: await runtimeClient(ctx, made.lock.interpreter) }),
  };
  const check = (done: Done) => checkCandidate(ctx, target, { ...made, sample: sample ?? null, env: { ...ownSecrets(ctx, draft), ...settings.env } }, done);
  const publishes = steps.some((step) => step.kind === 'publish');
  const done = await applyPlan(ctx, target, steps, publishes ? { name, draft, supplies } : { name }, check);
  await sweep(ctx, target);
  const after = await target.provider.observe(ctx, target.config, name);
  const result = outcome(target, request, after, steps, 'deployed', made.bundle);
  return { ...result, before: live?.live ?? null, verification: done.verification ?? null };
}

export interface RollbackRequest {
  name: string;
  target: string;
  targetConfig: unknown;
  /** Release number; the one before the live one when absent. */
  to?: number;
  dryRun: boolean;
}

export async function rollback(ctx: Context, request: RollbackRequest): Promise<Outcome> {
  const target = await openTarget(request.target, request.targetConfig);
  const live = await observeKnown(ctx, target, request.name);
  // While there is a canary the way back is the release that was live all the time.
  const number = request.to ?? (live.canary === undefined ? releaseBefore(live) : (live.live ?? releaseBefore(live)));
  if (!live.releases.some((release) => release.number === number)) {
    throw new MlfnError('RELEASE_UNKNOWN', `${request.name} has no release ${number}.`, {
      hint: `Choose one of: ${live.releases.map((release) => release.number).join(', ')}.`,
    });
  }
  return moveTo(ctx, target, request, { live, number, status: 'rolled-back' });
}

/** The canary gets all the traffic. */
export async function promote(ctx: Context, request: RemoveRequest): Promise<Outcome> {
  const target = await openTarget(request.target, request.targetConfig);
  const live = await observeKnown(ctx, target, request.name);
  if (live.canary === undefined) {
    throw new MlfnError('RELEASE_NO_CANARY', `${live.name} has no canary: release ${live.live ?? '-'} has all the traffic.`, {
      hint: 'Make one with `mlfn deploy MODEL --canary 10`.',
    });
  }
  return moveTo(ctx, target, request, { live, number: live.canary.number, status: 'promoted' });
}

/** All the traffic to one release. */
async function moveTo(
  ctx: Context,
  target: Target,
  request: { name: string; dryRun: boolean },
  to: { live: Live; number: number; status: 'rolled-back' | 'promoted' },
): Promise<Outcome> {
  const { live, number, status } = to;
  const { steps } = await planOf(ctx, target, request.name, { kind: 'live', number }, live);
  if (steps.length === 0 || request.dryRun) {
    return outcome(target, request, live, steps, steps.length === 0 ? 'up-to-date' : 'planned');
  }
  await applyPlan(ctx, target, steps, { name: request.name });
  await sweep(ctx, target);
  const after = await target.provider.observe(ctx, target.config, request.name);
  return { ...outcome(target, request, after, steps, status), before: live.live };
}

/** Kept warm as often as the target's configuration says; its releases stay as they are. */
export async function warm(ctx: Context, request: RemoveRequest): Promise<Outcome> {
  const target = await openTarget(request.target, request.targetConfig);
  const live = await observeKnown(ctx, target, request.name);
  const { steps } = await planOf(ctx, target, request.name, { kind: 'warm' }, live);
  if (steps.length === 0 || request.dryRun) return outcome(target, request, live, steps, steps.length === 0 ? 'up-to-date' : 'planned');
  await applyPlan(ctx, target, steps, { name: request.name });
  return outcome(target, request, live, steps, 'warmed');
}

export interface RemoveRequest {
  name: string;
  target: string;
  targetConfig: unknown;
  dryRun: boolean;
}

/** `agree` is asked before anything is removed; whoever does not agree throws. */
export async function remove(ctx: Context, request: RemoveRequest, agree?: (planned: Outcome) => Promise<void>): Promise<Outcome> {
  const target = await openTarget(request.target, request.targetConfig);
  // A removal that was killed half-way is no function any more: repeated, it is refused, and must have taken the rest away.
  if (!request.dryRun) await sweep(ctx, target);
  const live = await observeKnown(ctx, target, request.name);
  const { steps } = await planOf(ctx, target, request.name, { kind: 'absent' }, live);
  const planned = outcome(target, request, live, steps, 'planned');
  if (request.dryRun) return planned;
  await agree?.(planned);
  await applyPlan(ctx, target, steps, { name: request.name });
  await sweep(ctx, target);
  return { ...outcome(target, request, null, steps, 'removed'), before: live.live };
}

/** The model itself is asked on this machine, where a secret is the variable of its name, if there is one. */
function ownSecrets({ env }: Context, { targetSettings }: ReleaseDraft): Record<string, string> {
  const names = Object.keys((targetSettings['secrets'] ?? {}) as Record<string, string>);
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** What a release of this would be on this target. */
export function draftFor(
  ctx: Context,
  { provider, config }: Target,
  name: string,
  made: Made & { settings: RuntimeSettings },
): Promise<ReleaseDraft> {
  const { settings } = provider;
  return draftRelease(ctx, name, made, { settings, targetSettings: provider.targetSettings(config) });
}

/** What is there, and what is to be done. Reads only. */
export async function planOf(
  ctx: Context,
  { provider, config }: Target,
  name: string,
  want: Want,
  known?: Live,
): Promise<{ live: Live | null; steps: Step[] }> {
  const live = known ?? (await provider.observe(ctx, config, name));
  const ground = await provider.survey(ctx, config, name, want.kind === 'release' ? want.draft : undefined);
  return { live, steps: provider.plan(want, live, config, ground) };
}

/** The one loop. A candidate that fails before it is live is taken back; the live release stays as it is. */
async function applyPlan(
  ctx: Context,
  target: Target,
  steps: Step[],
  start: Done,
  check?: (done: Done) => Promise<Done>,
): Promise<Done> {
  const { provider, config } = target;
  let done = start;
  let switched = false;
  try {
    for (const step of steps) {
      ctx.signal.throwIfAborted();
      if (step.kind === 'verify' && check !== undefined) done = await check(done);
      else done = await provider.apply(ctx, config, step, done);
      if (step.kind === 'switch') switched = true;
    }
    return done;
  } catch (error) {
    // After Ctrl-C the caller's signal is spent, and the candidate must still go.
    const signal = AbortSignal.timeout(DISCARD_MS);
    // Before there is a candidate, parts of it may be stored.
    if (!switched && done.supplies !== undefined && !isAuth(error)) await discard({ ...ctx, signal }, target, done);
    throw error;
  }
}

/** What stopped the command stops this too: the next deploy of the same takes the candidate up. */
function isAuth(error: unknown): boolean {
  return error instanceof MlfnError && error.kind === 'auth';
}

/** The error that is told is the one that stopped the command. */
async function discard(ctx: Context, { provider, config }: Target, done: Done): Promise<void> {
  try {
    await provider.discard(ctx, config, done);
  } catch (error) {
    const text = `The release that was not finished could not be taken away: ${(error as Error).message}`;
    ctx.emit({ type: 'warning', text, hint: 'The next deploy of the same finishes it; otherwise it is swept in an hour.' });
  }
}

/** What an earlier command left behind does not fail this one, which has done its work. */
async function sweep(ctx: Context, target: Target): Promise<void> {
  try {
    await target.provider.sweep(ctx, target.config);
  } catch (error) {
    ctx.emit({ type: 'warning', text: `What a killed command left could not be taken away: ${(error as Error).message}` });
  }
}

/** Where the model itself is asked, when the package is for another platform than this machine. */
async function hostOf(ctx: Context, { card, lock }: Made): Promise<{ interpreter: string; dependencies: string } | undefined> {
  const options = await hostOptions(ctx, lock);
  if (options === null) return undefined;
  const own = await resolve(ctx, card, { platform: 'this-machine', pythons: [lock.python] }, options);
  const { os, arch } = own.platform;
  const text = `the model itself is asked with the same versions for this machine (Python ${own.python}, ${os} ${arch})`;
  ctx.emit({ type: 'fact', label: 'host', text });
  const dependencies = path.join(ctx.home.cache, 'dependencies', own.digest);
  await install(ctx, own, dependencies);
  return { interpreter: own.interpreter, dependencies };
}

async function checkCandidate(
  ctx: Context,
  target: Target,
  asked: Made & { sample: unknown; env: Record<string, string> },
  done: Done,
): Promise<Done> {
  const number = done.candidate?.number ?? null;
  const host = asked.sample === null ? undefined : await hostOf(ctx, asked);
  const { verification, sample: checked } = await verify(ctx, {
    ...asked,
    host,
    call: (call) => target.provider.invoke(ctx, target.config, done.name, number, call),
  });
  ctx.emit(checkFact(number, verification));
  return { ...done, verification, sample: checked };
}

async function preflight(ctx: Context, target: Target): Promise<void> {
  const findings = await target.provider.preflight(ctx, target.config);
  for (const finding of findings) {
    if (finding.severity === 'warning') ctx.emit({ type: 'warning', text: finding.message, hint: finding.hint });
  }
  const errors = findings.filter((finding) => finding.severity === 'error');
  if (errors.length === 0) return;
  throw new MlfnError('PREFLIGHT_FAILED', errors.map((error) => error.message).join('\n'), {
    hint: errors.find((error) => error.hint !== undefined)?.hint,
    details: { findings: errors },
  });
}

async function readSample(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new MlfnError('SAMPLE_UNREADABLE', `The sample ${file} cannot be read.`, {
      hint: 'Give --sample (or `sample:` in mlfn.yaml) the path of a JSON file.',
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MlfnError('SAMPLE_INVALID', `The sample ${file} is not JSON: ${(cause as Error).message}`, {
      hint: 'Write a body as a client would post it, e.g. {"age": 63, "sex": 1}.',
      cause,
    });
  }
}

function releaseBefore(live: Live): number {
  const earlier = live.releases.map((each) => each.number).filter((number) => number < (live.live ?? 0));
  if (earlier.length > 0) return Math.max(...earlier);
  throw new MlfnError('RELEASE_UNKNOWN', `${live.name} has no release before ${live.live ?? 'the first'}.`, {
    hint: `See what there is with \`mlfn releases ${live.name}\`.`,
  });
}

function outcome(
  target: Target,
  request: { name: string },
  live: Live | null,
  steps: Step[],
  status: Outcome['status'],
  made?: Bundle,
): Outcome {
  return {
    name: request.name,
    target: target.provider.name,
    status,
    steps,
    url: live?.url ?? null,
    before: live?.live ?? null,
    live: live?.live ?? null,
    canary: live?.canary ?? null,
    verification: null,
    findings: made?.findings ?? [],
  };
}
