/** How long calls take on a cloud, in its own words: its endpoints do not say. */
import { type Timed, timedOf } from '../../bench/index.ts';
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import type { Target } from '../../providers/index.ts';
import type { Answer, Call } from '../../live.ts';

/** Calls. Few: each report of Cloud Logging is waited for. */
export const REPORTED = 3;

/**
 * Some more calls, of the release itself, with what the platform says of each.
 * @param most calls
 * @returns none where it says nothing
 */
export async function reportedDurations(
  ctx: Context,
  { provider, config }: Target,
  { name, release, call }: { name: string; release: number; call: Call },
  most: number,
): Promise<Timed[]> {
  ctx.emit({ type: 'progress', text: 'asking the platform how long calls take there' });
  const found: Timed[] = [];
  try {
    const answers: Answer[] = [];
    for (let at = 0; at < Math.min(REPORTED, most); at++) answers.push(await provider.invoke(ctx, config, name, release, call));
    for (const answer of answers) {
      const told = answer.billed === undefined && answer.handlerMs === null ? ((await provider.report?.(ctx, config, name, answer)) ?? answer) : answer;
      if (told.billed === undefined && told.handlerMs === null) break;
      found.push(timedOf(told));
    }
  } catch (error) {
    if (ctx.signal.aborted || !(error instanceof MlfnError)) throw error;
    ctx.emit({ type: 'warning', text: `The platform could not be asked how long calls take there: ${error.message}`, hint: error.hint });
  }
  return found;
}
