/** One function on several targets, side by side: what is live there, what it answers now, and how fast. Changes nothing. */
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { openTarget } from '../providers/index.ts';
import type { Live, Release } from '../live.ts';
import { type Again, askAgain } from '../verify/index.ts';

export interface CompareRequest {
  name: string;
  targets: { target: string; targetConfig: unknown }[];
}

export interface Compared {
  name: string;
  sides: Side[];
}

/** `absent`: nothing of that name is live there. `failed`: it could not be asked. */
export type Side =
  | { target: string; state: 'absent' }
  | { target: string; state: 'failed'; code: string; message: string; hint: string | undefined }
  | { target: string; state: 'live'; url: string; canary: NonNullable<Live['canary']> | null; release: Release; again: Again };

/** Targets know nothing of each other: what goes wrong on one is said in its column. */
export async function compareTargets(ctx: Context, { name, targets }: CompareRequest): Promise<Compared> {
  const sides = await Promise.all(targets.map((each) => sideOf(ctx, name, each)));
  if (sides.some(({ state }) => state !== 'absent')) return { name, sides };
  const asked = targets.map(({ target }) => target).join(', ');
  throw new MlfnError('FUNCTION_UNKNOWN', `No release of ${JSON.stringify(name)} is live on ${asked}.`, {
    hint: 'See what is deployed with `mlfn status --target TARGET`, or deploy it: mlfn deploy MODEL.',
  });
}

async function sideOf(ctx: Context, name: string, { target, targetConfig }: CompareRequest['targets'][number]): Promise<Side> {
  try {
    const { provider, config } = await openTarget(target, targetConfig);
    const live = await provider.observe(ctx, config, name);
    const release = live?.releases.find(({ number }) => number === live.live);
    if (live === null || release === undefined) return { target, state: 'absent' };
    const again = await askAgain(release, (call) => provider.invoke(ctx, config, name, null, call));
    return { target, state: 'live', url: live.url, canary: live.canary ?? null, release, again };
  } catch (error) {
    if (ctx.signal.aborted || !(error instanceof MlfnError)) throw error;
    return { target, state: 'failed', code: error.code, message: error.message, hint: error.hint };
  }
}
