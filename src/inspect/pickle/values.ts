/**
 * What the machine knows of the objects a pickle would make: their shape, never themselves. Anything it need not know,
 * or may not keep, is `undefined`; nothing may be decided from that.
 */
import type { Verdict } from '../allow/verdict.ts';

export type Value = string | number | bigint | boolean | null | Uint8Array | Excerpt | Global | Instance | Collection | ArrayValue | undefined;

/** A name looked up by `find_class`. One object per (module, name) of a file. */
export class Global {
  /** Loading calls it, which skips no code as making an object without its constructor does. */
  called = false;

  constructor(
    readonly module: string,
    readonly name: string,
    readonly offset: number,
    readonly verdict: Verdict,
  ) {}

  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** The beginning of a byte string (or of its text in Latin-1) that is too long to keep. */
export class Excerpt {
  constructor(readonly head: Uint8Array) {}
}

/** What an array's elements are, as far as their bytes go. */
export interface Layout {
  /** NumPy's letter: b i u f c m M O S U V. */
  kind: string;
  itemSize: number;
  littleEndian: boolean;
  hasObject: boolean;
  /** Those of its numpy.dtype, as it was pickled. */
  flags: number;
}

/** What a call made: of a class, or of a function that is known to make objects. */
export class Instance {
  state: Value = undefined;
  built = false;
  /** The memo holds it. */
  kept = false;
  /** Of a numpy.dtype, once it is built and nothing about it is doubtful. */
  layout: Layout | undefined;
  /** Returned by a function of the user's: not known to be what its name says. */
  mayBeAny = false;

  constructor(
    readonly made: Global,
    readonly args: readonly Value[],
  ) {}
}

export type CollectionKind = 'tuple' | 'list' | 'dict' | 'set' | 'frozenset';

/** A dict's items are key, value, key, value. `exact` is false once something was left out. */
export class Collection {
  exact = true;
  kept = false;
  /** A tuple that holds what may go to one place only (guarded.ts). */
  guarded = false;
  /** How many were added, kept or not. */
  count = 0;
  /** Of a tuple that may be an array's state: the length of the list that is its fifth item, as it was then. */
  listed: number | undefined;
  /** It became part of what has been judged: nothing may change it any more. */
  sealed = false;

  constructor(
    readonly kind: CollectionKind,
    readonly items: Value[] = [],
  ) {}
}

/** An array that joblib wrote behind its wrapper. `data` is kept when small; `nested` is what the pickle of an object array made. */
export class ArrayValue {
  constructor(
    readonly layout: Layout,
    readonly shape: readonly number[],
    readonly data: Uint8Array | null,
    readonly nested: Value,
  ) {}
}

/** Last value of a key; undefined when there is none or it cannot be known. */
export function entry(value: Value, key: string): Value {
  if (!(value instanceof Collection) || value.kind !== 'dict') return undefined;
  for (let at = value.items.length - 2; at >= 0; at -= 2) if (value.items[at] === key) return value.items[at + 1];
  return undefined;
}

export function itemsOf(value: Value, kind: CollectionKind): readonly Value[] | null {
  return value instanceof Collection && value.kind === kind && value.exact ? value.items : null;
}

/** The instance's attributes: its state, or the first half of the (dict, slots) pair. */
export function attributes(value: Value): Collection | null {
  if (!(value instanceof Instance)) return null;
  const { state } = value;
  if (state instanceof Collection && state.kind === 'dict') return state;
  const first = state instanceof Collection && state.kind === 'tuple' ? state.items[0] : undefined;
  return first instanceof Collection && first.kind === 'dict' ? first : null;
}
