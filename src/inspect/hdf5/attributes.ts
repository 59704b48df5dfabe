/**
 * The attributes of an HDF5 file's root group that are texts (HDF5 File Format Specification 3.0, the section is named at
 * each part). Of the packages for JavaScript h5wasm brings the C library as 4 MB of WebAssembly and jsfive reads whole
 * files into memory; a model's configuration needs neither.
 */
import { Malformed } from '../bytes/malformed.ts';
import type { View } from '../bytes/view.ts';
import { messagesOf } from './messages.ts';
import { type Hdf5, numberAt, partOf, requiredAt } from './numbers.ts';

export const SIGNATURE = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);
const [ATTRIBUTE, ATTRIBUTE_INFO] = [0x0c, 0x15];
const [STRING, VARIABLE] = [3, 9];
const LONGEST_TEXT = 64 * 1024 * 1024;

/** @throws Malformed */
export async function rootTexts(view: View): Promise<Map<string, string>> {
  const { file, root } = await superblock(view);
  const texts = new Map<string, string>();
  for (const { type, body } of await messagesOf(file, root)) {
    if (type === ATTRIBUTE_INFO) assertCompact(file, body);
    if (type !== ATTRIBUTE) continue;
    const attribute = parse(body);
    const text = await textOf(file, attribute);
    if (text !== null) texts.set(attribute.name, text);
  }
  return texts;
}

/** II.A: versions 0 and 1 have the root group as an entry of a symbol table, 2 and 3 the address of its header. */
async function superblock(view: View): Promise<{ file: Hdf5; root: number }> {
  const head = await view.bytes(0, Math.min(view.size, 128));
  const version = head[8] ?? 0xff;
  if (version > 3) throw new Malformed('corrupt', `The superblock is of the unknown version ${version}.`, 8);
  const old = version < 2;
  const [offsets = 0, lengths = 0] = old ? [head[13], head[14]] : [head[9], head[10]];
  if (![2, 4, 8].includes(offsets) || ![2, 4, 8].includes(lengths)) throw new Malformed('corrupt', `Addresses of ${offsets} bytes are none that HDF5 has.`, 9);
  const start = version === 0 ? 24 : old ? 28 : 12;
  const base = requiredAt(head, start, offsets);
  const end = base + requiredAt(head, start + 2 * offsets, offsets);
  if (end > view.size) throw new Malformed('truncated', `The file has ${view.size} bytes; it was written with ${end}.`, view.size);
  return { file: { view, offsets, lengths, base }, root: requiredAt(head, start + (old ? 5 : 3) * offsets, offsets) };
}

/** IV.A.2.v: many or large attributes lie in a heap of their own. */
function assertCompact({ offsets }: Hdf5, body: Buffer): void {
  const heap = numberAt(body, 2 + (((body[1] ?? 0) & 1) === 0 ? 0 : 2), offsets);
  if (heap !== null) throw new Malformed('unreadable-attributes', 'The file keeps its attributes in dense storage, which is not read.', undefined, "Save the model again with keras: model.save('model.keras').");
}

interface Attribute {
  name: string;
  type: Buffer;
  space: Buffer;
  data: Buffer;
}

/** IV.A.2.m: name, type, space and data one after the other; in version 1 each of the first three is filled up to eight bytes. */
function parse(body: Buffer): Attribute {
  const version = body[0] ?? 0;
  if (version < 1 || version > 3) throw new Malformed('corrupt', `An attribute is of the unknown version ${version}.`);
  const sizes = [2, 4, 6].map((at) => requiredAt(body, at, 2));
  let at = version === 3 ? 9 : 8;
  const [name, type, space] = sizes.map((size) => {
    const part = partOf(body, at, size);
    at += version === 1 ? Math.ceil(size / 8) * 8 : size;
    return part;
  }) as [Buffer, Buffer, Buffer];
  return { name: upToZero(name), type, space, data: body.subarray(at) };
}

/** IV.A.2.d: class and version in one byte, then bits, then the size of a value. */
async function textOf(file: Hdf5, { type, space, data }: Attribute): Promise<string | null> {
  // The rank: lists of texts are not asked for.
  if (space.length < 2 || space[1] !== 0) return null;
  const kind = (type[0] ?? 0) & 0x0f;
  if (kind === STRING) return upToZero(partOf(data, 0, requiredAt(type, 4, 4)));
  if (kind !== VARIABLE || ((type[1] ?? 0) & 0x0f) !== 1) return null;
  const length = requiredAt(data, 0, 4);
  const heap = numberAt(data, 4, file.offsets);
  if (length === 0 || heap === null) return '';
  if (length > LONGEST_TEXT) throw new Malformed('too-complex', `A text of ${length} bytes is more than any model needs there.`);
  const found = await heapObject(file, heap, requiredAt(data, 4 + file.offsets, 4));
  return upToZero(partOf(found, 0, length));
}

/** III.E: a collection of objects, each with an index, a count of references, its size, and filled up to eight bytes. */
async function heapObject({ view, base, lengths }: Hdf5, address: number, wanted: number): Promise<Buffer> {
  const start = base + address;
  const head = await view.bytes(start, 8 + lengths);
  if (head.toString('latin1', 0, 4) !== 'GCOL') throw new Malformed('corrupt', 'A text of the HDF5 file lies in no heap.', start);
  const end = start + requiredAt(head, 8, lengths);
  for (let at = start + 8 + lengths; at + 8 + lengths <= end; ) {
    const object = await view.bytes(at, 8 + lengths);
    const index = object.readUInt16LE(0);
    const size = requiredAt(object, 8, lengths);
    if (index === 0) break;
    if (index === wanted) return view.bytes(at + 8 + lengths, size);
    at += 8 + lengths + Math.ceil(size / 8) * 8;
  }
  throw new Malformed('corrupt', 'A text of the HDF5 file is not in the heap that it points to.', start);
}

function upToZero(bytes: Buffer): string {
  const zero = bytes.indexOf(0);
  return bytes.toString('utf8', 0, zero < 0 ? bytes.length : zero);
}
