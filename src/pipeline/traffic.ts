/** Which release gets the traffic: nothing is built. */
import { setTimeout as pause } from 'node:timers/promises';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { observeKnown, openTarget, type Target } from '../providers/index.ts';
import type { Live } from '../live.ts';
import { applyPlan, planOf, sweep } from './apply.ts';
import { type FunctionRequest, type Outcome, outcome } from './outcome.ts';

/** Eight seconds in all. */
const ANSWER_TRIES = 6;
const ANSWER_PAUSE_MS = 125;

export interface RollbackRequest extends FunctionRequest {
  /** Release number; the one before the live one when absent. */
  to?: number;
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
export async function promote(ctx: Context, request: FunctionRequest): Promise<Outcome> {
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
  await assertAnswers(ctx, target, request.name, number);
  await sweep(ctx, target);
  const after = await target.provider.observe(ctx, target.config, request.name);
  return { ...outcome(target, request, after, steps, status), before: live.live };
}

/** The endpoint says itself which release answers; a cloud may take a moment to know. @throws RELEASE_NOT_ANSWERING */
async function assertAnswers(ctx: Context, { provider, config }: Target, name: string, number: number): Promise<void> {
  const call = { method: 'GET', path: '/healthz', headers: {}, body: null };
  for (let tries = 1; ; tries++) {
    const answer = await provider.invoke(ctx, config, name, null, call).catch((error: unknown) => {
      if (ctx.signal.aborted || !(error instanceof MlfnError)) throw error;
      ctx.emit({ type: 'warning', text: `Release ${number} has the traffic; the endpoint could not be asked: ${error.message}`, hint: error.hint });
      return null;
    });
    if (answer === null) return;
    if (answer.release === number) return void ctx.emit({ type: 'fact', label: 'check', text: `release ${number} answers` });
    if (tries === ANSWER_TRIES) {
      throw new MlfnError('RELEASE_NOT_ANSWERING', `Release ${number} has the traffic, but release ${answer.release ?? '?'} answers at the endpoint.`, {
        hint: `See what is live with \`mlfn status ${name}\`; another command may have moved the traffic.`,
      });
    }
    await pause(ANSWER_PAUSE_MS * 2 ** tries, undefined, { signal: ctx.signal });
  }
}

function releaseBefore(live: Live): number {
  const earlier = live.releases.map((each) => each.number).filter((number) => number < (live.live ?? 0));
  if (earlier.length > 0) return Math.max(...earlier);
  throw new MlfnError('RELEASE_UNKNOWN', `${live.name} has no release before ${live.live ?? 'the first'}.`, {
    hint: `See what there is with \`mlfn releases ${live.name}\`.`,
  });
}
