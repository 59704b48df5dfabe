import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arrivals, GAP_MINUTES, levels, ramp, RAMP_USERS, rates, split, usersAt } from '../../src/bench/schedule.ts';
import { timed } from './lab.ts';

describe('users', () => {
  test('grow to 9, stay, grow to 18, and stay', () => {
    const stages = ramp(RAMP_USERS, 10);
    expect(stages.map(({ label }) => label)).toEqual(['to 9 users', '9 users', 'to 18 users', '18 users']);
    expect([0, 1, 5000, 9999, 10_000, 19_999, 20_001, 25_000, 30_000, 39_999, 40_000].map((ms) => usersAt(stages, ms))).toEqual([1, 1, 5, 9, 9, 9, 10, 14, 18, 18, 0]);
  });

  test('of levels change at once', () => {
    const stages = levels([1, 4], 2);
    expect([0, 1999, 2000, 3999, 4000].map((ms) => usersAt(stages, ms))).toEqual([1, 1, 4, 4, 0]);
  });

  test('of a ramp never become fewer, and are never more than asked for', () => {
    const rising = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }).map((each) => each.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(rising, fc.integer({ min: 1, max: 9 }), (users, seconds) => {
        const stages = ramp(users, seconds);
        const seen = Array.from({ length: 200 }, (_, at) => usersAt(stages, (at * users.length * 2 * seconds * 1000) / 200));
        expect(seen).toEqual(seen.toSorted((a, b) => a - b));
        expect(Math.max(...seen)).toBe(users.at(-1));
        expect(Math.min(...seen)).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});

test('calls at a rate are evenly apart, and as many as the rate says', () => {
  expect(arrivals(rates([2, 4], 1))).toEqual([0, 500, 1000, 1250, 1500, 1750]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 5 }), (rate, seconds) => {
      const due = arrivals(rates([rate], seconds));
      expect(due.length).toBe(rate * seconds);
      expect(due.at(-1)).toBeLessThan(seconds * 1000);
    }),
  );
});

test('the gaps are those of the classic test', () => expect(GAP_MINUTES).toEqual([0, 6, 16, 31, 61]));

describe('calls of a load', () => {
  const calls = [timed({ dueMs: 10, ms: 20 }), timed({ dueMs: 900, ms: 300 }), timed({ dueMs: 1100, ms: 10, status: 500 }), timed({ dueMs: 1900, ms: 400 })];

  test('belong to the stage in which they were due; an answer counts where it arrived, and a refusal nowhere', () => {
    const [first, second, ...rest] = split(levels([1, 2], 1), calls, 512, 2000);
    expect(rest).toEqual([]);
    expect([first?.calls.length, first?.arrived, first?.memory, first?.seconds]).toEqual([2, 1, 512, 1]);
    expect([second?.calls.length, second?.arrived]).toEqual([2, 1]);
  });

  test('that ended early make a shorter stage, and no stage that never began', () => {
    const made = split(levels([1, 2, 4], 1), calls, 512, 1500);
    expect(made.map(({ label, seconds }) => [label, seconds])).toEqual([['1 user', 1], ['2 users', 0.5]]);
  });
});
