/** All objects that a model holds, whatever holds them. */
import { Collection, Excerpt, Instance, type Value } from '../pickle/values.ts';

const MOST = 20_000;

/** In the order of the file, each once. */
export function* instancesIn(root: Value): Generator<Instance> {
  const seen = new Set<Value>();
  const rest: Value[] = [root];
  for (let value = rest.pop(); value !== undefined && seen.size < MOST; value = rest.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Collection) rest.push(...value.items.filter(isPart).toReversed());
    if (!(value instanceof Instance)) continue;
    yield value;
    if (isPart(value.state)) rest.push(value.state);
  }
}

function isPart(value: Value): boolean {
  return value instanceof Instance || value instanceof Collection;
}

/** Bytes as Latin-1, as far as they are kept. */
export function textOf(bytes: Value): string {
  const known = bytes instanceof Excerpt ? bytes.head : bytes;
  return known instanceof Uint8Array ? Buffer.from(known).toString('latin1') : '';
}
