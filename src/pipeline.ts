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
 * A deploy, a rollback and a removal are all a plan and the one loop (pipeline/apply.ts) that applies it.
 */
import { MlfnError } from './errors.ts';
import type { Context } from './events.ts';
import { applyPlan, planOf, sweep } from './pipeline/apply.ts';
import { beginCheck, ownSecrets } from './pipeline/check.ts';
import { type FormRequest, formsFor, type Packed, packedAs } from './pipeline/forms.ts';
import { tellingOnce } from './pipeline/once.ts';
import { type Outcome, outcome } from './pipeline/outcome.ts';
import { servedNow } from './pipeline/reload.ts';
import { suppliesOf } from './pipeline/supplies.ts';
import { openTarget, type Target } from './providers/index.ts';
import type { ReleaseDraft, Step } from './providers/provider.ts';
import { draftRelease } from './release/index.ts';
import type { Live, RuntimeSettings } from './live.ts';
import type { Finding, PackageForm } from './types.ts';

export { planOf } from './pipeline/apply.ts';
export type { BenchRequest, Planned } from './pipeline/bench/plan.ts';
export { bench } from './pipeline/bench/run.ts';
export { remove, warm } from './pipeline/function.ts';
export { type Compared, compareTargets, type Side } from './pipeline/compare.ts';
export { type FormRequest, formsFor, packedAs } from './pipeline/forms.ts';
export { make } from './pipeline/make.ts';
export type { Outcome } from './pipeline/outcome.ts';
export { reload, type Reloaded, type ReloadRequest, servedNow } from './pipeline/reload.ts';
export { type ProofResult, prove } from './pipeline/prove.ts';
export type { Slimming } from './pipeline/slim.ts';
export { promote, rollback } from './pipeline/traffic.ts';

export interface DeployRequest extends FormRequest {
  settings: RuntimeSettings;
  /** Percent of the traffic that the new release gets, 1 to 99; all of it when absent. */
  canary?: number;
  dryRun: boolean;
}

export async function deploy(ctx: Context, request: DeployRequest): Promise<Outcome> {
  const target = await openTarget(request.target, request.targetConfig);
  const planned = await packAndPlan(ctx, target, request);
  try {
    return await act(ctx, target, request, planned);
  } finally {
    planned.packed.close();
  }
}

interface Planned {
  packed: Packed;
  draft: ReleaseDraft;
  live: Live | null;
  steps: Step[];
}

/** In the first form that fits the target, and that the function can have. */
async function packAndPlan(asked: Context, target: Target, request: DeployRequest): Promise<Planned> {
  const { name, settings, canary } = request;
  const ctx = tellingOnce(asked);
  const forms = formsFor(target, request.package);
  for (const form of forms) {
    const last = form === forms.at(-1);
    const findings = await preflight(ctx, target, name, form);
    const packed = await packedAs(ctx, target, form, { ...request, pointed: settings.reload !== undefined, memory: settings.memory }, { findings, last });
    if (packed === null) continue;
    try {
      const draft = await draftFor(ctx, target, name, { ...packed, settings });
      return { packed, draft, ...(await planOf(ctx, target, name, { kind: 'release', draft, canary, hasOther: !last })) };
    } catch (error) {
      packed.close();
      if (last || !(error instanceof MlfnError && error.code === 'PACKAGE_FIXED')) throw error;
    }
  }
  throw new Error('the last form is packed or refused');
}

async function act(ctx: Context, target: Target, request: DeployRequest, { packed, draft, live, steps }: Planned): Promise<Outcome> {
  const { name, settings } = request;
  if (steps.length === 0 || request.dryRun) {
    if (!request.dryRun) await sweep(ctx, target);
    if (steps.length === 0) await warnOfAnother(ctx, target, live, draft);
    return outcome(target, request, live, steps, steps.length === 0 ? 'up-to-date' : 'planned', packed.bundle);
  }
  const supplies = suppliesOf(ctx, target, packed);
  const publishes = steps.some((step) => step.kind === 'publish');
  const asked = { ...packed, env: { ...ownSecrets(ctx, draft), ...settings.env } };
  const check = steps.some((step) => step.kind === 'verify') ? beginCheck(ctx, target, asked) : undefined;
  const done = await applyPlan(ctx, target, steps, publishes ? { name, draft, supplies } : { name }, check?.finish).finally(() => check?.stop());
  await sweep(ctx, target);
  const after = await target.provider.observe(ctx, target.config, name);
  const result = outcome(target, request, after, steps, 'deployed', packed.bundle);
  return { ...result, before: live?.live ?? null, verification: done.verification ?? null };
}

/** Up to date is the release; what it was told to serve since may be another model. */
async function warnOfAnother(ctx: Context, target: Target, live: Live | null, { artifacts, settings }: ReleaseDraft): Promise<void> {
  if (settings.reload === undefined || live === null) return;
  const pointer = await servedNow(ctx, target, live);
  if (pointer === null || pointer.sha256 === artifacts.model) return;
  ctx.emit({
    type: 'warning',
    text: `Release ${live.live} serves ${pointer.file} ${pointer.sha256.slice(0, 8)} since ${pointer.at}, and not this model.`,
    hint: `Have this one served with \`mlfn reload ${live.name} --model FILE\`.`,
  });
}

/** What a release of this would be on this target. */
export function draftFor(
  ctx: Context,
  { provider, config }: Target,
  name: string,
  made: Packed & { settings: RuntimeSettings },
): Promise<ReleaseDraft> {
  const { settings } = provider;
  const { card, form, lock, shipped, image } = made;
  return draftRelease(ctx, name, { card, form, lock, image, bundle: shipped, settings: made.settings }, { settings, targetSettings: provider.targetSettings(config, image === null ? 'zip' : 'image') });
}

async function preflight(ctx: Context, target: Target, name: string, form: PackageForm): Promise<Finding[]> {
  const findings = await target.provider.preflight(ctx, target.config, name, form);
  for (const finding of findings) {
    if (finding.severity === 'warning') ctx.emit({ type: 'warning', text: finding.message, hint: finding.hint });
  }
  const errors = findings.filter((finding) => finding.severity === 'error');
  if (errors.length === 0) return findings;
  const denied = errors.every((error) => error.code.endsWith('-permission'));
  throw new MlfnError(denied ? 'PREFLIGHT_DENIED' : 'PREFLIGHT_FAILED', errors.map((error) => error.message).join('\n'), {
    hint: errors.find((error) => error.hint !== undefined)?.hint,
    details: { findings: errors },
  });
}
