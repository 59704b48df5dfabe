import { Malformed } from '../bytes/malformed.ts';
import type { Budget } from './budget.ts';
import { Collection, Global, type Value } from './values.ts';

const RECENT = 8;
const LARGEST_SLOT = 2 ** 32 - 1;

/** The pickle's memo. Only what a later decision may need is kept; a slot of anything else reads as undefined. */
export class Memo {
  readonly #kept = new Map<number, Value>();
  readonly #budget: Budget;
  /** Texts that were not kept, for the moment in which one turns out to be a name. */
  #recent: [slot: number, text: string][] = [];
  /** Slots in use, as long as they were filled in order; MEMOIZE fills the next. */
  #count = 0;
  #inOrder = true;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  get(slot: number): Value {
    return this.#kept.get(slot);
  }

  memoize(value: Value, offset: number): void {
    if (!this.#inOrder) {
      throw new Malformed('memo-trick', 'MEMOIZE after a PUT that left slots out: which slot it fills cannot be determined.', offset);
    }
    this.put(this.#count, value, offset);
  }

  put(slot: number, value: Value, offset: number): void {
    if (slot > LARGEST_SLOT) throw new Malformed('memo-trick', `The memo slot ${slot} is out of range.`, offset);
    if (slot === this.#count && this.#inOrder) this.#count += 1;
    else this.#forget(slot);
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' || value == null) return;
    const kept = this.#budget.memo(value);
    if (kept !== undefined) {
      this.#kept.set(slot, kept);
    } else if (value instanceof Global || (value instanceof Collection && value.guarded)) {
      throw new Malformed('too-complex', 'The memo refers to more classes than can be followed.', offset);
    } else if (typeof value === 'string') {
      this.#recent.push([slot, value]);
      if (this.#recent.length > RECENT) this.#recent.shift();
    }
  }

  /** What was in the slot before is gone, whether or not what comes is kept. */
  #forget(slot: number): void {
    if (slot > this.#count) this.#inOrder = false;
    this.#kept.delete(slot);
    if (this.#recent.length > 0) this.#recent = this.#recent.filter(([recent]) => recent !== slot);
  }

  /** Keeps a name that was just used, however little may be kept otherwise. */
  pin(text: string): void {
    for (const [slot, recent] of this.#recent) if (recent === text) this.#kept.set(slot, recent);
  }
}
