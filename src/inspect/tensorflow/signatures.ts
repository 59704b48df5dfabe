/** What a SavedModel takes and gives by name (meta_graph.proto, SignatureDef and TensorInfo; types.proto). */
import type { Port } from '../../card.ts';
import type { View } from '../bytes/view.ts';
import { type Field, lastNumber, lastText, messageOf } from '../protobuf/fields.ts';

interface Signature {
  inputs: Port[];
  outputs: Port[];
}

const TYPES: Readonly<Record<number, string>> = {
  1: 'float32', 2: 'float64', 3: 'int32', 4: 'uint8', 5: 'int16', 6: 'int8', 7: 'string', 8: 'complex64', 9: 'int64', 10: 'bool',
  14: 'bfloat16', 17: 'uint16', 18: 'complex128', 19: 'float16', 22: 'uint32', 23: 'uint64',
};

/** `MetaGraphDef`: signature_def = 5, a map of `SignatureDef`: inputs = 1, outputs = 2, maps of `TensorInfo`. @throws Malformed */
export async function signaturesOf(view: View, graph: readonly Field[]): Promise<Map<string, Signature>> {
  const signatures = new Map<string, Signature>();
  for (const field of graph) {
    if (field.number !== 5) continue;
    const { key, value } = await entryOf(view, field);
    const parts = value === null ? [] : await messageOf(view, value);
    signatures.set(key, { inputs: await portsOf(view, parts, 1), outputs: await portsOf(view, parts, 2) });
  }
  return signatures;
}

/** An entry of a map: key = 1, value = 2. */
async function entryOf(view: View, entry: Field): Promise<{ key: string; value: Field | null }> {
  const fields = await messageOf(view, entry);
  return { key: await lastText(view, fields, 1), value: fields.findLast(({ number }) => number === 2) ?? null };
}

/** In the order of their names: a map has none of its own. */
async function portsOf(view: View, parts: readonly Field[], number: number): Promise<Port[]> {
  const ports: Port[] = [];
  for (const field of parts) {
    if (field.number !== number) continue;
    const { key, value } = await entryOf(view, field);
    const info = value === null ? [] : await messageOf(view, value);
    const code = lastNumber(info, 2);
    ports.push({ name: key, type: TYPES[code] ?? (code === 0 ? null : `type ${code}`), shape: await shapeOf(view, info) });
  }
  return ports.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `TensorInfo`: tensor_shape = 3 {dim = 2 {size = 1}, unknown_rank = 3}. */
async function shapeOf(view: View, info: readonly Field[]): Promise<Port['shape']> {
  const shape = info.findLast(({ number }) => number === 3);
  if (shape === undefined) return null;
  const fields = await messageOf(view, shape);
  if (lastNumber(fields, 3) === 1) return null;
  const sizes: (number | null)[] = [];
  for (const field of fields) {
    if (field.number !== 2) continue;
    const size = lastNumber(await messageOf(view, field), 1);
    sizes.push(size < 0 ? null : size);
  }
  return sizes;
}
