/** One call of the SDK, with its failures in our words; and the waits that a control plane asks for. */
import { setTimeout as pause } from 'node:timers/promises';
import { MlfnError } from '../../errors.ts';
import { explainAws, isTransient, type Need } from './errors.ts';
import type { Session } from './session.ts';

/** What a whole wait may take: a new role is usable after seconds, an update of a function with a large zip after a minute. */
const BUDGET_MS = 180_000;
const LONGEST_PAUSE_MS = 5000;
const FIRST_LOOK_MS = 100;
const TOLD_MS = 500;
/** Of a call that the SDK does not repeat. */
const TRIES = 6;

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

/** One budget for all the waits of an act: each tells how much of it is spent. */
export class Patience {
  readonly #started = performance.now();

  constructor(
    readonly session: Session,
    readonly budgetMs = BUDGET_MS,
  ) {}

  get spent(): boolean {
    return performance.now() - this.#started > this.budgetMs;
  }

  /** Ends at once on Ctrl-C. @param ms milliseconds */
  async pause(waitingFor: string, ms: number): Promise<void> {
    const waited = performance.now() - this.#started;
    const { ctx } = this.session;
    // What is over in a moment is not worth a line.
    if (waited > TOLD_MS) {
      const text = `waiting for ${waitingFor}, ${Math.round(waited / 1000)} s of ${this.budgetMs / 1000} s at most`;
      ctx.emit({ type: 'progress', text });
    }
    await pause(ms, undefined, { signal: ctx.signal });
  }
}

/** Asks until it is so: soon at first, as most changes take less than a second. @throws AWS_SLOW */
export async function until<T>(patience: Patience, waitingFor: string, ask: () => Promise<T>, ready: (answer: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const answer = await ask();
    if (ready(answer)) return answer;
    if (patience.spent) {
      throw new MlfnError('AWS_SLOW', `Waited ${patience.budgetMs / 1000} s for ${waitingFor}, in vain.`, {
        hint: 'Run the same command again; it goes on from where it stopped.',
      });
    }
    await patience.pause(waitingFor, Math.min(FIRST_LOOK_MS * 1.6 ** tries, LONGEST_PAUSE_MS));
  }
}

/**
 * Repeats `act` while `passing` says that what stopped it will pass by itself: a role that is not known everywhere yet, an
 * update of someone else's. Anything else, and the end of the budget, is the caller's.
 */
export async function patiently<T>(
  patience: Patience,
  waitingFor: string,
  passing: (error: unknown) => boolean,
  act: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await act();
    } catch (error) {
      if (!passing(error) || patience.spent) throw error;
      // Two deploys that met once must not meet again in step.
      await patience.pause(waitingFor, Math.min(500 * 1.6 ** tries, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2));
    }
  }
}

/**
 * For what would be made twice by being asked twice, through a client that does not ask again by itself: when the answer is
 * lost, `made` looks whether it was done.
 */
export async function once<T>(session: Session, need: Need, send: () => Promise<T>, made: () => Promise<T | null>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await send();
    } catch (error) {
      if (!isTransient(error) || tries === TRIES) throw error;
      session.ctx.emit({ type: 'progress', text: `asking again for ${need.action}` });
      await pause(FIRST_LOOK_MS * 2 ** tries * (0.75 + Math.random() / 2), undefined, { signal: session.ctx.signal });
    }
    const found = await made();
    if (found !== null) return found;
  }
}
