import fc from 'fast-check';
import { expect, test } from 'vitest';

interface Answer {
  predictions: unknown[];
  probabilities: number[][];
}
type Samples = Record<string, Record<'cold' | 'warm' | 'rate', number[]>>;
interface Table {
  rows: { name: string; cells: unknown[] }[];
}

/** The measurements are scripts without types. */
const load = <T>(file: string) => import(new URL(`../../bench/serving/${file}`, import.meta.url).href) as Promise<T>;
const { sameAnswer } = await load<{ sameAnswer(told: Answer, wanted: Answer, tolerance: number, who: string): void }>('answers.mjs');
const { lambdaTable } = await load<{ lambdaTable(model: { title: string }, measured: { samples: Samples; chose: string; refused: Record<string, string>; bytes: Record<string, string> }): Table }>('lambda.mjs');
const { timesBestPeer, CLOUD_RUN } = await load<{ timesBestPeer(samples: Samples, name: string): number[]; CLOUD_RUN: string }>('served.mjs');

const chances = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 2, maxLength: 5 });
const answer = (label: unknown, probabilities: number[]): Answer => ({ predictions: [label], probabilities: [probabilities] });

test('a party that answers otherwise than the model stops the measurement', () => {
  fc.assert(
    fc.property(chances, fc.nat(4), fc.double({ min: 2e-9, max: 1, noNaN: true }), (wanted, at, off) => {
      const told = wanted.map((value, index) => (index === at % wanted.length ? value * (1 + off) : value));
      expect(() => sameAnswer(answer(1, told), answer(1, wanted), 1e-9, 'peer')).toThrow(/^peer answers/);
      expect(() => sameAnswer(answer(0, wanted), answer(1, wanted), 1e-9, 'peer')).toThrow(/^peer answers/);
      expect(() => sameAnswer(answer(1, wanted.slice(1)), answer(1, wanted), 1e-9, 'peer')).toThrow(/^peer answers/);
    }),
  );
});

test('a party whose chances differ in the last places goes on', () => {
  fc.assert(
    fc.property(chances, (wanted) => {
      const near = wanted.map((value) => value * (1 + 1e-12));
      expect(() => sameAnswer(answer('a', near), answer('a', wanted), 1e-9, 'peer')).not.toThrow();
    }),
  );
});

test('an engine that refuses the model is in the table, with its reason', () => {
  const samples = { 'echo function': { cold: [10, 20], warm: [1, 1], rate: [] }, 'mlfn, plain': { cold: [12, 22], warm: [1, 2], rate: [] }, "tutorial's handler": { cold: [600, 880], warm: [3, 3], rate: [] } };
  const { rows } = lambdaTable({ title: 'Logistic' }, { samples, chose: 'plain', refused: { onnx: 'has no graph' }, bytes: { 'mlfn, plain': '60,000' } });
  expect(rows.map(({ name }) => name)).toEqual(['echo function', 'mlfn, plain (chosen)', "tutorial's handler", 'mlfn, onnx']);
  expect(rows[1]?.cells).toEqual([[12, 22], [1.2, 1.1], [50, 40], [1, 2], [1, 2], '60,000']);
  expect(rows[3]?.cells[0]).toBe('none: has no graph');
});

test('the best peer is the best of each round, and never one of ours', () => {
  const rate = (...values: number[]) => ({ cold: [], warm: [], rate: values });
  const samples = { [CLOUD_RUN]: rate(100, 300), 'mlfn, local target (2 workers)': rate(1000, 1000), one: rate(50, 60), other: rate(40, 100) };
  expect(timesBestPeer(samples, CLOUD_RUN)).toEqual([2, 3]);
});
