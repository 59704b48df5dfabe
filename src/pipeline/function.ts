/** What happens to a function as a whole. */
import type { Context } from '../events.ts';
import { observeKnown, openTarget } from '../providers/index.ts';
import { applyPlan, planOf, sweep } from './apply.ts';
import { type FunctionRequest, type Outcome, outcome } from './outcome.ts';

/** Kept warm as often as the target's configuration says; its releases stay as they are. */
export async function warm(ctx: Context, request: FunctionRequest): Promise<Outcome> {
  const target = await openTarget(request.target, request.targetConfig);
  const live = await observeKnown(ctx, target, request.name);
  const { steps } = await planOf(ctx, target, request.name, { kind: 'warm' }, live);
  if (steps.length === 0 || request.dryRun) return outcome(target, request, live, steps, steps.length === 0 ? 'up-to-date' : 'planned');
  await applyPlan(ctx, target, steps, { name: request.name });
  return outcome(target, request, live, steps, 'warmed');
}

/** `agree` is asked before anything is removed; whoever does not agree throws. */
export async function remove(ctx: Context, request: FunctionRequest, agree?: (planned: Outcome) => Promise<void>): Promise<Outcome> {
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
