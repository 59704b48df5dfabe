/** Array bytes that joblib writes into the stream right behind the wrapper's BUILD. */
import { Malformed } from '../bytes/malformed.ts';
import { isArray } from './array-data.ts';
import type { Machine } from './machine.ts';
import { ArrayValue, Collection, entry, Global, Instance, itemsOf, type Layout, type Value } from './values.ts';

/** Enough for the names and classes of a model; larger arrays are stepped over. */
const KEEP_BYTES = 8 * 1024;
/** Those of joblib's class. Any other would take the place of one of its methods, `read` among them. */
const ATTRIBUTES: ReadonlySet<Value> = new Set(['subclass', 'shape', 'order', 'dtype', 'allow_mmap', 'numpy_array_alignment_bytes']);
const SUBCLASSES = new Set(['numpy.ndarray', 'numpy.matrix', 'numpy.matrixlib.defmatrix.matrix', 'numpy.memmap']);

/** Reads or steps over one array (joblib 0.10 and newer: `NumpyArrayWrapper.read_array`). */
export async function readArray(machine: Machine, state: Value): Promise<Value> {
  const { layout, shape, aligned } = describe(machine, state);
  machine.assertOutsideFrame();
  machine.walk.padded ||= aligned;
  if (layout.hasObject) return nestedArray(machine, layout, shape);
  const { window } = machine.walk.reader;
  if (aligned) {
    // One byte says how many bytes of padding follow (joblib 1.2 and newer).
    const padded = (await window.ensure(1)) && (await window.skip(1 + (window.buffer[window.pos] ?? 0)));
    if (!padded) throw truncated(window.offset);
  }
  const length = shape.reduce((product, size) => product * size, layout.itemSize);
  if (!Number.isSafeInteger(length)) throw machine.error('bad-length', 'describes an array of more bytes than can be');
  if (length > KEEP_BYTES) {
    const start = window.offset;
    if (!(await window.skip(length))) throw truncated(start, length);
    return new ArrayValue(layout, shape, null, undefined);
  }
  if (!(await window.ensure(length))) throw truncated(window.offset, length);
  const data = machine.walk.budget.fresh(Uint8Array.from(window.buffer.subarray(window.pos, window.pos + length)), machine.stack.length);
  window.pos += length;
  return new ArrayValue(layout, shape, data ?? null, undefined);
}

/** Arrays of objects are a whole pickle of their own, under the same allowlist. */
async function nestedArray(machine: Machine, layout: Layout, shape: number[]): Promise<Value> {
  const { offset } = machine.walk.reader.window;
  const nested = await machine.walk.nested();
  if (!isArray(nested)) throw new Malformed('undetermined', 'The pickle behind an object array does not make an array.', offset);
  return new ArrayValue(layout, shape, null, nested);
}

function describe(machine: Machine, state: Value): { layout: Layout; shape: number[]; aligned: boolean } {
  const subclass = entry(state, 'subclass');
  const order = entry(state, 'order');
  const shape = itemsOf(entry(state, 'shape'), 'tuple');
  const dtype = entry(state, 'dtype');
  const alignment = entry(state, 'numpy_array_alignment_bytes');
  const known =
    state instanceof Collection &&
    state.exact &&
    state.items.every((key, at) => at % 2 === 1 || ATTRIBUTES.has(key)) &&
    subclass instanceof Global &&
    SUBCLASSES.has(subclass.path) &&
    (order === 'C' || order === 'F') &&
    shape !== null &&
    shape.every((size) => typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) &&
    (alignment === undefined || alignment === null || typeof alignment === 'number');
  const layout = dtype instanceof Instance ? dtype.layout : undefined;
  if (!known || layout === undefined) {
    throw machine.error('undetermined', 'is followed by an array whose length cannot be determined');
  }
  const named = state.items.some((key, at) => at % 2 === 0 && key === 'numpy_array_alignment_bytes');
  if (named && alignment === undefined) throw machine.error('undetermined', 'is followed by an array whose length cannot be determined');
  return { layout, shape: shape as number[], aligned: typeof alignment === 'number' };
}

function truncated(offset: number, length?: number): Malformed {
  const what = length === undefined ? 'The file ends where an array should begin.' : `The file ends inside an array of ${length} bytes.`;
  return new Malformed('truncated', what, offset);
}
