/**
 * How much of a pickle may be remembered, so that a file of any size, or one made to hurt, fits in a bounded memory.
 * What is over budget is forgotten; where a decision would need it, the file is refused.
 */
import { isDtype } from './dtype.ts';
import { ArrayValue, Collection, Excerpt, Instance, type Value } from './values.ts';

/** Values on the stack at once: the largest frozenset or tuple. */
export const STACK_LIMIT = 1_000_000;
/** Beyond this depth only numbers and short names are pushed. */
export const NODE_STACK_LIMIT = 50_000;
export const GLOBAL_LIMIT = 10_000;

const SHORT = 256;
const SMALL = 16;
const TINY = 32;
const COLLECTION_LIMIT = 65_536;
const DICT_LIMIT = 16_384;
/** What each level of MARKs leaves over for those above it, so that the parts of a huge model do not cost its own names. */
const RESERVE = 3_000;
const TEXT_RESERVE = 150_000;
const DEEPEST = 10;

export class Budget {
  #text = 8 * 1024 * 1024;
  #children = 80_000;
  #memoized = 50_000;
  #excerpts = 64;
  #places = 300_000;
  #names = 500_000;
  readonly #texts = new Map<string, string>();

  /** A text or byte string that was just read. */
  fresh<T extends string | Uint8Array | Excerpt>(value: T, depth: number): T | undefined {
    if (value instanceof Excerpt) return (this.#excerpts -= 1) >= 0 ? value : undefined;
    if (value.length <= SHORT && depth < NODE_STACK_LIMIT) return value;
    return this.#spendText(value.length) ? value : undefined;
  }

  /** What the memo may keep of this; undefined when nothing. Classes and array types are always kept. */
  memo(value: Value): Value {
    if (typeof value === 'string') return this.#intern(value, TEXT_RESERVE * DEEPEST);
    if (value instanceof Collection && value.guarded) return (this.#names -= 1) > 0 ? value : undefined;
    if (value instanceof Collection || (value instanceof Instance && !isDtype(value))) {
      if (!value.kept && (this.#memoized -= 1) <= 0) return undefined;
      value.kept = true;
      return value;
    }
    if (value instanceof Uint8Array || value instanceof ArrayValue) return (this.#memoized -= 1) > 0 ? value : undefined;
    if (value instanceof Instance) value.kept = true;
    return (this.#names -= 1) > 0 ? value : undefined;
  }

  /** Adds to a collection what it may keep. What it may not is undefined in its place, or missing at its end. */
  attach(target: Collection, values: readonly Value[], depth: number): void {
    const dict = target.kind === 'dict';
    target.count += values.length;
    const fifth = target.kind === 'tuple' ? values[4] : undefined;
    if (fifth instanceof Collection && fifth.kind === 'list') target.listed = fifth.count;
    if (dict && values.some((key, at) => at % 2 === 0 && !isPlain(key))) target.exact = false;
    if (target.items.length + values.length > (dict ? DICT_LIMIT : COLLECTION_LIMIT) || !this.#spendPlaces(values.length)) {
      target.exact = false;
      return;
    }
    // The arguments of a NumPy number: a type and a few bytes. There can be millions of them.
    const pair = target.kind === 'tuple' && values.length <= 2;
    for (const [at, value] of values.entries()) {
      const free = (pair && value instanceof Uint8Array && value.length <= TINY) || describesArray(target, values, at);
      const kept = free ? value : this.#child(value, depth);
      if (kept === undefined && value !== undefined) target.exact = false;
      target.items.push(kept);
    }
  }

  /** The arguments of an object, as far as they may be kept. */
  args(values: readonly Value[], depth: number): readonly Value[] {
    return values.length <= SMALL ? values.map((value) => this.#child(value, depth)) : [];
  }

  /** Few places come with the object that has them; more are counted. */
  #spendPlaces(count: number): boolean {
    if (count <= SMALL) return true;
    if (count > this.#places) return false;
    this.#places -= count;
    return true;
  }

  /** An object that nothing else keeps yet is kept by what it is attached to. */
  #child(value: Value, depth: number): Value {
    if (typeof value === 'string') return this.#intern(value, TEXT_RESERVE * Math.min(depth, DEEPEST));
    if (typeof value !== 'object' || value === null) return value;
    if ((value instanceof Collection || value instanceof Instance) && value.kept) return value;
    if (!(value instanceof Collection || value instanceof Instance || value instanceof ArrayValue || value instanceof Uint8Array)) return value;
    if (this.#children <= RESERVE * Math.min(depth, DEEPEST)) return undefined;
    this.#children -= 1;
    return value;
  }

  /** One copy of each text. */
  #intern(text: string, reserve: number): string | undefined {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#text < reserve || !this.#spendText(text.length)) return undefined;
    this.#texts.set(text, text);
    return text;
  }

  #spendText(length: number): boolean {
    const cost = length + 64;
    if (cost > this.#text) return false;
    this.#text -= cost;
    return true;
  }
}

/**
 * The shape and type of an array, in the state that NumPy or joblib gives it: a model has as many as it has arrays, and
 * they are needed for that moment only. One of each to a collection.
 */
function describesArray({ kind, items }: Collection, values: readonly Value[], at: number): boolean {
  if (values.length > 2 * SMALL || items.length > 4 * SMALL) return false;
  const value = values[at];
  const key = values[at - 1];
  if (kind === 'tuple') return (at === 1 && isShape(value)) || (at === 2 && value instanceof Instance && isDtype(value));
  if (kind !== 'dict' || at % 2 === 0 || items.indexOf(key) !== items.length - 1) return false;
  return (key === 'shape' && isShape(value)) || (key === 'dtype' && value instanceof Instance && isDtype(value));
}

function isShape(value: Value): boolean {
  return value instanceof Collection && value.kind === 'tuple' && value.items.length <= 2 * SMALL && value.items.every((size) => typeof size === 'number');
}

function isPlain(key: Value): boolean {
  return key === null || (typeof key !== 'object' && key !== undefined);
}
