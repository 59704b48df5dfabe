/** The waits that a cloud's control plane asks for: each within a budget, told, and ended at once by Ctrl-C. */
import { setTimeout as pause } from 'node:timers/promises';
import { MlfnError, type ErrorCode } from '../errors.ts';
import type { Context } from '../events.ts';

const LONGEST_PAUSE_MS = 5000;
const FIRST_LOOK_MS = 100;
const TOLD_MS = 500;

/** One budget for all the waits of an act: each tells how much of it is spent. */
export class Patience {
  readonly #started = performance.now();

  /** @param slow the code of the error when the budget is spent */
  constructor(
    readonly ctx: Context,
    readonly budgetMs: number,
    readonly slow: ErrorCode,
  ) {}

  get spent(): boolean {
    return performance.now() - this.#started > this.budgetMs;
  }

  /** Ends at once on Ctrl-C. @param ms milliseconds */
  async pause(waitingFor: string, ms: number): Promise<void> {
    const waited = performance.now() - this.#started;
    // What is over in a moment is not worth a line.
    if (waited > TOLD_MS) {
      const text = `waiting for ${waitingFor}, ${Math.round(waited / 1000)} s of ${this.budgetMs / 1000} s at most`;
      this.ctx.emit({ type: 'progress', text });
    }
    await pause(ms, undefined, { signal: this.ctx.signal });
  }
}

/**
 * Asks until it is so: soon at first, as most changes take less than a second.
 * @param waitingFor told while it lasts; a function of the last answer where that says more
 * @throws `patience.slow`
 */
export async function until<T>(
  patience: Patience,
  waitingFor: string | ((answer: T) => string),
  ask: () => Promise<T>,
  ready: (answer: T) => boolean,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    const answer = await ask();
    if (ready(answer)) return answer;
    const what = typeof waitingFor === 'string' ? waitingFor : waitingFor(answer);
    if (patience.spent) {
      throw new MlfnError(patience.slow, `Waited ${patience.budgetMs / 1000} s for ${what}, in vain.`, {
        hint: 'Run the same command again; it goes on from where it stopped.',
      });
    }
    await patience.pause(what, Math.min(FIRST_LOOK_MS * 1.6 ** tries, LONGEST_PAUSE_MS));
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
