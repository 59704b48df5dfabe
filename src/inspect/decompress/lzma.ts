/** The format of lzma-utils (`.lzma`), which Python calls FORMAT_ALONE: 13 bytes of header, then one range. */
import type { ByteWindow } from '../bytes/window.ts';
import { cut, trailing } from './corrupt.ts';
import { LzmaDecoder } from './lzma-decoder.ts';

const HEADER = 13;
const RANGE_START = 5;
/** One symbol takes at most 20 bytes of input. */
const SYMBOL = 24;
const CHUNK = 64 * 1024;

export async function* unlzma(input: ByteWindow): AsyncGenerator<Uint8Array> {
  if (!(await input.ensure(HEADER + RANGE_START))) throw cut('LZMA');
  const size = input.buffer.readBigUInt64LE(input.pos + 5);
  const decoder = new LzmaDecoder(input.buffer.readUInt32LE(input.pos + 1));
  decoder.setProperties(input.buffer[input.pos] ?? 0);
  decoder.resetState();
  input.pos += HEADER;
  decoder.input = input.buffer;
  decoder.at = input.pos;
  decoder.startRange();
  input.pos = decoder.at;
  // All ones: the size is not known, an end marker says where it ends.
  let left = size === 0xffff_ffff_ffff_ffffn ? Infinity : Number(size);
  while (left > 0 && !decoder.ended) {
    const more = await input.ensure(CHUNK);
    decoder.input = input.buffer;
    decoder.at = input.pos;
    const before = decoder.at;
    const made = decoder.decode(Math.min(left, CHUNK), more ? input.end - SYMBOL : input.end);
    if (decoder.at > input.end) throw cut('LZMA');
    input.pos = decoder.at;
    left -= made.length;
    if (made.length > 0) yield made;
    else if (decoder.at === before && !decoder.ended) throw cut('LZMA');
  }
  if (await input.ensure(1)) throw trailing('LZMA', input.offset);
}
