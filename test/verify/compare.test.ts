import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compare } from '../../src/verify/compare.ts';
import { requestsOf } from '../../src/verify/requests.ts';

const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

test('a value equals itself, exactly', () => {
  fc.assert(
    fc.property(json, (value) => {
      const found = compare(value, structuredClone(value));
      expect(found.difference).toBeNull();
      expect(found.largest ?? 0).toBe(0);
    }),
  );
});

test('a changed leaf is found, wherever it is', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.boolean(), fc.integer()), { minLength: 1 }), fc.nat(), (list, at) => {
      const index = at % list.length;
      const changed = { deep: { list: list.with(index, null as never) } };
      const found = compare({ deep: { list } }, changed).difference;
      expect(found).toEqual({ field: `deep.list[${index}]`, expected: list[index], actual: null });
    }),
  );
});

test.each([
  [1, 1 + 1e-13, null],
  [1, 1 + 1e-11, '$'],
  [1e-300, 2e-300, null],
  [0, 1e-14, '$'],
  ['0.5', '0.5000000000000001', null],
  ['0.5', '0.6', '$'],
  ['a', 'b', '$'],
  [1, '1', '$'],
  [[1], [1, 2], '$'],
  [{ a: 1 }, { a: 1, b: 2 }, 'b'],
  [{ a: 1 }, {}, 'a'],
  [null, 0, '$'],
  [[], {}, '$'],
])('%j against %j', (expected, actual, field) => {
  const found = compare(expected, actual).difference;
  expect(found?.field ?? null).toBe(field === '$' ? 'the answer' : field);
});

test('the largest difference is told', () => {
  expect(compare({ p: [1, 2, 3] }, { p: [1, 2 + 4e-16, 3] }).largest).toBeGreaterThan(0);
  expect(compare('a', 'a').largest).toBeNull();
});

const bodies = (sample: unknown, opaque = false) => requestsOf(sample, opaque).map((each) => each.body);

test('every record is sent alone and together', () => {
  expect(bodies({ a: 1 })).toEqual([{ a: 1 }, [{ a: 1 }]]);
  expect(bodies([{ a: 1 }, { a: 2 }])).toEqual([[{ a: 1 }, { a: 2 }], { a: 1 }, { a: 2 }]);
  expect(bodies([[1], [2]])).toEqual([[[1], [2]], [[1]], [[2]]]);
  expect(bodies([1, 2])).toEqual([[1, 2], [[1, 2]]]);
  expect(bodies([null, 2])).toEqual([[null, 2], [[null, 2]]]);
  expect(bodies(['a', 'b'])).toEqual([['a', 'b'], [['a', 'b']], ['a'], ['b']]);
  expect(bodies({ instances: [1], other: 2 })).toEqual([{ instances: [1], other: 2 }, [{ instances: [1], other: 2 }]]);
  expect(bodies({ instances: [[1], [2]] })).toEqual([{ instances: [[1], [2]] }, { instances: [[1]] }, { instances: [[2]] }]);
  const split = { columns: ['a'], index: [0, 1], data: [[1], [2]] };
  expect(bodies({ dataframe_split: split })).toEqual([
    { dataframe_split: split },
    { dataframe_split: { columns: ['a'], data: [[1]] } },
    { dataframe_split: { columns: ['a'], data: [[2]] } },
  ]);
  expect(bodies([{ a: 1 }], true)).toEqual([[{ a: 1 }]]);
  expect(bodies('a text')).toEqual(['a text', ['a text']]);
});

test('of many records some are sent alone, the first and the last among them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), (count) => {
      const [together, ...alone] = requestsOf(Array.from({ length: count }, (_, n) => ({ n })), false).map((each) => each.body);
      expect(together).toHaveLength(count);
      const numbers = alone.map((body) => (body as { n: number }).n);
      expect(numbers).toEqual([...new Set(numbers)]);
      expect(numbers).toHaveLength(Math.min(count, 20));
      expect(numbers[0]).toBe(0);
      expect(numbers.at(-1)).toBe(count - 1);
    }),
  );
});
