/**
 * How much of a pickle may be remembered, so that a file of any size, or one made to hurt, fits in a bounded memory.
 * What is over budget is forgotten; where a decision would need it, the file is refused.
 */
import { Collection, Instance, type Value } from './values.ts';

/** Values on the stack at once: the largest frozenset or tuple. */
export const STACK_LIMIT = 1_000_000;
/** Beyond this depth only numbers and short names are pushed. */
export const NODE_STACK_LIMIT = 50_000;
export const GLOBAL_LIMIT = 10_000;

const SHORT = 256;
const COLLECTION_LIMIT = 65_536;
const DICT_LIMIT = 16_384;

export class Budget {
  #text = 12 * 1024 * 1024;
  #children = 400_000;
  #memoized = 300_000;
  #names = 1_000_000;

  /** A text or byte string that was just read. */
  fresh<T extends string | Uint8Array>(value: T, depth: number): T | undefined {
    if (value.length <= SHORT && depth < NODE_STACK_LIMIT) return value;
    return this.#spendText(value.length) ? value : undefined;
  }

  memo(value: Value): boolean {
    if (typeof value === 'string' || value instanceof Uint8Array) return this.#spendText(value.length);
    if (value instanceof Collection || value instanceof Instance) return (this.#memoized -= 1) > 0;
    return (this.#names -= 1) > 0;
  }

  /** Adds to a collection what it may keep. */
  attach(target: Collection, values: readonly Value[]): void {
    const limit = target.kind === 'dict' ? DICT_LIMIT : COLLECTION_LIMIT;
    if (target.kind === 'dict' && values.some((key, at) => at % 2 === 0 && !isPlain(key))) target.exact = false;
    if (target.items.length + values.length > limit || !this.children(values)) {
      target.exact = false;
      return;
    }
    for (const value of values) target.items.push(value);
  }

  /** Whether these may be kept together. */
  children(values: readonly Value[]): boolean {
    if (values.length > COLLECTION_LIMIT) return false;
    let cost = values.length > 16 ? values.length : 0;
    for (const value of values) if (typeof value === 'object' && value !== null) cost += 1;
    if (cost > this.#children) return false;
    this.#children -= cost;
    return true;
  }

  #spendText(length: number): boolean {
    const cost = length + 48;
    if (cost > this.#text) return false;
    this.#text -= cost;
    return true;
  }
}

function isPlain(key: Value): boolean {
  return key === null || (typeof key !== 'object' && key !== undefined);
}
