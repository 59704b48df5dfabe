/** One block of bzip2: Huffman codes, move-to-front, Burrows-Wheeler, runs. */
import type { Bits } from './bz2-bits.ts';
import { corrupt } from './corrupt.ts';

const GROUP = 50;
const PIECE = 64 * 1024;
const LONGEST_CODE = 20;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

interface Code {
  /** Length of the shortest code. */
  shortest: number;
  /** Per length: the first code past it, as the first of 20 bits, and where its symbols start less the first code. */
  limits: Int32Array;
  offsets: Int32Array;
  symbols: Uint16Array;
}

/** Memory for one block, used again for the next. */
export interface Scratch {
  last: Uint8Array;
  next: Uint32Array;
}

export function scratchFor(blockSize: number): Scratch {
  return { last: new Uint8Array(blockSize), next: new Uint32Array(blockSize) };
}

/** A block whose bytes are still in the order of their contexts; its pieces come from `unrun`. */
export interface Block {
  next: Uint32Array;
  last: Uint8Array;
  origin: number;
}

export function decodeBlock(bits: Bits, scratch: Scratch): Block {
  if (bits.read(1) === 1) throw corrupt('bz2', 'it is randomised, as bzip2 before 0.9.5 did');
  const origin = bits.read(24);
  const used = readUsed(bits);
  const { selectors, codes } = readCodes(bits, used.length + 2);
  const { last, counts } = readSymbols(bits, { used, selectors, codes, scratch });
  if (origin >= last.length) throw corrupt('bz2', 'a block starts outside itself');
  return { next: untransform(last, counts, scratch.next), last, origin };
}

function readUsed(bits: Bits): number[] {
  const rows = bits.read(16);
  const used: number[] = [];
  for (let row = 0; row < 16; row += 1) {
    if ((rows & (0x8000 >> row)) === 0) continue;
    const columns = bits.read(16);
    for (let column = 0; column < 16; column += 1) if (columns & (0x8000 >> column)) used.push(row * 16 + column);
  }
  if (used.length === 0) throw corrupt('bz2', 'a block uses no bytes');
  return used;
}

function readCodes(bits: Bits, alphabet: number): { selectors: Uint8Array; codes: Code[] } {
  const groups = bits.read(3);
  const count = bits.read(15);
  if (groups < 2 || groups > 6 || count === 0) throw corrupt('bz2', 'a block has no codes');
  const order = [0, 1, 2, 3, 4, 5];
  const selectors = new Uint8Array(count);
  for (let at = 0; at < count; at += 1) {
    let place = 0;
    while (bits.read(1) === 1) if ((place += 1) >= groups) throw corrupt('bz2', 'a block selects a code that is not there');
    const [group] = order.splice(place, 1);
    order.unshift(group ?? 0);
    selectors[at] = group ?? 0;
  }
  return { selectors, codes: Array.from({ length: groups }, () => readCode(bits, alphabet)) };
}

function readCode(bits: Bits, alphabet: number): Code {
  const lengths = new Uint8Array(alphabet);
  let length = bits.read(5);
  for (let symbol = 0; symbol < alphabet; symbol += 1) {
    for (;;) {
      if (length < 1 || length > LONGEST_CODE) throw corrupt('bz2', 'a code is too long');
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  const limits = new Int32Array(LONGEST_CODE + 2);
  const offsets = new Int32Array(LONGEST_CODE + 2);
  const symbols = new Uint16Array(alphabet);
  let code = 0;
  let filled = 0;
  for (let size = 1; size <= LONGEST_CODE; size += 1) {
    offsets[size] = filled - code;
    for (let symbol = 0; symbol < alphabet; symbol += 1) {
      if (lengths[symbol] !== size) continue;
      symbols[filled] = symbol;
      filled += 1;
      code += 1;
    }
    limits[size] = code << (LONGEST_CODE - size);
    code *= 2;
  }
  return { shortest: Math.min(...lengths), limits, offsets, symbols };
}

function nextSymbol(bits: Bits, { shortest, limits, offsets, symbols }: Code): number {
  const ahead = bits.peek20();
  let size = shortest;
  while (size <= LONGEST_CODE && ahead >= limits[size]!) size += 1;
  if (size > LONGEST_CODE) throw corrupt('bz2', 'a code is not in its table');
  return symbols[bits.read(size) + offsets[size]!] ?? 0;
}

interface Symbols {
  used: number[];
  selectors: Uint8Array;
  codes: Code[];
  scratch: Scratch;
}

/** The last column of the sorted block, and how often each byte is in it. */
function readSymbols(bits: Bits, { used, selectors, codes, scratch }: Symbols): { last: Uint8Array; counts: Uint32Array } {
  const front = Uint8Array.from(used);
  const end = used.length + 1;
  const { last } = scratch;
  const blockSize = last.length;
  const counts = new Uint32Array(256);
  let size = 0;
  let run = 0;
  let weight = 1;
  for (let read = 0; ; read += 1) {
    const selector = selectors[Math.floor(read / GROUP)];
    if (selector === undefined) throw corrupt('bz2', 'a block runs out of codes');
    const symbol = nextSymbol(bits, codes[selector]!);
    if (symbol <= 1) {
      run += weight * (symbol + 1);
      weight *= 2;
      if (run > blockSize) throw corrupt('bz2', 'a block is too long');
      continue;
    }
    if (run > 0) {
      if (size + run > blockSize) throw corrupt('bz2', 'a block is too long');
      last.fill(front[0] ?? 0, size, size + run);
      counts[front[0] ?? 0]! += run;
      size += run;
      run = 0;
      weight = 1;
    }
    if (symbol === end) return { last: last.subarray(0, size), counts };
    if (size >= blockSize) throw corrupt('bz2', 'a block is too long');
    const byte = front[symbol - 1] ?? 0;
    front.copyWithin(1, 0, symbol - 1);
    front[0] = byte;
    last[size] = byte;
    counts[byte]! += 1;
    size += 1;
  }
}

/** For each row the row that follows it in the text, with its byte in the low eight bits. */
function untransform(last: Uint8Array, counts: Uint32Array, next: Uint32Array): Uint32Array {
  const starts = new Uint32Array(256);
  for (let byte = 1; byte < 256; byte += 1) starts[byte] = (starts[byte - 1] ?? 0) + (counts[byte - 1] ?? 0);
  for (let row = 0; row < last.length; row += 1) {
    const byte = last[row] ?? 0;
    next[starts[byte]!] = row;
    starts[byte]! += 1;
  }
  return next;
}

/**
 * Four equal bytes are followed by how many more there are. Gives pieces of the content, each good until the next is
 * asked for, and in the end their checksum: a block of 900 kB can stand for 46 MB.
 */
export function* unrun({ next, last, origin }: Block): Generator<Uint8Array, number> {
  const piece = new Uint8Array(PIECE + 256);
  let size = 0;
  let crc = 0xffffffff;
  let row = next[origin] ?? 0;
  let same = 0;
  let previous = -1;
  for (let left = last.length; left > 0; left -= 1) {
    const byte = last[row] ?? 0;
    row = next[row] ?? 0;
    let times = 1;
    if (same === 4) {
      times = byte;
      same = 0;
    } else {
      same = byte === previous ? same + 1 : 1;
      previous = byte;
    }
    for (const end = size + times; size < end; size += 1) {
      piece[size] = previous;
      crc = (crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ previous] ?? 0);
    }
    if (same === 0) previous = -1;
    if (size >= PIECE) {
      yield piece.subarray(0, size);
      size = 0;
    }
  }
  yield piece.subarray(0, size);
  return ~crc >>> 0;
}
