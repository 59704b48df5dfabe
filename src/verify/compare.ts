import { isObject } from './requests.ts';

/**
 * Numbers are equal when they differ by no more than this, relative to the larger: the order of additions in a BLAS
 * depends on the number of rows and on the processor, everything else is exact.
 */
const RELATIVE = 1e-12;
/** For numbers near zero, where such a sum cancels out. */
const ABSOLUTE = 1e-15;
const NUMERAL = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

export interface Difference {
  /** `predictions[0]`, or `the answer` at the root. */
  field: string;
  expected: unknown;
  actual: unknown;
}

export interface Comparison {
  difference: Difference | null;
  /** Largest absolute difference between two numbers; null when there were none. */
  largest: number | null;
}

/** Deep equality of two JSON values; a hook's number written as text counts as a number. */
export function compare(expected: unknown, actual: unknown): Comparison {
  const found: Comparison = { difference: null, largest: null };
  walk(expected, actual, '', found);
  return found;
}

function walk(expected: unknown, actual: unknown, field: string, found: Comparison): void {
  if (found.difference !== null) return;
  if (typeof expected === 'number' && typeof actual === 'number') return numbers(expected, actual, field, found);
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    expected.forEach((each, index) => walk(each, actual[index], `${field}[${index}]`, found));
    return;
  }
  if (isObject(expected) && isObject(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const inner = field === '' ? key : `${field}.${key}`;
      walk(expected[key], actual[key], inner, found);
    }
    return;
  }
  if (Object.is(expected, actual)) return;
  if (typeof expected === 'string' && typeof actual === 'string' && NUMERAL.test(expected) && NUMERAL.test(actual)) {
    return numbers(Number(expected), Number(actual), field, found);
  }
  found.difference = { field: field === '' ? 'the answer' : field, expected, actual };
}

function numbers(expected: number, actual: number, field: string, found: Comparison): void {
  const apart = Math.abs(expected - actual);
  if (apart > ABSOLUTE && apart > RELATIVE * Math.max(Math.abs(expected), Math.abs(actual))) {
    found.difference = { field: field === '' ? 'the answer' : field, expected, actual };
  } else found.largest = Math.max(found.largest ?? 0, apart);
}
