/** The records of a zip file (PKWARE APPNOTE 6.3.10, the section is named at each), for names in UTF-8 and one fixed date. */

export interface Packed {
  /** UTF-8. */
  name: Buffer;
  mode: number;
  /** 0 stored, 8 deflated. */
  method: 0 | 8;
  /** CRC and sizes stand behind the data (4.3.9), because they are known only then. */
  streamed: boolean;
  /** Sizes of eight bytes in the local records. */
  zip64: boolean;
  crc: number;
  size: number;
  packedSize: number;
  /** Of the local header, from the start of the file. */
  offset: number;
}

const MAX16 = 0xffff;
const MAX32 = 0xffffffff;
/** 4.4.4: bit 11, names are UTF-8; bit 3, a data descriptor follows. */
const UTF8 = 1 << 11;
const STREAMED = 1 << 3;
/** 4.4.6: 1 January 1980, the first moment a zip can tell. */
const DATE = (1 << 5) | 1;
/** 4.4.2 and 4.4.3: made on Unix, so that modes count; 2.0 for deflate, 4.5 for zip64. */
const UNIX = 3 << 8;

/** 4.3.7 */
export function localHeader(entry: Packed): Buffer {
  const { streamed, zip64 } = entry;
  const extra = zip64 ? sizesExtra([0, 0]) : Buffer.alloc(0);
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  writeShared(head, 4, entry, zip64);
  head.writeUInt32LE(streamed ? 0 : entry.crc, 14);
  head.writeUInt32LE(zip64 ? MAX32 : streamed ? 0 : entry.packedSize, 18);
  head.writeUInt32LE(zip64 ? MAX32 : streamed ? 0 : entry.size, 22);
  head.writeUInt16LE(entry.name.length, 26);
  head.writeUInt16LE(extra.length, 28);
  return Buffer.concat([head, entry.name, extra]);
}

/** 4.3.9 */
export function dataDescriptor({ zip64, crc, packedSize, size }: Packed): Buffer {
  const record = Buffer.alloc(zip64 ? 24 : 16);
  record.writeUInt32LE(0x08074b50, 0);
  record.writeUInt32LE(crc, 4);
  if (zip64) {
    record.writeBigUInt64LE(BigInt(packedSize), 8);
    record.writeBigUInt64LE(BigInt(size), 16);
  } else {
    record.writeUInt32LE(packedSize, 8);
    record.writeUInt32LE(size, 12);
  }
  return record;
}

/** 4.3.12 */
export function centralHeader(entry: Packed): Buffer {
  const wide = [entry.size, entry.packedSize, entry.offset].filter((value) => value >= MAX32);
  const extra = wide.length === 0 ? Buffer.alloc(0) : sizesExtra(wide);
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(UNIX | (entry.zip64 || wide.length > 0 ? 45 : 20), 4);
  writeShared(head, 6, entry, entry.zip64 || wide.length > 0);
  head.writeUInt32LE(entry.crc, 16);
  head.writeUInt32LE(Math.min(entry.packedSize, MAX32), 20);
  head.writeUInt32LE(Math.min(entry.size, MAX32), 24);
  head.writeUInt16LE(entry.name.length, 28);
  head.writeUInt16LE(extra.length, 30);
  // A regular file with its permissions, as stat() gives them (4.4.15).
  head.writeUInt32LE((0o100_000 | entry.mode) * 0x10000, 38);
  head.writeUInt32LE(Math.min(entry.offset, MAX32), 42);
  return Buffer.concat([head, entry.name, extra]);
}

/** 4.3.14 to 4.3.16 */
export function endOfDirectory(directory: { entries: number; size: number; offset: number }): Buffer {
  const { entries, size, offset } = directory;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(entries, MAX16), 8);
  end.writeUInt16LE(Math.min(entries, MAX16), 10);
  end.writeUInt32LE(Math.min(size, MAX32), 12);
  end.writeUInt32LE(Math.min(offset, MAX32), 16);
  if (entries < MAX16 && size < MAX32 && offset < MAX32) return end;
  const wide = Buffer.alloc(56);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeBigUInt64LE(44n, 4);
  wide.writeUInt16LE(UNIX | 45, 12);
  wide.writeUInt16LE(45, 14);
  for (const [at, value] of [[24, entries], [32, entries], [40, size], [48, offset]] as const) {
    wide.writeBigUInt64LE(BigInt(value), at);
  }
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([wide, locator, end]);
}

/** Version needed, flags, method, time and date stand in this order in both headers. */
function writeShared(head: Buffer, at: number, { streamed, method }: Packed, zip64: boolean): void {
  head.writeUInt16LE(zip64 ? 45 : 20, at);
  head.writeUInt16LE(UTF8 | (streamed ? STREAMED : 0), at + 2);
  head.writeUInt16LE(method, at + 4);
  head.writeUInt16LE(DATE, at + 8);
}

/** 4.5.3 */
function sizesExtra(values: number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return extra;
}
