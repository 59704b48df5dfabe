/** One call of the SDK, with its failures in our words; and the waits that a control plane asks for. */
import { setTimeout as pause } from 'node:timers/promises';
import { explainAws, type Need } from './errors.ts';
import type { Session } from './session.ts';

/** What a whole wait may take: a new role is usable after seconds, an update of a function with a large zip after a minute. */
const BUDGET_MS = 180_000;
const LONGEST_PAUSE_MS = 5000;

/** Errors whose name is `expected` come through as the SDK threw them. */
export async function call<T>(need: Need, send: () => Promise<T>, expected: readonly string[] = []): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (expected.includes(nameOf(error))) throw error;
    throw explainAws(error, need);
  }
}

/** Null where the service says that there is none. */
export async function orNull<T>(need: Need, send: () => Promise<T>): Promise<T | null> {
  try {
    return await call(need, send, MISSING);
  } catch (error) {
    if (MISSING.includes(nameOf(error))) return null;
    throw error;
  }
}

const MISSING = ['ResourceNotFoundException', 'NoSuchEntity', 'NoSuchEntityException', 'NotFound', 'NoSuchKey', 'NotFoundException'];

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/**
 * Repeats `act` while `passing` says that what stopped it will pass by itself: a role that is not known everywhere yet, an
 * update of someone else's. Anything else, and the end of the budget, is the caller's.
 */
export async function patiently<T>(
  session: Session,
  waitingFor: string,
  passing: (error: unknown) => boolean,
  act: () => Promise<T>,
): Promise<T> {
  const { ctx } = session;
  const started = performance.now();
  for (let tries = 0; ; tries++) {
    try {
      return await act();
    } catch (error) {
      const waited = performance.now() - started;
      if (!passing(error) || waited > BUDGET_MS) throw error;
      ctx.emit({ type: 'progress', text: `waiting for ${waitingFor}, ${Math.round(waited / 1000)} s of ${BUDGET_MS / 1000} s at most` });
      // Two deploys that met once must not meet again in step.
      const delay = Math.min(500 * 1.6 ** tries, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
      await pause(delay, undefined, { signal: ctx.signal });
    }
  }
}
