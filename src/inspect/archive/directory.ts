/** The central directory of a zip (PKWARE APPNOTE 6.3.10, the section is named at each), every length in it doubted. */
import { Malformed } from '../bytes/malformed.ts';
import type { View } from '../bytes/view.ts';

export interface Member {
  name: string;
  flags: number;
  /** 0 stored, 8 deflated; others are not read. */
  method: number;
  crc: number;
  packedSize: number;
  size: number;
  /** As Unix has it, where it was packed there. */
  mode: number;
  /** Of its local header. */
  header: number;
}

const [END, END_SIZE, COMMENT_MAX] = [0x06054b50, 22, 0xffff];
const [LOCATOR, LOCATOR_SIZE, WIDE_END, WIDE_SIZE] = [0x07064b50, 20, 0x06064b50, 56];
const [ENTRY, ENTRY_SIZE] = [0x02014b50, 46];
const [MAX16, MAX32] = [0xffff, 0xffffffff];
const MOST_MEMBERS = 100_000;

/** In the directory's order, folders among them. @throws Malformed */
export async function membersOf(view: View): Promise<Member[]> {
  const { count, length, offset } = await findDirectory(view);
  if (count > MOST_MEMBERS) throw new Malformed('too-complex', `It has ${count} members.`);
  const directory = await view.bytes(offset, length);
  const members: Member[] = [];
  for (let at = 0; members.length < count; ) {
    if (at + ENTRY_SIZE > length || directory.readUInt32LE(at) !== ENTRY) throw damaged('its directory has other entries than it says');
    const sizes = [28, 30, 32].map((field) => directory.readUInt16LE(at + field)) as [number, number, number];
    const end = at + ENTRY_SIZE + sizes[0] + sizes[1] + sizes[2];
    if (end > length) throw damaged('its directory is cut off');
    members.push(parse(directory, at, sizes));
    at = end;
  }
  return members;
}

/** 4.3.16, and 4.3.14 and 4.3.15 where its fields are too small. */
async function findDirectory(view: View): Promise<{ count: number; length: number; offset: number }> {
  const start = Math.max(0, view.size - END_SIZE - COMMENT_MAX);
  const tail = await view.bytes(start, view.size - start);
  let at = tail.length - END_SIZE;
  while (at >= 0 && !(tail.readUInt32LE(at) === END && at + END_SIZE + tail.readUInt16LE(at + 20) === tail.length)) at -= 1;
  if (at < 0) throw damaged('it has no directory at its end');
  const narrow = { count: tail.readUInt16LE(at + 10), length: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
  if (narrow.count !== MAX16 && narrow.length !== MAX32 && narrow.offset !== MAX32) return narrow;
  if (at < LOCATOR_SIZE || tail.readUInt32LE(at - LOCATOR_SIZE) !== LOCATOR) return narrow;
  const wide = await view.bytes(wideNumber(tail, at - LOCATOR_SIZE + 8), WIDE_SIZE);
  if (wide.readUInt32LE(0) !== WIDE_END) throw damaged('its zip64 directory is not where it should be');
  return { count: wideNumber(wide, 32), length: wideNumber(wide, 40), offset: wideNumber(wide, 48) };
}

/** 4.3.12; sizes and the offset are wider in an extra field where they do not fit (4.5.3). */
function parse(directory: Buffer, at: number, [nameSize, extraSize]: [number, number, number]): Member {
  const from = at + ENTRY_SIZE;
  const extra = directory.subarray(from + nameSize, from + nameSize + extraSize);
  const narrow = [24, 20, 42].map((field) => directory.readUInt32LE(at + field));
  const [size = 0, packedSize = 0, header = 0] = narrow.includes(MAX32) ? widened(narrow, extra) : narrow;
  return {
    name: directory.toString('utf8', from, from + nameSize),
    flags: directory.readUInt16LE(at + 8),
    method: directory.readUInt16LE(at + 10),
    crc: directory.readUInt32LE(at + 16),
    packedSize,
    size,
    mode: directory.readUInt16LE(at + 40),
    header,
  };
}

function widened(values: number[], extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let from = at + 4;
    return values.map((value) => {
      if (value !== MAX32 || from + 8 > extra.length) return value;
      from += 8;
      return wideNumber(extra, from - 8);
    });
  }
  return values;
}

function wideNumber(bytes: Buffer, at: number): number {
  const value = Number(bytes.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value)) throw damaged('it points past every end');
  return value;
}

export function damaged(why: string): Malformed {
  return new Malformed('corrupt', `The zip archive is damaged: ${why}.`);
}
