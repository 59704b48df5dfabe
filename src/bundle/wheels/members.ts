/** The members of a wheel, from its central directory (PKWARE APPNOTE 6.3.10, the section is named at each). */
import type { FileHandle } from 'node:fs/promises';

export interface Member {
  /** POSIX path. */
  name: string;
  /** 0 stored, 8 deflated: what Node can read. */
  method: 0 | 8;
  crc: number;
  packedSize: number;
  size: number;
  /** Of its local header. */
  header: number;
}

/** It is a zip that some installers read, and this reader does not: encrypted, of several disks, of another method. */
export class UnusualWheel extends Error {}

const END = 0x06054b50;
const END_SIZE = 22;
const COMMENT_MAX = 0xffff;
const LOCATOR_SIZE = 20;
const HEAD_SIZE = 46;
const LOCAL_SIZE = 30;
const MAX16 = 0xffff;
const MAX32 = 0xffffffff;
const ENCRYPTED = 1;

/** Files only, in the directory's order. @throws UnusualWheel */
export async function readMembers(wheel: FileHandle): Promise<Member[]> {
  const { size } = await wheel.stat();
  const { entries, length, offset } = await findDirectory(wheel, size);
  if (offset + length > size) throw new UnusualWheel('its directory is cut off');
  const directory = await readAt(wheel, offset, length);
  const members: Member[] = [];
  for (let at = 0, index = 0; index < entries; index++) {
    if (at + HEAD_SIZE > length || directory.readUInt32LE(at) !== 0x02014b50) throw new UnusualWheel('its directory is damaged');
    const member = parseHeader(directory, at);
    if (member !== null) members.push(member);
    at += HEAD_SIZE + directory.readUInt16LE(at + 28) + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return members;
}

/** Where a member's data begins: the local header has an extra field of its own length (4.3.7). @throws UnusualWheel */
export async function dataOffset(wheel: FileHandle, { header }: Member): Promise<number> {
  const local = await readAt(wheel, header, LOCAL_SIZE);
  if (local.readUInt32LE(0) !== 0x04034b50) throw new UnusualWheel('a member is not where its directory says');
  return header + LOCAL_SIZE + local.readUInt16LE(26) + local.readUInt16LE(28);
}

/** 4.3.16, and 4.3.14 and 4.3.15 where its fields are too small. */
async function findDirectory(wheel: FileHandle, size: number): Promise<{ entries: number; length: number; offset: number }> {
  const start = Math.max(0, size - END_SIZE - COMMENT_MAX);
  const tail = await readAt(wheel, start, size - start);
  let at = tail.length - END_SIZE;
  while (at >= 0 && !(tail.readUInt32LE(at) === END && at + END_SIZE + tail.readUInt16LE(at + 20) === tail.length)) at--;
  if (at < 0) throw new UnusualWheel('it is no zip file');
  const entries = tail.readUInt16LE(at + 10);
  const [length, offset] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  if (entries !== MAX16 && length !== MAX32 && offset !== MAX32) return { entries, length, offset };
  const locator = start + at - LOCATOR_SIZE;
  if (locator < 0) return { entries, length, offset };
  const found = await readAt(wheel, locator, LOCATOR_SIZE);
  if (found.readUInt32LE(0) !== 0x07064b50) return { entries, length, offset };
  const wide = await readAt(wheel, Number(found.readBigUInt64LE(8)), 56);
  if (wide.readUInt32LE(0) !== 0x06064b50) throw new UnusualWheel('its zip64 directory is damaged');
  return { entries: Number(wide.readBigUInt64LE(32)), length: Number(wide.readBigUInt64LE(40)), offset: Number(wide.readBigUInt64LE(48)) };
}

/** 4.3.12; null for a folder. */
function parseHeader(directory: Buffer, at: number): Member | null {
  const nameLength = directory.readUInt16LE(at + 28);
  const name = directory.toString('utf8', at + HEAD_SIZE, at + HEAD_SIZE + nameLength);
  if (name.endsWith('/')) return null;
  const method = directory.readUInt16LE(at + 10);
  if ((directory.readUInt16LE(at + 8) & ENCRYPTED) !== 0) throw new UnusualWheel(`${name} is encrypted`);
  if (method !== 0 && method !== 8) throw new UnusualWheel(`${name} is packed by method ${method}`);
  const extra = directory.subarray(at + HEAD_SIZE + nameLength, at + HEAD_SIZE + nameLength + directory.readUInt16LE(at + 30));
  const narrow = [directory.readUInt32LE(at + 24), directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 42)];
  const [size = 0, packedSize = 0, header = 0] = widened(narrow, extra);
  return { name, method, crc: directory.readUInt32LE(at + 16), packedSize, size, header };
}

/** 4.5.3: values that did not fit, in this order. */
function widened(values: number[], extra: Buffer): number[] {
  if (!values.includes(MAX32)) return values;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let from = at + 4;
    return values.map((value) => {
      if (value !== MAX32 || from + 8 > extra.length) return value;
      from += 8;
      return Number(extra.readBigUInt64LE(from - 8));
    });
  }
  return values;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) throw new UnusualWheel('it is cut off');
    done += bytesRead;
  }
  return buffer;
}
