/** A zip of one small file, as it is: the same bytes on every machine. Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16. */
import { crc32 } from 'node:zlib';

const VERSION = 20;
/** 1 January 1980, midnight. */
const DATE = 0x0021;
const UNIX = 3 << 8;
const READABLE = 0o100644 << 16;

/** @param name ASCII */
export function zipOfOne(name: string, bytes: Uint8Array): Buffer {
  const shared = record(['u16', VERSION], ['u16', 0], ['u16', 0], ['u16', 0], ['u16', DATE], ['u32', crc32(bytes)], ['u32', bytes.length], ['u32', bytes.length], ['u16', name.length], ['u16', 0]);
  const local = Buffer.concat([record(['u32', 0x04034b50]), shared, Buffer.from(name), bytes]);
  const made = record(['u32', 0x02014b50], ['u16', UNIX | VERSION]);
  const more = record(['u16', 0], ['u16', 0], ['u16', 0], ['u32', READABLE], ['u32', 0]);
  const central = Buffer.concat([made, shared, more, Buffer.from(name)]);
  const end = record(['u32', 0x06054b50], ['u16', 0], ['u16', 0], ['u16', 1], ['u16', 1], ['u32', central.length], ['u32', local.length], ['u16', 0]);
  return Buffer.concat([local, central, end]);
}

function record(...fields: ['u16' | 'u32', number][]): Buffer {
  const parts = fields.map(([kind, value]) => {
    const bytes = Buffer.alloc(kind === 'u16' ? 2 : 4);
    if (kind === 'u16') bytes.writeUInt16LE(value);
    else bytes.writeUInt32LE(value >>> 0);
    return bytes;
  });
  return Buffer.concat(parts);
}
