import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callPrice, type Costed, costOf, PRICES, roundedUp } from '../../src/bench/prices.ts';
import { timed } from './lab.ts';

const lambda: Costed = { platform: 'AWS Lambda', memoryMb: 1024, architecture: 'x86_64', cpu: 1, httpApi: false };
const run: Costed = { ...lambda, platform: 'Cloud Run' };

describe('a call', () => {
  test('on Lambda costs its memory for its time, and the request', () => {
    // A million of 100 ms with 1 GB: 100,000 GB-s at 0.0000166667, and 0.20.
    expect(callPrice(lambda, 100) * 1e6).toBeCloseTo(1.86667, 8);
    expect(callPrice({ ...lambda, architecture: 'arm64' }, 100) * 1e6).toBeCloseTo(1.53334, 8);
    expect(callPrice({ ...lambda, memoryMb: 512 }, 100) * 1e6).toBeCloseTo(1.033335, 8);
    expect((callPrice({ ...lambda, httpApi: true }, 100) - callPrice(lambda, 100)) * 1e6).toBeCloseTo(1, 8);
  });

  test('on Cloud Run costs its processors and memory for its time, and the request', () => {
    // 100,000 s of a processor and of a GiB.
    expect(callPrice(run, 100) * 1e6).toBeCloseTo(2.4 + 0.25 + 0.4, 8);
    expect(callPrice({ ...run, cpu: 2, memoryMb: 2048 }, 100) * 1e6).toBeCloseTo(4.8 + 0.5 + 0.4, 8);
  });

  test('is rounded up to whole milliseconds, or to tenths of a second', () => {
    expect([0.2, 1, 1.01, 99.2].map((ms) => roundedUp('AWS Lambda', ms))).toEqual([1, 1, 2, 100]);
    expect([0.2, 100, 100.5, 340].map((ms) => roundedUp('Cloud Run', ms))).toEqual([100, 100, 200, 400]);
  });

  test('never costs less for more', () => {
    const ms = fc.double({ min: 0, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(lambda, run), ms, ms, (what, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)].map((each) => callPrice(what, roundedUp(what.platform, each)));
        expect(less).toBeLessThanOrEqual(more!);
      }),
    );
  });
});

describe('the cost of a million', () => {
  test('comes from what was billed, else from the handler, else from here', () => {
    const seen = { ms: 80 };
    const cost = (...calls: Parameters<typeof timed>) => costOf(lambda, calls.map((each) => timed(each)), 1, []);
    expect(costOf(lambda, [timed({ ...seen, handlerMs: 9.5, billedMs: 11 })], 1, [])).toMatchObject({ basis: 'billed', billedMs: 11 });
    expect(costOf(lambda, [timed({ ...seen, handlerMs: 9.5 })], 1, [])).toMatchObject({ basis: 'handler', billedMs: 10 });
    expect(cost(seen)).toMatchObject({ basis: 'round-trip', billedMs: 80, assumed: expect.arrayContaining([expect.stringContaining('round trips')]) });
  });

  test('is of the mean of warm answers, each rounded', () => {
    const calls = [timed({ handlerMs: 0.1 }), timed({ handlerMs: 2.5 }), timed({ handlerMs: 900, coldMs: 800 }), timed({ handlerMs: 900, status: 500 })];
    expect(costOf(lambda, calls, 1, [])?.billedMs).toBe(2);
    expect(costOf(run, calls, 1, [])?.billedMs).toBe(100);
    expect(costOf(lambda, [timed({ coldMs: 5 }), timed({ status: null })], 1, [])).toBeNull();
  });

  test('of predictions is shared by those of a call', () => {
    const cost = costOf(lambda, [timed({ billedMs: 100 })], 8, ['something']);
    expect(cost?.perMillionCalls).toBeCloseTo(1.86667, 8);
    expect(cost?.perMillionPredictions).toBeCloseTo(1.86667 / 8, 8);
    expect(cost?.prices).toContain(PRICES.date);
    expect(cost?.prices).toContain('aws.amazon.com/lambda/pricing');
    expect(cost?.assumed).toContain('something');
  });
});
