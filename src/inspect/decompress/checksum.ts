import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { corrupt } from './corrupt.ts';

/** A block's checksum in an .xz file. */
export interface Check {
  size: number;
  update(chunk: Uint8Array): void;
  digest(): Uint8Array;
}

/** `type` is the low half of the stream's flags: 0 none, 1 CRC32, 4 CRC64, 10 SHA-256. */
export function checkOf(type: number): Check {
  switch (type) {
    case 0:
      return { size: 0, update() {}, digest: () => new Uint8Array(0) };
    case 1:
      return crc32Check();
    case 4:
      return crc64Check();
    case 10: {
      const hash = createHash('sha256');
      return { size: 32, update: (chunk) => void hash.update(chunk), digest: () => hash.digest() };
    }
    default:
      throw corrupt('xz', `its checksum is of an unknown kind, ${type}`);
  }
}

function crc32Check(): Check {
  let crc = 0;
  return {
    size: 4,
    update(chunk) {
      crc = crc32(chunk, crc);
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(crc);
      return bytes;
    },
  };
}

/** ECMA-182, reflected. The halves are kept apart: JavaScript's bit operations take 32 bits. */
const POLYNOMIAL = { high: 0xc96c5795, low: 0xd7870f42 };
const HIGH = new Uint32Array(256);
const LOW = new Uint32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let high = 0;
  let low = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    const odd = low & 1;
    low = (low >>> 1) | ((high & 1) << 31);
    high >>>= 1;
    if (odd === 1) {
      high ^= POLYNOMIAL.high;
      low ^= POLYNOMIAL.low;
    }
  }
  HIGH[byte] = high;
  LOW[byte] = low;
}

function crc64Check(): Check {
  let high = ~0;
  let low = ~0;
  return {
    size: 8,
    update(chunk) {
      for (let at = 0; at < chunk.length; at += 1) {
        const index = (low ^ chunk[at]!) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ LOW[index]!;
        high = (high >>> 8) ^ HIGH[index]!;
      }
    },
    digest() {
      const bytes = Buffer.alloc(8);
      bytes.writeInt32LE(~low, 0);
      bytes.writeInt32LE(~high, 4);
      return bytes;
    },
  };
}
