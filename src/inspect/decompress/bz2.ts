/** bzip2, one block of at most 900 kB at a time. Node has no bzip2, and no kept npm package streams it. */
import type { ByteWindow } from '../bytes/window.ts';
import { Bits } from './bz2-bits.ts';
import { type Block, decodeBlock, type Scratch, scratchFor, unrun } from './bz2-block.ts';
import { corrupt, cut, trailing } from './corrupt.ts';

const BLOCK = 0x314159265359;
const END = 0x177245385090;
/** Symbols of at most 20 bits for 900,000 bytes, and the tables. */
const LARGEST_BLOCK = 2_600_000;

/** Streams that follow one another are one content, as Python's bz2 reads them. */
export async function* bunzip2(input: ByteWindow): AsyncGenerator<Uint8Array> {
  const bits = new Bits(input);
  while (await input.ensure(4)) {
    const { buffer, pos } = input;
    const level = (buffer[pos + 3] ?? 0) - 0x30;
    if (buffer.toString('latin1', pos, pos + 3) !== 'BZh' || level < 1 || level > 9) throw trailing('bz2', input.offset);
    input.pos += 4;
    yield* stream(input, bits, level * 100_000);
  }
  if (input.available > 0) throw trailing('bz2', input.offset);
}

async function* stream(input: ByteWindow, bits: Bits, blockSize: number): AsyncGenerator<Uint8Array> {
  const scratch = scratchFor(blockSize);
  let combined = 0;
  for (;;) {
    await input.ensure(LARGEST_BLOCK);
    const { block, expected } = whole(() => nextBlock(bits, scratch));
    if (block === null) {
      if (expected !== combined) throw corrupt('bz2', 'its checksum differs');
      bits.align();
      return;
    }
    const crc = yield* unrun(block);
    if (crc !== expected) throw corrupt('bz2', "a block's checksum differs");
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0;
  }
}

/** The next block and its checksum; null with that of the stream at its end. */
function nextBlock(bits: Bits, scratch: Scratch): { block: Block | null; expected: number } {
  const magic = bits.read(24) * 2 ** 24 + bits.read(24);
  if (magic !== BLOCK && magic !== END) throw corrupt('bz2', 'a block does not begin where it should');
  const expected = bits.read(16) * 2 ** 16 + bits.read(16);
  return { block: magic === BLOCK ? decodeBlock(bits, scratch) : null, expected };
}

function whole<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw cut('bz2');
    throw error;
  }
}
