/** numpy.dtype as its pickle describes it. Only what NumPy itself writes is understood; anything else is undefined. */
import { Collection, entry, Instance, itemsOf, type Layout, type Value } from './values.ts';

/** Bits of the flags, of ndarraytypes.h. NumPy frees and fills the items by them, so a type that lies is read as addresses. */
const OBJECTS = 0x01 | 0x02; // hold references, are pickled in a list
const NEEDS_INIT = 0x08;
const NEEDS_PYAPI = 0x10;
const ALIGNED = 0x80;
const OBJECT_FLAGS = 0x3f;

export function isDtype(value: Value): boolean {
  return value instanceof Instance && value.made.module === 'numpy' && value.made.name === 'dtype';
}

/** Whether it is a copy. NumPy has one object for `dtype('f8')`, and a state given to that is given to the whole process. */
export function isCopy([, , copy]: readonly Value[]): boolean {
  return copy === true || copy === 1;
}

/**
 * `args` are those of `dtype('f8', False, True)`; `state` is `(version, order, subarray, names, fields, size,
 * alignment, flags[, metadata])`, as `arraydescr_reduce` in NumPy's descriptor.c writes it. `arraydescr_setstate` believes
 * nearly all of it.
 */
export function layoutOf(args: readonly Value[], state: Value): Layout | undefined {
  const given = itemsOf(state, 'tuple');
  const type = typeof args[0] === 'string' ? /^([biufcmMOSUV])(\d{1,10})$/.exec(args[0]) : null;
  if (given === null || type === null || !(given.length === 8 ? given[0] === 3 : given.length === 9 && given[0] === 4)) return undefined;
  const [, order, subarray, names, fields, size, alignment, flags] = given;
  if ((order !== '<' && order !== '>' && order !== '|' && order !== '=') || typeof flags !== 'number') return undefined;
  const kind = type[1] ?? '';
  const itemSize = kind === 'O' ? 8 : Number(type[2]) * (kind === 'U' ? 4 : 1);
  const layout = { kind, itemSize, littleEndian: order !== '>', hasObject: (flags & OBJECTS) !== 0, flags };
  if (kind === 'V') return size === itemSize && isAlignment(alignment) && isOfParts(layout, subarray, names, fields) ? layout : undefined;
  if (subarray !== null || names !== null || fields !== null) return undefined;
  if (flags !== (kind === 'O' ? OBJECT_FLAGS : kind === 'U' ? NEEDS_INIT : 0)) return undefined;
  // NumPy takes the size of a text from its state, and of nothing else.
  const sized = kind === 'S' || kind === 'U';
  return size === (sized ? itemSize : -1) && alignment === (kind === 'S' ? 1 : kind === 'U' ? 4 : -1) ? layout : undefined;
}

function isAlignment(value: Value): boolean {
  return typeof value === 'number' && [1, 2, 4, 8, 16, 32, 64].includes(value);
}

/** Whether the parts of a structured or sub-array type lie inside it and say the same about objects as it does. */
function isOfParts({ itemSize, flags }: Layout, subarray: Value, names: Value, fields: Value): boolean {
  if (names !== null || fields !== null) return subarray === null && isOfFields(itemSize, flags, names, fields);
  if (subarray === null) return flags === 0;
  const [base, shape] = itemsOf(subarray, 'tuple') ?? [];
  const layout = base instanceof Instance ? base.layout : undefined;
  const sizes = typeof shape === 'number' ? [shape] : itemsOf(shape, 'tuple');
  return layout !== undefined && layout.flags === flags && sizes !== null && productOf(sizes) * layout.itemSize === itemSize;
}

/** `names` in their order, `fields` as `{name: (type, offset)}`, or with a title under both: `(type, offset, title)`. */
function isOfFields(itemSize: number, flags: number, names: Value, fields: Value): boolean {
  const listed = itemsOf(names, 'tuple');
  if (listed === null || !(fields instanceof Collection) || fields.kind !== 'dict' || !fields.exact) return false;
  const all = fields.items.flatMap((key, at) => (at % 2 === 0 ? [fieldOf(key, fields.items[at + 1])] : []));
  const named = all.filter((field) => field !== null && listed.includes(field.key));
  const inside = all.every((field) => field !== null && field.start + field.layout.itemSize <= itemSize && (listed.includes(field.key) || field.key === field.title));
  if (!inside || named.length !== listed.length || listed.some((name) => typeof name !== 'string' || entry(fields, name) === undefined)) return false;
  // What is written to one field must not change the address of an object in another.
  const apart = named.toSorted((a, b) => a!.start - b!.start);
  const touching = apart.some((field, at) => at > 0 && apart[at - 1]!.start + apart[at - 1]!.layout.itemSize > field!.start);
  const objects = all.some((field) => field!.layout.hasObject);
  if (objects && (touching || all.length > listed.length)) return false;
  // The file could still replace a field in the dictionary that the type now has.
  fields.sealed = true;
  const common = (flags < 0 ? flags + 0x100 : flags) & ~ALIGNED; // before 2.0 a signed byte
  return objects ? common === (OBJECTS | NEEDS_INIT | NEEDS_PYAPI) : (common & ~(NEEDS_INIT | NEEDS_PYAPI)) === 0;
}

interface Field {
  key: Value;
  layout: Layout;
  start: number;
  title: Value;
}

function fieldOf(key: Value, value: Value): Field | null {
  const given = itemsOf(value, 'tuple');
  const [type, start, title] = given ?? [];
  const layout = type instanceof Instance ? type.layout : undefined;
  const known = layout !== undefined && typeof start === 'number' && Number.isSafeInteger(start) && start >= 0 && (given?.length === 2 || given?.length === 3);
  return known ? { key, layout, start, title } : null;
}

/** How many elements an array of this shape has; NaN when a size is none. */
export function productOf(shape: readonly Value[]): number {
  return shape.reduce<number>((product, size) => product * (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : Number.NaN), 1);
}
