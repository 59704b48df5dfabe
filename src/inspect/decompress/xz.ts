/** The .xz format 1.1.0 (tukaani.org): streams of blocks of LZMA2 chunks, each block with a checksum. */
import { crc32 } from 'node:zlib';
import type { ByteWindow } from '../bytes/window.ts';
import { type Check, checkOf } from './checksum.ts';
import { corrupt, cut, trailing } from './corrupt.ts';
import { unlzma2 } from './lzma2.ts';

const MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const LZMA2 = 0x21;

/** Streams that follow one another are one content, as Python's lzma reads them. */
export async function* unxz(input: ByteWindow): AsyncGenerator<Uint8Array> {
  while (await input.ensure(1)) {
    if (!(await input.ensure(12)) || !input.buffer.subarray(input.pos, input.pos + 6).equals(MAGIC)) throw trailing('xz', input.offset);
    const flags = input.buffer.subarray(input.pos + 6, input.pos + 8);
    assertCrc(flags, input.buffer.readUInt32LE(input.pos + 8));
    if (flags[0] !== 0) throw corrupt('xz', 'its flags are not known');
    const type = flags[1] ?? 0;
    input.pos += 12;
    while (await block(input)) yield* content(input, checkOf(type));
    await index(input);
  }
}

/** Whether a block comes next; false at the index. */
async function block(input: ByteWindow): Promise<boolean> {
  await need(input, 1);
  return input.buffer[input.pos] !== 0;
}

async function* content(input: ByteWindow, check: Check): AsyncGenerator<Uint8Array> {
  const dictionary = await header(input);
  const start = input.offset;
  for await (const chunk of unlzma2(input, dictionary)) {
    check.update(chunk);
    yield chunk;
  }
  const padding = (4 - ((input.offset - start) % 4)) % 4;
  await need(input, padding + check.size);
  input.pos += padding;
  if (!input.buffer.subarray(input.pos, input.pos + check.size).equals(check.digest())) throw corrupt('xz', 'its checksum differs');
  input.pos += check.size;
}

/** Reads a block's header; gives the size of the dictionary. Filters other than LZMA2 are of executables. */
async function header(input: ByteWindow): Promise<number> {
  const size = ((input.buffer[input.pos] ?? 0) + 1) * 4;
  await need(input, size);
  const bytes = Buffer.from(input.buffer.subarray(input.pos, input.pos + size));
  assertCrc(bytes.subarray(0, size - 4), bytes.readUInt32LE(size - 4));
  input.pos += size;
  const flags = bytes[1] ?? 0;
  let at = 2;
  for (const present of [flags & 0x40, flags & 0x80]) {
    if (present === 0) continue;
    while ((bytes[at] ?? 0) >= 0x80) at += 1;
    at += 1;
  }
  const bits = bytes[at + 2] ?? 0xff;
  if ((flags & 0x3f) !== 0 || bytes[at] !== LZMA2 || bytes[at + 1] !== 1 || bits > 40) throw corrupt('xz', 'it uses a filter other than LZMA2');
  return bits === 40 ? 0xffffffff : (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11);
}

/** The index repeats the sizes of the blocks; it ends where its count says, then padding, CRC and the footer. */
async function index(input: ByteWindow): Promise<void> {
  const start = input.offset;
  let crc = await take(input, 1, 0);
  const number = async (): Promise<number> => {
    let value = 0;
    for (let shift = 0; shift < 9; shift += 1) {
      await need(input, 1);
      const byte = input.buffer[input.pos] ?? 0;
      crc = await take(input, 1, crc);
      value += (byte & 0x7f) * 2 ** (7 * shift);
      if (byte < 0x80) return value;
    }
    throw corrupt('xz', 'a number in its index is too long');
  };
  for (let left = (await number()) * 2; left > 0; left -= 1) await number();
  crc = await take(input, (4 - ((input.offset - start) % 4)) % 4, crc);
  await need(input, 4 + 12);
  if (input.buffer.readUInt32LE(input.pos) !== crc) throw corrupt('xz', 'the checksum of its index differs');
  input.pos += 4;
  if (input.buffer.toString('latin1', input.pos + 10, input.pos + 12) !== 'YZ') throw corrupt('xz', 'its footer is missing');
  input.pos += 12;
}

async function take(input: ByteWindow, count: number, crc: number): Promise<number> {
  await need(input, count);
  const next = crc32(input.buffer.subarray(input.pos, input.pos + count), crc);
  input.pos += count;
  return next;
}

async function need(input: ByteWindow, count: number): Promise<void> {
  if (!(await input.ensure(count))) throw cut('xz');
}

function assertCrc(bytes: Uint8Array, expected: number): void {
  if (crc32(bytes) !== expected) throw corrupt('xz', 'the checksum of a header differs');
}
