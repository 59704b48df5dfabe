/** Percentiles against their definition, and against NumPy's. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { distributionOf, percentile } from '../../src/bench/percentiles.ts';
import { python } from '../python.ts';

const durations = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 400 });
const percent = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(0.1, 50, 90, 99, 99.9));

describe('a percentile', () => {
  test('is the smallest duration that at least so many percent do not exceed', () => {
    fc.assert(
      fc.property(durations, percent, (given, wanted) => {
        const sorted = given.toSorted((a, b) => a - b);
        const found = percentile(sorted, wanted);
        const share = (ms: number) => sorted.filter((each) => each <= ms).length / sorted.length;
        expect(sorted).toContain(found);
        expect(share(found) * 100).toBeGreaterThanOrEqual(wanted - 1e-6);
        const smaller = sorted.filter((each) => each < found).at(-1);
        if (smaller !== undefined) expect(share(smaller) * 100).toBeLessThan(wanted);
      }),
    );
  });

  test('is what NumPy says by its inverted distribution function', () => {
    const cases = fc.sample(fc.tuple(durations, percent), { numRuns: 200, seed: 7 });
    const code = 'import json, sys, numpy; print(json.dumps([float(numpy.percentile(d, p, method="inverted_cdf")) for d, p in json.load(sys.stdin)]))';
    const theirs = JSON.parse(execFileSync(python, ['-c', code], { input: JSON.stringify(cases), encoding: 'utf8' }));
    expect(cases.map(([given, wanted]) => percentile(given.toSorted((a, b) => a - b), wanted))).toEqual(theirs);
  });

  test('of nothing is refused', () => {
    expect(() => percentile([], 50)).toThrow(RangeError);
    expect(distributionOf([])).toBeNull();
  });
});

test('a distribution does not depend on the order, and its figures are in order', () => {
  fc.assert(
    fc.property(durations, (given) => {
      const found = distributionOf(given)!;
      const { min, p50, p90, p99, max, mean, count } = found;
      expect([min, p50, p90, p99, max]).toEqual([min, p50, p90, p99, max].toSorted((a, b) => a - b));
      expect([min, max, count]).toEqual([Math.min(...given), Math.max(...given), given.length]);
      expect(mean).toBeGreaterThanOrEqual(min - 1e-6);
      expect(mean).toBeLessThanOrEqual(max + 1e-6);
      expect(distributionOf(given.toReversed())).toEqual({ ...found, mean: expect.closeTo(mean, 6) });
    }),
  );
});

test('of a hundred durations the ranks are those of the hand', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => at + 1);
  expect(distributionOf(hundred)).toEqual({ count: 100, min: 1, p50: 50, p90: 90, p99: 99, max: 100, mean: 50.5 });
  expect(distributionOf([8, 3])).toEqual({ count: 2, min: 3, p50: 3, p90: 8, p99: 8, max: 8, mean: 5.5 });
});
