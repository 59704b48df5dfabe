/** LZMA2: chunks of at most 2 MiB (64 KiB compressed), each with what it resets. */
import type { ByteWindow } from '../bytes/window.ts';
import { corrupt, cut } from './corrupt.ts';
import { LzmaDecoder } from './lzma-decoder.ts';

const CHUNK = 64 * 1024;

export async function* unlzma2(input: ByteWindow, dictionary: number): AsyncGenerator<Uint8Array> {
  const decoder = new LzmaDecoder(dictionary);
  for (;;) {
    if (!(await input.ensure(1))) throw cut('xz');
    const control = input.buffer[input.pos] ?? 0;
    if (control === 0) {
      input.pos += 1;
      return;
    }
    if (control === 1 || control >= 0xe0) decoder.resetDictionary();
    if (control < 0x80 && control > 2) throw corrupt('xz', 'a chunk is of no known kind');
    yield* control < 0x80 ? stored(input, decoder) : compressed(input, decoder, control);
  }
}

async function* stored(input: ByteWindow, decoder: LzmaDecoder): AsyncGenerator<Uint8Array> {
  if (!(await input.ensure(3))) throw cut('xz');
  let left = input.buffer.readUInt16BE(input.pos + 1) + 1;
  input.pos += 3;
  if (!(await input.ensure(left))) throw cut('xz');
  while (left > 0) {
    const made = decoder.copy(input.buffer.subarray(input.pos, input.pos + left));
    input.pos += made.length;
    left -= made.length;
    yield made;
  }
}

async function* compressed(input: ByteWindow, decoder: LzmaDecoder, control: number): AsyncGenerator<Uint8Array> {
  if (!(await input.ensure(6))) throw cut('xz');
  let left = (control & 0x1f) * 0x10000 + input.buffer.readUInt16BE(input.pos + 1) + 1;
  const size = input.buffer.readUInt16BE(input.pos + 3) + 1;
  if (control >= 0xc0) decoder.setProperties(input.buffer[input.pos + 5] ?? 0xff);
  if (control >= 0xa0) decoder.resetState();
  input.pos += control >= 0xc0 ? 6 : 5;
  if (size < 5 || !(await input.ensure(size))) throw cut('xz');
  // A chunk's compressed bytes are all here: the window is not refilled before the last of them is decoded.
  const end = input.pos + size;
  decoder.input = input.buffer;
  decoder.at = input.pos;
  decoder.startRange();
  while (left > 0) {
    const made = decoder.decode(Math.min(left, CHUNK), Infinity);
    if (decoder.at > end || decoder.ended || made.length === 0) throw corrupt('xz', 'a chunk is longer than it says');
    left -= made.length;
    yield made;
  }
  if (decoder.at !== end || !decoder.rangeIsDone || decoder.pending) throw corrupt('xz', 'a chunk is shorter than it says');
  input.pos = end;
}
