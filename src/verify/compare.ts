import type { Engine, NetworkFormat } from '../types.ts';
import { isObject } from './requests.ts';

/**
 * Numbers are equal when they differ by no more than this, relative to the larger: the order of additions in a BLAS
 * depends on the number of rows and on the processor, everything else is exact.
 */
const EXACT: Tolerance = { relative: 1e-12, absolute: 1e-15 };
/** What a graph computes in float32, where its operators have no doubles. */
const GRAPH: Tolerance = { relative: 1e-5, absolute: 1e-9 };
/** What a network computes in float32: alone, and among others in another order. */
const FLOATS: Tolerance = { relative: 1e-5, absolute: 1e-6 };
const NETWORKS: ReadonlySet<string> = new Set<NetworkFormat>(['keras', 'keras-h5', 'saved-model', 'torchscript', 'torch-exported']);
const NUMERAL = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

interface Tolerance {
  relative: number;
  /** For numbers near zero, where such a sum cancels out. */
  absolute: number;
}

/** What evaluates the model, and the format of its file. */
export interface By {
  engine: Engine;
  format?: string | null;
}

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
export function compare(expected: unknown, actual: unknown, by: By = { engine: 'native' }): Comparison {
  const found: Comparison = { difference: null, largest: null };
  walk(expected, actual, '', { found, tolerance: by.engine === 'onnx' ? GRAPH : NETWORKS.has(by.format ?? '') ? FLOATS : EXACT });
  return found;
}

interface Walk {
  found: Comparison;
  tolerance: Tolerance;
}

function walk(expected: unknown, actual: unknown, field: string, on: Walk): void {
  const { found } = on;
  if (found.difference !== null) return;
  if (typeof expected === 'number' && typeof actual === 'number') return numbers(expected, actual, field, on);
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    expected.forEach((each, index) => walk(each, actual[index], `${field}[${index}]`, on));
    return;
  }
  if (isObject(expected) && isObject(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const inner = field === '' ? key : `${field}.${key}`;
      walk(expected[key], actual[key], inner, on);
    }
    return;
  }
  if (Object.is(expected, actual)) return;
  if (typeof expected === 'string' && typeof actual === 'string' && NUMERAL.test(expected) && NUMERAL.test(actual)) {
    return numbers(Number(expected), Number(actual), field, on);
  }
  found.difference = { field: field === '' ? 'the answer' : field, expected, actual };
}

function numbers(expected: number, actual: number, field: string, { found, tolerance }: Walk): void {
  const apart = Math.abs(expected - actual);
  if (apart > tolerance.absolute && apart > tolerance.relative * Math.max(Math.abs(expected), Math.abs(actual))) {
    found.difference = { field: field === '' ? 'the answer' : field, expected, actual };
  } else found.largest = Math.max(found.largest ?? 0, apart);
}
