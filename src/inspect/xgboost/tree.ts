/** What JSON and UBJSON have in common: a value whose large parts were stepped over. */

/** `undefined` where it was stepped over. Objects are maps: a file may call a key what it likes. */
export type Value = undefined | null | boolean | number | string | Value[] | Map<string, Value>;

/** Deeper than any model, and shallow enough for the stack. */
export const DEPTH = 64;
/** Lists of more are numbers of the model, not what is told about it. */
export const LONGEST_LIST = 100_000;
export const LONGEST_TEXT = 4 * 1024 * 1024;

export function at(value: Value, ...path: string[]): Value {
  return path.reduce<Value>((inner, key) => (inner instanceof Map ? inner.get(key) : undefined), value);
}

export function textAt(value: Value, ...path: string[]): string | null {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : null;
}

/** XGBoost writes most numbers as texts. */
export function numberAt(value: Value, ...path: string[]): number | null {
  const found = at(value, ...path);
  const number = typeof found === 'string' && found !== '' ? Number(found) : found;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}
