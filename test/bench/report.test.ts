/** The figures, the page, and what is in them. */
import { describe, expect, test } from 'vitest';
import { logAxis } from '../../src/bench/html/axis.ts';
import fc from 'fast-check';
import { htmlOf, predictionsIn, reportOf } from '../../src/bench/index.ts';
import { measured, series, timed } from './lab.ts';

describe('a report', () => {
  test('counts errors apart, by status and by reason, and leaves them out of the latencies', () => {
    const calls = [timed({ ms: 5 }), timed({ ms: 7 }), timed({ ms: 900, status: 429 }), timed({ status: 429 }), timed({ status: null, error: 'ECONNRESET', ms: 4000 })];
    const [summary] = reportOf(measured({ series: [series({ calls, arrived: 2, seconds: 4 })] })).series;
    expect(summary).toMatchObject({ calls: 5, answered: 2, perSecond: 0.5, latency: { count: 2, max: 7 } });
    expect(summary?.errors).toEqual([{ what: '429', count: 2 }, { what: 'ECONNRESET', count: 1 }]);
  });

  test('has no start of a worker among the warm calls, and has them under load', () => {
    const calls = [timed({ ms: 5 }), timed({ ms: 800, coldMs: 700 })];
    const [warm, load] = reportOf(measured({ series: [series({ phase: 'warm', calls }), series({ calls })] })).series;
    expect([warm?.latency?.max, warm?.starts?.max]).toEqual([5, 700]);
    expect([load?.latency?.max, load?.starts?.count]).toEqual([800, 1]);
  });

  test('has a line for every gap', () => {
    const calls = [timed({ dueMs: 0, ms: 900, coldMs: 880 }), timed({ dueMs: 360_000, ms: 12 }), timed({ dueMs: 960_000, status: null, error: 'ETIMEDOUT' })];
    expect(reportOf(measured({ series: [series({ phase: 'gaps', calls })] })).gaps).toEqual([
      { minute: 0, idle: null, memory: 1024, what: '200', ms: 900, coldMs: 880 },
      { minute: 6, idle: 6, memory: 1024, what: '200', ms: 12, coldMs: null },
      { minute: 16, idle: 10, memory: 1024, what: 'ETIMEDOUT', ms: 10, coldMs: null },
    ]);
  });

  test('survives JSON as it is, and holds no single call of a load', () => {
    const report = reportOf(measured());
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(JSON.stringify(report)).not.toContain('dueMs');
  });
});

describe('the page', () => {
  const page = (given: Parameters<typeof measured>[0] = {}) => {
    const value = measured(given);
    return htmlOf(reportOf(value), value.series);
  };

  test('writes what it was given as text', () => {
    const html = page({ function: '<script>alert(1)</script>', payload: { bytes: 1, from: '"a&b".json', predictions: 1 } });
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;');
    expect(html).toContain('(&quot;a&amp;b&quot;.json)');
  });

  test('of thousands of calls says how many are shown, with every failure among them', () => {
    const calls = Array.from({ length: 9000 }, (_, at) => timed({ dueMs: at, ms: 5 + (at % 7), ...(at % 1000 === 1 ? { status: 500 } : {}) }));
    const html = page({ series: [series({ calls, seconds: 9 })] });
    expect(html).toContain('one of 6 calls, all that failed');
    expect(html.match(/<circle class="failed"/g)?.length).toBe(9);
    expect(html.length).toBeLessThan(300_000);
  });

  test('of nothing but failures is a page, too', () => {
    const html = page({ series: [series({ calls: [timed({ status: null, error: 'ECONNREFUSED' })], arrived: 0 })], interrupted: true, limited: true });
    expect(html).toContain('1 × ECONNREFUSED');
    expect(html).toContain('Stopped by Ctrl-C');
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });
});

test('an axis holds all its values, in order, between round ends', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 }), (given) => {
      const { at, ticks } = logAxis(given);
      const places = given.toSorted((a, b) => a - b).map(at);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      for (const place of places) expect(place >= 0 && place <= 100).toBe(true);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThan(14);
      expect(at(ticks[0]!)).toBeLessThan(at(ticks.at(-1)!));
    }),
    { examples: [[[999999.9976974138]], [[0.0999999999]], [[1000]]] },
  );
});

test('predictions of an answer are counted where it has a list of them', () => {
  const body = (value: unknown) => Buffer.from(JSON.stringify(value));
  expect([{ predictions: [1, 2, 3] }, { predictions: [] }, { diagnosis: 'x' }, 'Polo', null].map((value) => predictionsIn(body(value)))).toEqual([3, 1, 1, 1, 1]);
  expect(predictionsIn(Buffer.from('<html>'))).toBe(1);
});
