/** Small arrays as plain values: class labels, column names. */
import { productOf } from './dtype.ts';
import { ArrayValue, Collection, Global, Instance, itemsOf, type Layout, type Value } from './values.ts';

type Element = string | number | boolean | null;

/** Whether this is an array, pickled by NumPy itself or by joblib. */
export function isArray(value: Value): boolean {
  return value instanceof ArrayValue || (value instanceof Instance && (value.made.name === '_reconstruct' || value.made.name === '_frombuffer'));
}

/** NumPy's classes of arrays, by how many items their pickled state has. */
const STATES: Readonly<Record<string, number>> = { ndarray: 5, matrix: 5, memmap: 5, MaskedArray: 7, MaskedConstant: 7 };

/**
 * Whether this state of an array has as many objects as its shape says. NumPy takes them from the list without looking
 * at its length, so a shorter one is read beyond its end (`array_setstate`, `_setlist_pkl` in methods.c).
 */
export function isWhole({ made, args }: Instance, state: Value): boolean {
  const type = made.name === '_reconstruct' || made.name === '_mareconstruct' ? args[0] : made;
  const length = type instanceof Global && type.verdict.distribution === 'numpy' ? STATES[type.name] : undefined;
  if (!(state instanceof Collection) || state.kind !== 'tuple') return length === undefined;
  const [, shape, elementType] = state.items;
  const layout = elementType instanceof Instance ? elementType.layout : undefined;
  const count = productOf(itemsOf(shape, 'tuple') ?? [undefined]);
  // Any class may be one of arrays; what has a state like theirs is held to it.
  if (length === undefined) return layout?.hasObject !== true || state.listed === undefined || count === state.listed;
  if (state.items.length !== length || layout === undefined || Number.isNaN(count)) return false;
  return layout.hasObject ? count === state.listed : state.listed === undefined;
}

/** The elements of a one-dimensional array; null when it is another thing, too large, or not of plain values. */
export function elements(value: Value): Element[] | null {
  if (value instanceof ArrayValue) {
    if (value.shape.length !== 1) return null;
    return value.data === null ? elements(value.nested) : decode(value.layout, value.data, value.shape[0] ?? 0);
  }
  if (!(value instanceof Instance)) return null;
  const parts = value.made.name === '_frombuffer' ? fromBuffer(value) : value.made.name === '_reconstruct' ? fromState(value) : null;
  if (parts === null || parts.shape?.length !== 1) return null;
  const count = parts.shape[0];
  if (parts.data instanceof Collection) return plain(itemsOf(parts.data, 'list'), count);
  const layout = parts.dtype instanceof Instance ? parts.dtype.layout : undefined;
  const bytes = typeof parts.data === 'string' ? Buffer.from(parts.data, 'latin1') : parts.data;
  return layout !== undefined && bytes instanceof Uint8Array && typeof count === 'number' ? decode(layout, bytes, count) : null;
}

interface Parts {
  shape: readonly Value[] | null;
  dtype: Value;
  data: Value;
}

/** `ndarray.__setstate__((version, shape, dtype, is_fortran, data))`. */
function fromState(value: Instance): Parts | null {
  const state = itemsOf(value.state, 'tuple');
  return state === null || state.length !== 5 ? null : { shape: itemsOf(state[1], 'tuple'), dtype: state[2], data: state[4] };
}

/** `_frombuffer(buffer, dtype, shape, order)`: protocol 5. */
function fromBuffer(value: Instance): Parts | null {
  const [data, dtype, shape] = value.args;
  return { shape: itemsOf(shape, 'tuple'), dtype, data };
}

export function decodeScalar(layout: Layout | undefined, bytes: Value): Value {
  const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  // Bytes are no text, though a label of bytes is shown as one.
  if (layout === undefined || layout.kind === 'S' || !(data instanceof Uint8Array)) return undefined;
  return decode(layout, data, 1)?.[0] ?? undefined;
}

function plain(values: readonly Value[] | null, count: Value): Element[] | null {
  if (values === null || values.length !== count) return null;
  const ok = values.every((each) => each === null || typeof each === 'string' || typeof each === 'number' || typeof each === 'boolean');
  return ok ? (values as Element[]) : null;
}

function decode(layout: Layout, bytes: Uint8Array, count: number): Element[] | null {
  const { kind, itemSize } = layout;
  if (itemSize === 0 || bytes.length !== count * itemSize) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = READERS[`${kind}${kind === 'U' || kind === 'S' ? '' : itemSize}`];
  if (read === undefined) return null;
  return Array.from({ length: count }, (_, index) => read(view, index * itemSize, layout));
}

type Reader = (view: DataView, at: number, layout: Layout) => Element;

const READERS: Readonly<Record<string, Reader>> = {
  b1: (view, at) => view.getUint8(at) !== 0,
  i1: (view, at) => view.getInt8(at),
  u1: (view, at) => view.getUint8(at),
  i2: (view, at, { littleEndian }) => view.getInt16(at, littleEndian),
  u2: (view, at, { littleEndian }) => view.getUint16(at, littleEndian),
  i4: (view, at, { littleEndian }) => view.getInt32(at, littleEndian),
  u4: (view, at, { littleEndian }) => view.getUint32(at, littleEndian),
  i8: (view, at, { littleEndian }) => Number(view.getBigInt64(at, littleEndian)),
  u8: (view, at, { littleEndian }) => Number(view.getBigUint64(at, littleEndian)),
  f4: (view, at, { littleEndian }) => view.getFloat32(at, littleEndian),
  f8: (view, at, { littleEndian }) => view.getFloat64(at, littleEndian),
  U: (view, at, { littleEndian, itemSize }) => {
    let text = '';
    for (let next = at; next < at + itemSize; next += 4) {
      text += String.fromCodePoint(Math.min(view.getUint32(next, littleEndian), 0x10ffff));
    }
    return text.replace(/\0+$/, '');
  },
  S: (view, at, { itemSize }) => Buffer.from(view.buffer, view.byteOffset + at, itemSize).toString('latin1').replace(/\0+$/, ''),
};
