/**
 * What loading would take that is not in the file: memory, by a number, or time, by collections that hold one another
 * many times. The bytes of an honest model are all there, so it asks for next to nothing.
 */
import { isDtype } from './dtype.ts';
import type { Machine } from './machine.ts';
import { Collection, Global, Instance, type Value } from './values.ts';

/** Bytes or elements that one file may ask for by numbers, in all. */
const MOST_ASKED = 64 * 1024 * 1024;
/** Elements below one argument or key, each counted as often as it is met. */
const MOST_MET = 100_000_000;
/** Collections in one another: Python's C code goes through them by recursion. */
const DEEPEST = 500;
/** Looks that all this counting may take. */
const MOST_WORK = 500_000_000;

const SIZED = new Set<string | null>(['numpy', 'scipy', 'pandas']);
/** Their numbers are values, checksums or the shape of bytes that are in the file. */
const NO_SIZES =
  /^(?:_frombuffer|datetime64|timedelta64|_unpickle_timestamp|_timedelta_unpickle|__pyx_unpickle_\w+|\w*Index|u?(?:int|long|short|byte)\w*|(?:float|complex)\d*|half|single|double|c?(?:single|double|longdouble))$/;

const RANGES = new Set(['builtins.range', '__builtin__.range', '__builtin__.xrange']);

interface Extent {
  size: number;
  depth: number;
}

const ONE: Extent = { size: 1, depth: 0 };

/** Adds up what one file asks for. */
export class Demand {
  #asked = 0;
  #work = 0;

  /** Refuses a call that makes Python take memory or time out of all proportion. The user's own code is theirs. */
  call(machine: Machine, callee: Global, args: readonly Value[]): void {
    if (callee.verdict.role === 'user') return;
    this.traversal(machine, args);
    const asked = numbersOf(callee, args) * Math.max(1, ...args.map(widthOf));
    this.memory(machine, asked);
  }

  memory(machine: Machine, bytes: number): void {
    this.#asked += bytes;
    if (this.#asked <= MOST_ASKED) return;
    throw machine.error('huge-allocation', `makes Python take memory for ${this.#asked} elements that are not in the file`);
  }

  /** Of arguments, which are gone through, and of the keys of a dict or set, which are hashed. */
  traversal(machine: Machine, values: readonly Value[]): void {
    if (values.every(isFlat)) return;
    const known = new Map<Collection, Extent>();
    const extent = (value: Value, depth: number): Extent => {
      if (value instanceof Instance) return RANGES.has(value.made.path) ? { size: rangeLength(value), depth: 0 } : ONE;
      if (!(value instanceof Collection)) return ONE;
      const before = known.get(value);
      if (before !== undefined) return before;
      // One that holds itself.
      known.set(value, ONE);
      this.#work += value.items.length + 1;
      let [size, deepest] = [1, 0];
      for (const item of depth > DEEPEST ? [] : value.items) {
        const inner = extent(item, depth + 1);
        size += inner.size;
        deepest = Math.max(deepest, inner.depth);
      }
      const whole = { size, depth: deepest + 1 };
      known.set(value, whole);
      if (size > MOST_MET || whole.depth > DEEPEST || depth > DEEPEST || this.#work > MOST_WORK) {
        throw machine.error('huge-allocation', 'makes Python go through collections that hold one another too many times');
      }
      return whole;
    };
    for (const value of values) {
      if (extent(value, 0).size > MOST_MET) throw machine.error('huge-allocation', 'makes Python go through more elements than the file has');
    }
  }
}

/** Has no more below it than it shows: nearly all that there is, so it is not worth a walk. */
function isFlat(value: Value): boolean {
  if (value instanceof Instance) return !RANGES.has(value.made.path);
  return !(value instanceof Collection) || !value.items.some((item) => item instanceof Collection || item instanceof Instance);
}

/** The largest number, or shape, that this callee takes for a size. */
function numbersOf(callee: Global, args: readonly Value[]): number {
  const { distribution } = callee.verdict;
  if (callee.path === 'sklearn.tree._tree.Tree') return countOf(args[2]);
  if (callee.name === 'bytes' || callee.name === 'bytearray') return countOf(args[0]);
  if (!SIZED.has(distribution) || NO_SIZES.test(callee.name)) return 0;
  return Math.max(0, ...args.map((arg) => (arg instanceof Collection && arg.kind !== 'dict' ? shapeOf(arg) : countOf(arg))));
}

function countOf(value: Value): number {
  const count = typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0;
  return Number.isInteger(count) && count > 0 ? count : 0;
}

function shapeOf({ items }: Collection): number {
  const numbers = items.every((item) => typeof item === 'number' || typeof item === 'bigint');
  return numbers && items.length > 0 && items.length <= 64 ? items.reduce<number>((product, item) => product * countOf(item), 1) : 0;
}

/** Bytes of an element of this type; 1 of what is none. */
function widthOf(type: Value): number {
  if (type instanceof Instance && isDtype(type)) return type.layout?.itemSize ?? widthOf(type.args[0]);
  const text = typeof type === 'string' ? /^[<>|=]?([SUVa])(\d{1,10})$/.exec(type) : null;
  return text === null ? 1 : Number(text[2]) * (text[1] === 'U' ? 4 : 1);
}

function rangeLength({ args }: Instance): number {
  const [start, stop, step] = args.length === 1 ? [0, Number(args[0]), 1] : [Number(args[0]), Number(args[1]), Number(args[2] ?? 1)];
  return Math.max(0, Math.ceil((stop - start) / step)) || 0;
}
