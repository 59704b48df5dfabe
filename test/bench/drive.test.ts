/** The loops, on a server of their own that can be made to stall. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { atMinutes, byRate, byUsers, inTurn } from '../../src/bench/drive.ts';
import { levels, ramp, rates } from '../../src/bench/schedule.ts';
import type { Answer } from '../../src/live.ts';
import { answer } from './lab.ts';

/** Answers after a while; counts how many it has at once. */
function server(ms: number | ((nth: number) => number)) {
  const seen = { open: 0, most: 0, sent: 0 };
  const call = async (): Promise<Answer> => {
    const nth = seen.sent++;
    const begun = performance.now();
    seen.most = Math.max(seen.most, ++seen.open);
    await pause(typeof ms === 'number' ? ms : ms(nth));
    seen.open -= 1;
    return answer({ durationMs: performance.now() - begun });
  };
  return { seen, call };
}
const never = new AbortController().signal;

describe('users', () => {
  test('are as many at once as the stage says, and each waits for its answer', async () => {
    const { seen, call } = server(5);
    const { calls, limited } = await byUsers(levels([1, 3], 1), { call, signal: never, most: 10_000 });
    expect([seen.most, seen.open, limited]).toEqual([3, 0, false]);
    expect(calls.length).toBe(seen.sent);
    const one = calls.filter(({ dueMs }) => dueMs < 1000);
    for (const [at, each] of one.slice(1).entries()) expect(each.dueMs).toBeGreaterThanOrEqual(one[at]!.dueMs + one[at]!.ms - 1);
  });

  test('come one by one in a ramp', async () => {
    const { seen, call } = server(3);
    const { calls } = await byUsers(ramp([4], 2), { call, signal: never, most: 10_000 });
    expect(seen.most).toBe(4);
    const before = calls.filter(({ dueMs }) => dueMs < 500);
    expect(before.every((each, at) => before.every((other, other_) => at >= other_ || other.dueMs >= each.dueMs + each.ms - 1))).toBe(true);
  });

  test('call no more often than the limit, and it is told', async () => {
    const { seen, call } = server(1);
    const { calls, limited, endMs } = await byUsers(levels([4], 60), { call, signal: never, most: 25 });
    expect([calls.length, seen.sent, limited]).toEqual([25, 25, true]);
    expect(endMs).toBeLessThan(60_000);
  });

  test('stop when they are told to, and what was measured stays', async () => {
    const stop = new AbortController();
    const call = async () => {
      await pause(5, undefined, { signal: stop.signal });
      return answer({ durationMs: 5 });
    };
    const told = (done: number) => done === 10 && stop.abort();
    const { calls } = await byUsers(levels([2], 60), { call, signal: stop.signal, most: 10_000, told });
    expect(calls.length).toBeGreaterThanOrEqual(10);
    expect(calls.every(({ status }) => status === 200)).toBe(true);
  });

  test('go on after calls that get no answer, each by its reason', async () => {
    let nth = 0;
    const call = async () => {
      nth += 1;
      if (nth % 2 === 0) throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
      return answer({ status: 503 });
    };
    const { calls } = await byUsers(levels([1], 60), { call, signal: never, most: 6 });
    expect(calls.map(({ status, error }) => status ?? error)).toEqual([503, 'ECONNRESET', 503, 'ECONNRESET', 503, 'ECONNRESET']);
  });
});

describe('a rate', () => {
  test('does not wait for answers', async () => {
    const { seen, call } = server(400);
    const { calls, limited } = await byRate(rates([40], 1), { call, signal: never, most: 1000 });
    expect([calls.length, limited]).toEqual([40, false]);
    expect(seen.most).toBeGreaterThan(5);
  });

  test('counts the time that a call was late, so that a stall is in all calls that it kept', async () => {
    // One server, one call at a time, and the first takes 600 ms: a user would have met it once.
    let turn = Promise.resolve();
    const stalled = server((nth) => (nth === 0 ? 600 : 1));
    const call = () => {
      const begun = performance.now();
      const mine = turn.then(stalled.call).then((each) => ({ ...each, durationMs: performance.now() - begun }));
      turn = mine.then(() => undefined);
      return mine;
    };
    const { calls } = await byRate(rates([50], 1), { call, signal: never, most: 1000 });
    const kept = calls.filter(({ dueMs, ms }) => dueMs < 500 && ms > 90);
    expect(kept.length).toBe(25);
    expect(stalled.seen.most).toBe(1);
  });

  test('ends at the limit', async () => {
    const { call } = server(1);
    const { calls, endMs, limited } = await byRate(rates([100], 1), { call, signal: never, most: 20 });
    expect([calls.length, endMs, limited]).toEqual([20, 200, true]);
  });

  test('stops when it is told to', async () => {
    const stop = new AbortController();
    const { seen, call } = server(1);
    const { calls } = await byRate(rates([50], 60), { call, signal: stop.signal, most: 10_000, told: (done) => done === 5 && stop.abort() });
    expect(calls.length).toBeGreaterThanOrEqual(5);
    expect(seen.sent).toBeLessThan(100);
  });
});

describe('minutes', () => {
  test('pass as fast as is said, and each call knows how long nothing was asked', async () => {
    const idle: (number | null)[] = [];
    const call = async (minutes: number | null) => {
      idle.push(minutes);
      return answer({ durationMs: 7 });
    };
    const { calls } = await atMinutes([0, 6, 16], 60_000, { call, signal: never, most: 100 });
    expect(idle).toEqual([null, 6, 10]);
    expect(calls.map(({ dueMs }) => dueMs / 60_000)).toEqual([0, 6, 16]);
  });

  test('end with what there is when they are told to', async () => {
    const stop = new AbortController();
    const told = () => stop.abort();
    const { calls } = await atMinutes([0, 6, 16], 1, { call: async () => answer(), signal: stop.signal, most: 100, told });
    expect(calls.length).toBe(1);
  });
});

test('calls in turn are as many as asked for, one at a time', async () => {
  const { seen, call } = server(1);
  const { calls, limited } = await inTurn(12, { call, signal: never, most: 100 });
  expect([calls.length, seen.most, limited]).toEqual([12, 1, false]);
  expect((await inTurn(12, { call, signal: never, most: 3 })).limited).toBe(true);
});
