/** One call of the SDK, with its failures in our words; and the waits that a control plane asks for. */
import { setTimeout as pause } from 'node:timers/promises';
import { Patience as Waiting } from '../patience.ts';
import { explainAws, isTransient, type Need } from './errors.ts';
import type { Session } from './session.ts';

/** What a whole wait may take: a new role is usable after seconds, an update of a function with a large zip after a minute. */
const BUDGET_MS = 180_000;
const FIRST_LOOK_MS = 100;
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

/** Null where the service says that there is none. Errors whose name is `expected` come through as the SDK threw them. */
export async function orNull<T>(need: Need, send: () => Promise<T>, expected: readonly string[] = []): Promise<T | null> {
  try {
    return await call(need, send, [...MISSING, ...expected]);
  } catch (error) {
    if (MISSING.includes(nameOf(error))) return null;
    throw error;
  }
}

const ECR_MISSING = ['RepositoryNotFoundException', 'RepositoryPolicyNotFoundException', 'LifecyclePolicyNotFoundException', 'ImageNotFoundException'];
const MISSING = ['ResourceNotFoundException', 'NoSuchEntity', 'NoSuchEntityException', 'NotFound', 'NoSuchKey', 'NotFoundException', ...ECR_MISSING];

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** One budget for all the waits of an act. */
export class Patience extends Waiting {
  constructor(
    readonly session: Session,
    budgetMs = BUDGET_MS,
  ) {
    super(session.ctx, budgetMs, 'AWS_SLOW');
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
