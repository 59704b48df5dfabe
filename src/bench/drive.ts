/** Sends the calls of a schedule and measures them. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from '../live.ts';
import { arrivals, type Stage, usersAt } from './schedule.ts';
import { type Timed, timedOf } from './timed.ts';

/** Calls at a rate that may wait for their answers; what is due beyond them waits here, and that is in its time. */
const MOST_OPEN = 1000;
/** A user that is not to call looks again after so many milliseconds. */
const LOOK_MS = 20;

export interface Calling {
  call(): Promise<Answer>;
  signal: AbortSignal;
  /** Calls at most. */
  most: number;
  /** After every call. */
  told?(done: number, atMs: number): void;
}

export interface Driven {
  calls: Timed[];
  /** Milliseconds after which no more was sent. */
  endMs: number;
  /** The limit on calls came before the end. */
  limited: boolean;
}

/** Null when it was stopped meanwhile: that says nothing about the endpoint. */
async function measure({ call, signal }: Pick<Calling, 'call' | 'signal'>, begun: number, dueMs: number): Promise<Timed | null> {
  const late = performance.now() - begun - dueMs;
  try {
    const timed = timedOf(await call());
    return { ...timed, dueMs, ms: late + timed.ms };
  } catch (error) {
    if (signal.aborted) return null;
    return { dueMs, ms: performance.now() - begun - dueMs, status: null, error: nameOf(error), coldMs: null, handlerMs: null, billedMs: null };
  }
}

function nameOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: string };
  return typeof code === 'string' ? code : (name ?? 'error');
}

/** So many calls, one after the other. */
export async function inTurn(count: number, calling: Calling): Promise<Driven> {
  const begun = performance.now();
  const calls: Timed[] = [];
  const most = Math.min(count, calling.most);
  while (calls.length < most && !calling.signal.aborted) {
    const timed = await measure(calling, begun, performance.now() - begun);
    if (timed === null) break;
    calls.push(timed);
    calling.told?.(calls.length, performance.now() - begun);
  }
  return { calls, endMs: performance.now() - begun, limited: most < count };
}

/** Closed loop: each user waits for the answer before the next call. */
export async function byUsers(stages: readonly Stage[], calling: Calling): Promise<Driven> {
  const begun = performance.now();
  const { signal, most, told } = calling;
  const total = stages.reduce((sum, { seconds }) => sum + seconds * 1000, 0);
  const calls: Timed[] = [];
  let sent = 0;
  let endMs = total;
  const user = async (index: number): Promise<void> => {
    for (let now = 0; !signal.aborted && (now = performance.now() - begun) < endMs; ) {
      if (index >= usersAt(stages, now)) {
        await pause(LOOK_MS);
        continue;
      }
      if (sent >= most) endMs = now;
      else {
        sent += 1;
        const timed = await measure(calling, begun, now);
        if (timed === null) break;
        calls.push(timed);
        told?.(calls.length, now);
      }
    }
  };
  const users = Math.max(...stages.map((stage) => stage.users ?? 0));
  await Promise.all(Array.from({ length: users }, (_, index) => user(index)));
  return { calls, endMs: signal.aborted ? Math.min(endMs, performance.now() - begun) : endMs, limited: endMs < total };
}

/** Open loop: calls are sent when they are due, and the time of one begins there, whatever became of those before. */
export async function byRate(stages: readonly Stage[], calling: Calling): Promise<Driven> {
  const begun = performance.now();
  const { signal, most, told } = calling;
  const due = arrivals(stages);
  const calls: Timed[] = [];
  const open = new Set<Promise<void>>();
  const send = async (at: number): Promise<void> => {
    const timed = await measure(calling, begun, at);
    if (timed === null) return;
    calls.push(timed);
    told?.(calls.length, at);
  };
  for (const at of due.slice(0, most)) {
    await pause(Math.max(0, at - (performance.now() - begun)), undefined, { signal }).catch(() => undefined);
    while (open.size >= MOST_OPEN) await Promise.race(open);
    if (signal.aborted) break;
    const sent = send(at);
    open.add(sent);
    void sent.finally(() => open.delete(sent));
  }
  await Promise.all(open);
  const total = stages.reduce((sum, { seconds }) => sum + seconds * 1000, 0);
  const endMs = signal.aborted ? Math.min(total, performance.now() - begun) : (due[most] ?? total);
  return { calls, endMs, limited: due.length > most };
}

/**
 * One call at each of these minutes, `speed` times as fast. `call` gets the minutes that nothing was asked before it, null
 * for the first. Their times are those of the clock on the wall, as minutes.
 */
export async function atMinutes(
  minutes: readonly number[],
  speed: number,
  { call, ...calling }: Omit<Calling, 'call'> & { call(idleMinutes: number | null): Promise<Answer> },
): Promise<Driven> {
  const begun = performance.now();
  const calls: Timed[] = [];
  for (const [at, minute] of minutes.slice(0, calling.most).entries()) {
    const dueMs = (minute * 60_000) / speed;
    await pause(Math.max(0, dueMs - (performance.now() - begun)), undefined, { signal: calling.signal }).catch(() => undefined);
    if (calling.signal.aborted) break;
    const before = minutes[at - 1];
    const sent = performance.now();
    const timed = await measure({ ...calling, call: () => call(before === undefined ? null : minute - before) }, sent, 0);
    if (timed === null) break;
    calls.push({ ...timed, dueMs: minute * 60_000 });
    calling.told?.(calls.length, dueMs);
  }
  return { calls, endMs: performance.now() - begun, limited: minutes.length > calling.most };
}
