/** A plan, and the one loop that applies it. */
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Target } from '../providers/index.ts';
import type { Done, Step, Want } from '../providers/provider.ts';
import type { Live } from '../live.ts';

const DISCARD_MS = 15_000;

/** What is there, and what is to be done. Reads only. */
export async function planOf(
  ctx: Context,
  { provider, config }: Target,
  name: string,
  want: Want,
  known?: Live,
): Promise<{ live: Live | null; steps: Step[] }> {
  // Traffic moves between releases that are there: what they stand on is not asked for.
  const ground = want.kind === 'live' ? null : provider.survey(ctx, config, name, want.kind === 'release' ? want.draft : undefined);
  const [live, found] = await inOrder(known ?? provider.observe(ctx, config, name), ground);
  return { live, steps: provider.plan(want, live, config, found) };
}

/** Side by side; where both fail, the first one's error is told. */
async function inOrder<A, B>(first: A | Promise<A>, second: B | Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

/** The one loop. A candidate that fails before it is live is taken back; the live release stays as it is. */
export async function applyPlan(
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
export async function sweep(ctx: Context, target: Target): Promise<void> {
  try {
    await target.provider.sweep(ctx, target.config);
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    ctx.emit({ type: 'warning', text: `What a killed command left could not be taken away: ${(error as Error).message}` });
  }
}
