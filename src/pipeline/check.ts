/** A candidate's answers against the model's own, before it gets any traffic. */
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { checkFact } from '../facts.ts';
import type { Target } from '../providers/index.ts';
import type { Done, ReleaseDraft } from '../providers/provider.ts';
import { type Candidate, verify } from '../verify/index.ts';
import { hostOf } from './host.ts';
import type { Made } from './make.ts';

type Asked = Made & { sample: unknown; env: Record<string, string> };

/** A check that is under way. */
export interface Check {
  /** The candidate is there, to be asked the same. */
  finish(done: Done): Promise<Done>;
  /** Ends what is still running of it, and leaves nothing behind. */
  stop(): Promise<void>;
}

/** Loading a model takes seconds: it is asked from now on, while its release is on the way to the target. */
export function beginCheck(ctx: Context, target: Target, asked: Asked): Check {
  const over = new AbortController();
  const candidate = pending<Done>();
  const checked = check({ ...ctx, signal: AbortSignal.any([ctx.signal, over.signal]) }, target, asked, candidate.promise);
  // Whoever waits for it is told; until the candidate is there nobody does.
  checked.catch(() => undefined);
  return {
    finish: (done) => {
      candidate.resolve(done);
      return checked;
    },
    stop: async () => {
      const stopped = new MlfnError('INTERRUPTED', 'The check was stopped.');
      over.abort(stopped);
      candidate.reject(stopped);
      await Promise.allSettled([checked]);
    },
  };
}

async function check(ctx: Context, target: Target, asked: Asked, candidate: Promise<Done>): Promise<Done> {
  const { verification, sample } = await checkMade(ctx, asked, async (call) => {
    const done = await candidate;
    return target.provider.invoke(ctx, target.config, done.name, done.candidate?.number ?? null, call);
  });
  const done = await candidate;
  ctx.emit(checkFact(done.candidate?.number ?? null, verification));
  return { ...done, verification, sample };
}

/** Promise.withResolvers, which Node 20 does not have. */
function pending<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let settle: [(value: T) => void, (error: Error) => void] | undefined;
  const promise = new Promise<T>((...both) => (settle = both));
  promise.catch(() => undefined);
  return { promise, resolve: settle![0], reject: settle![1] };
}

/** The answers of `call` against those of the model itself, asked on this machine. */
export async function checkMade(ctx: Context, asked: Asked, call: Candidate['call']): ReturnType<typeof verify> {
  if (asked.sample === null) return verify(ctx, { ...asked, call });
  return verify(ctx, { ...asked, host: await hostOf(ctx, asked.card, asked.own), call });
}

/** The model itself is asked on this machine, where a secret is the variable of its name, if there is one. */
export function ownSecrets({ env }: Context, { targetSettings }: ReleaseDraft): Record<string, string> {
  const names = Object.keys((targetSettings['secrets'] ?? {}) as Record<string, string>);
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
