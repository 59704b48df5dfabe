/** One call of a gRPC client, with its failures in our words; and operations, waited for. */
import { setTimeout as pause } from 'node:timers/promises';
import { Patience as Waiting, until } from '../patience.ts';
import { explainGcp, gcpCode, isTransient, type Need } from './errors.ts';
import type { Session } from './session.ts';

/** Tries of one call, the first included. */
const TRIES = 6;
const FIRST_PAUSE_MS = 150;
/** For gRPC itself: a call that is silent for longer is asked again. */
export const CALL = { timeout: 30_000, retry: null } as const;
/** What a whole wait may take: Cloud Run gives a container four minutes to start. */
const BUDGET_MS = 300_000;

/** One budget for all the waits of an act. */
export class Patience extends Waiting {
  constructor(
    readonly session: Session,
    budgetMs = BUDGET_MS,
  ) {
    super(session.ctx, budgetMs, 'GCP_SLOW');
  }
}

/**
 * Asked again when it was cut off: whoever sends must bear that it was done already. Errors of the codes `expected` come
 * through as the client threw them.
 */
export async function call<T>({ ctx }: Pick<Session, 'ctx'>, need: Need, send: () => Promise<T>, expected: readonly string[] = []): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await unlessAborted(ctx.signal, send);
    } catch (error) {
      if (ctx.signal.aborted || expected.includes(gcpCode(error) ?? '')) throw error;
      if (!isTransient(error) || tries === TRIES) throw explainGcp(error, need);
      ctx.emit({ type: 'progress', text: `asking again for ${need.permission}` });
      await pause(FIRST_PAUSE_MS * 2 ** tries * (0.75 + Math.random() / 2), undefined, { signal: ctx.signal });
    }
  }
}

/** Null where there is none. */
export async function orNull<T>(session: Pick<Session, 'ctx'>, need: Need, send: () => Promise<T>): Promise<T | null> {
  try {
    return await call(session, need, send, ['NOT_FOUND']);
  } catch (error) {
    if (gcpCode(error) === 'NOT_FOUND') return null;
    throw error;
  }
}

/** A call that goes on by itself after Ctrl-C is nobody's any more. */
async function unlessAborted<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const over = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([send(), aborted]);
  } finally {
    over.abort();
  }
}

/** What is looked at of a long-running operation; its result is asked for anew, as the API then spells it. */
export interface Operation {
  latestResponse: { name?: string | null; done?: boolean | null; error?: { code?: number | null; message?: string | null } | null };
  metadata: unknown;
}

export interface Ended {
  error: { code: number; message: string } | null;
  /** As it was last told. */
  metadata: unknown;
}

/** @throws GCP_SLOW */
export async function ended(
  patience: Waiting,
  session: Session,
  need: Need,
  waitingFor: (metadata: unknown) => string,
  started: Operation,
  look: (name: string) => Promise<unknown>,
): Promise<Ended> {
  let metadata = started.metadata;
  let first: Operation | null = started;
  const { latestResponse } = await until(
    patience,
    () => waitingFor(metadata),
    async () => {
      const now = first ?? ((await call(session, need, () => look(started.latestResponse.name ?? ''))) as Operation);
      first = null;
      metadata = now.metadata ?? metadata;
      return now;
    },
    (now) => now.latestResponse.done === true,
  );
  const failed = latestResponse.error;
  return { error: failed === null || failed === undefined ? null : { code: failed.code ?? 2, message: failed.message ?? '' }, metadata };
}
