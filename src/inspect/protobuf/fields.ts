/** Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding), a message at a time; large fields are only pointed to. */
import { Malformed } from '../bytes/malformed.ts';
import type { View } from '../bytes/view.ts';

/** A part of the file: a message, a text, packed numbers. */
export interface Range {
  start: number;
  end: number;
}

export interface Field extends Range {
  number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  wire: number;
  /** Of a varint, as a signed 64-bit number. */
  value: number;
}

/** A tag and a length: two varints of ten bytes each at most. */
const HEAD = 20;
const MOST_FIELDS = 5_000_000;

/** The fields of one message, in the order of the file. @throws Malformed */
export async function fieldsOf(view: View, { start, end }: Range): Promise<Field[]> {
  const fields: Field[] = [];
  for (let at = start; at < end; ) {
    const length = Math.min(HEAD, end - at);
    const field = parseField(view.peek(at, length) ?? (await view.bytes(at, length)), at);
    if (field.end > end) throw new Malformed('truncated', 'A field is longer than the message that it is in.', at);
    if (fields.length >= MOST_FIELDS) throw new Malformed('too-complex', `A message has more than ${MOST_FIELDS} fields.`, at);
    fields.push(field);
    at = field.end;
  }
  return fields;
}

function parseField(head: Buffer, at: number): Field {
  const tag = varint(head, 0, at);
  const number = Math.floor(tag.value / 8);
  const wire = tag.value % 8;
  if (number < 1 || tag.value < 0) throw new Malformed('corrupt', 'A field has a number that none can have.', at);
  const body = at + tag.size;
  if (wire === 0) {
    const { value, size } = varint(head, tag.size, at);
    return { number, wire, value, start: body, end: body + size };
  }
  if (wire === 1 || wire === 5) return { number, wire, value: 0, start: body, end: body + (wire === 1 ? 8 : 4) };
  // 3 and 4 are groups, which no schema that is read here has.
  if (wire !== 2) throw new Malformed('corrupt', `A field is of the unknown kind ${wire}.`, at);
  const { value, size } = varint(head, tag.size, at);
  if (value < 0) throw new Malformed('bad-length', 'A field declares a negative length.', at);
  return { number, wire, value: 0, start: body + size, end: body + size + value };
}

function varint(bytes: Buffer, from: number, offset: number): { value: number; size: number } {
  let low = 0;
  for (let at = from; at < bytes.length && at < from + 10; at += 1) {
    const byte = bytes[at] ?? 0;
    if (at - from < 4) low += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) return { value: at - from < 4 ? low : wide(bytes.subarray(from, at + 1)), size: at - from + 1 };
  }
  throw new Malformed('corrupt', 'A number does not end.', offset);
}

function wide(bytes: Uint8Array): number {
  const bits = bytes.reduceRight((sum, byte) => (sum << 7n) | BigInt(byte & 0x7f), 0n);
  return Number(BigInt.asIntN(64, bits));
}

const LONGEST_TEXT = 1024 * 1024;

/** A length-delimited field as text. @throws Malformed */
export async function textOf(view: View, field: Field): Promise<string> {
  const length = field.end - field.start;
  if (field.wire !== 2) throw new Malformed('corrupt', 'There is a number where a text belongs.', field.start);
  if (length > LONGEST_TEXT) throw new Malformed('too-complex', `A text of ${length} bytes is more than any model needs there.`, field.start);
  return (await view.bytes(field.start, length)).toString('utf8');
}

/** The message in a field. @throws Malformed */
export async function messageOf(view: View, field: Field): Promise<Field[]> {
  if (field.wire !== 2) throw new Malformed('corrupt', 'There is a number where a message belongs.', field.start);
  return fieldsOf(view, field);
}

/** The text of the last field of this number: the last one counts. */
export async function lastText(view: View, fields: readonly Field[], number: number): Promise<string> {
  const field = fields.findLast((each) => each.number === number);
  return field === undefined ? '' : textOf(view, field);
}

export function lastNumber(fields: readonly Field[], number: number): number {
  return fields.findLast((each) => each.number === number && each.wire === 0)?.value ?? 0;
}
