/** numpy.dtype as its pickle describes it. Only what NumPy itself writes is understood; anything else is undefined. */
import { Collection, Instance, itemsOf, type Layout, type Value } from './values.ts';

/** Bits of the flags: an item holds a reference to an object, and is pickled in a list. NumPy sets both or neither. */
const HAS_REFERENCE = 1;
const IN_A_LIST = 2;

export function isDtype(value: Value): boolean {
  return value instanceof Instance && value.made.module === 'numpy' && value.made.name === 'dtype';
}

/** Whether it is a copy. NumPy has one object for `dtype('f8')`, and a state given to that is given to the whole process. */
export function isCopy([, , copy]: readonly Value[]): boolean {
  return copy === true || copy === 1;
}

/**
 * `args` are those of `dtype('f8', False, True)`; `state` is `(version, order, subarray, names, fields, size,
 * alignment, flags[, metadata])`, as `arraydescr_reduce` in NumPy's descriptor.c writes it.
 */
export function layoutOf(args: readonly Value[], state: Value): Layout | undefined {
  const given = itemsOf(state, 'tuple');
  const type = typeof args[0] === 'string' ? /^([biufcmMOSUV])(\d{1,10})$/.exec(args[0]) : null;
  if (given === null || type === null || !(given.length === 8 ? given[0] === 3 : given.length === 9 && given[0] === 4)) return undefined;
  const [, order, subarray, names, fields, size, , flags] = given;
  if ((order !== '<' && order !== '>' && order !== '|' && order !== '=') || typeof flags !== 'number') return undefined;
  const kind = type[1] ?? '';
  const itemSize = Number(type[2]) * (kind === 'U' ? 4 : 1);
  const littleEndian = order !== '>';
  const hasObject = (flags & HAS_REFERENCE) !== 0;
  if (hasObject !== ((flags & IN_A_LIST) !== 0)) return undefined;
  if (kind === 'V') {
    if (size !== itemSize || hasObject !== anyObject(subarray, names, fields)) return undefined;
    return { kind, itemSize, littleEndian, hasObject };
  }
  if (subarray !== null || names !== null || fields !== null || hasObject !== (kind === 'O')) return undefined;
  // NumPy takes the size of a text from its state, and of nothing else.
  if (size !== (kind === 'S' || kind === 'U' ? itemSize : -1)) return undefined;
  return { kind, itemSize, littleEndian, hasObject };
}

/** Whether a structured or sub-array type holds objects; undefined when a part of it is not known. */
function anyObject(subarray: Value, names: Value, fields: Value): boolean | undefined {
  if (subarray === null && names === null && fields === null) return false;
  const parts: Value[] = [];
  if (subarray !== null) parts.push(itemsOf(subarray, 'tuple')?.[0]);
  if (names !== null || fields !== null) {
    if (!(fields instanceof Collection) || fields.kind !== 'dict' || !fields.exact) return undefined;
    for (let at = 1; at < fields.items.length; at += 2) parts.push(itemsOf(fields.items[at], 'tuple')?.[0]);
  }
  let found = false;
  for (const part of parts) {
    const layout = part instanceof Instance ? part.layout : undefined;
    if (layout === undefined) return undefined;
    found ||= layout.hasObject;
  }
  return found;
}
