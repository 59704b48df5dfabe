/** Types of ONNX values in words (onnx.proto, TypeProto and TensorProto.DataType). */
import type { Port } from '../../card.ts';
import type { View } from '../bytes/view.ts';
import { type Field, fieldsOf, lastNumber, lastText, messageOf } from '../protobuf/fields.ts';

const ELEMENTS: Readonly<Record<number, string>> = {
  1: 'float32', 2: 'uint8', 3: 'int8', 4: 'uint16', 5: 'int16', 6: 'int32', 7: 'int64', 8: 'string', 9: 'bool', 10: 'float16',
  11: 'float64', 12: 'uint32', 13: 'uint64', 14: 'complex64', 15: 'complex128', 16: 'bfloat16', 17: 'float8e4m3fn',
  18: 'float8e4m3fnuz', 19: 'float8e5m2', 20: 'float8e5m2fnuz', 21: 'uint4', 22: 'int4', 23: 'float4e2m1',
};
const DEPTH = 8;

/** `ValueInfoProto`: name = 1, type = 2. */
export async function portOf(view: View, info: Field): Promise<Port> {
  const fields = await messageOf(view, info);
  const type = fields.findLast(({ number }) => number === 2);
  const told = type === undefined ? null : await typeOf(view, type, 0);
  return { name: await lastText(view, fields, 1), type: told?.type ?? null, shape: told?.shape ?? null };
}

type Typed = Pick<Port, 'type' | 'shape'>;

/** `TypeProto`: tensor_type = 1, sequence_type = 4, map_type = 5, sparse_tensor_type = 8, optional_type = 9. */
async function typeOf(view: View, type: Field, depth: number): Promise<Typed> {
  const kind = (await messageOf(view, type)).findLast(({ number }) => [1, 4, 5, 8, 9].includes(number));
  if (kind === undefined || depth > DEPTH) return { type: null, shape: null };
  const fields = await messageOf(view, kind);
  const element = elementName(lastNumber(fields, 1));
  if (kind.number === 1 || kind.number === 8) {
    const shape = fields.findLast(({ number }) => number === 2);
    return { type: kind.number === 8 ? `sparse(${element})` : element, shape: shape === undefined ? null : await shapeOf(view, shape) };
  }
  const inner = fields.findLast(({ number, wire }) => wire === 2 && number === (kind.number === 5 ? 2 : 1));
  const { type: of } = inner === undefined ? { type: null } : await typeOf(view, inner, depth + 1);
  if (kind.number === 5) return { type: `map(${element}, ${of ?? '?'})`, shape: null };
  return { type: `${kind.number === 4 ? 'sequence' : 'optional'}(${of ?? '?'})`, shape: null };
}

function elementName(code: number): string {
  return ELEMENTS[code] ?? `type ${code}`;
}

/** `TensorShapeProto`: dim = 1 {dim_value = 1, dim_param = 2}. Named and negative sizes are decided by the call. */
async function shapeOf(view: View, shape: Field): Promise<(number | null)[]> {
  const sizes: (number | null)[] = [];
  for (const dim of await fieldsOf(view, shape)) {
    if (dim.number !== 1) continue;
    const value = (await messageOf(view, dim)).findLast(({ number, wire }) => number === 1 && wire === 0)?.value;
    sizes.push(value === undefined || value < 0 ? null : value);
  }
  return sizes;
}
