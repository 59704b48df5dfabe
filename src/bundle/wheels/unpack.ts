/** A wheel's members as read-only files, each checked on the way. */
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import type { Context } from '../../events.ts';
import type { Deflated } from '../../types.ts';
import { assertPath, sha256 } from '../digest.ts';
import { interrupted, modeOf } from '../hash.ts';
import { dataOffset, type Member, readMembers, UnusualWheel } from './members.ts';

/** Read, inflated and written at once; what is larger goes in pieces. */
const WHOLE = 1 << 20;
const PIECE = 1 << 18;
/** Files made before others get their turn: Ctrl-C is one of them. */
const BATCH = 64;

/** One file of what a wheel installs. */
export interface WheelFile {
  path: string;
  mode: 0o644 | 0o755;
  sha256: string;
  size: number;
  /** Where the same bytes lie deflated; null where they do not: they were stored, or changed by the installation. */
  deflated: Omit<Deflated, 'file'> | null;
}

/**
 * Unpacks the wheel below `folder`, each file to where an installer puts it. Only what lies in a scheme that is a folder on
 * `sys.path` is taken; scripts are left out, as their first line would name this machine's interpreter.
 * @throws UnusualWheel where an installer has to say what the wheel means
 */
export async function unpack(ctx: Context, wheel: string, folder: string): Promise<WheelFile[]> {
  const handle = await open(wheel, 'r');
  try {
    const files: WheelFile[] = [];
    const seen = new Set<string>();
    for (const [index, member] of (await readMembers(handle)).entries()) {
      if (index % BATCH === 0) await new Promise((next) => setImmediate(next));
      if (ctx.signal.aborted) throw interrupted();
      const place = placeOf(member.name);
      if (place === null) continue;
      assertPath(place);
      // In lower case: where the disk knows no other, two such files are one.
      if (seen.has(place.toLowerCase())) throw new UnusualWheel(`it has two files ${place}`);
      seen.add(place.toLowerCase());
      const file = path.join(folder, ...place.split('/'));
      mkdirSync(path.dirname(file), { recursive: true });
      files.push({ path: place, ...(await unpackMember(handle, member, file)) });
    }
    return files;
  } finally {
    await handle.close();
  }
}

/** packaging.python.org/en/latest/specifications/binary-distribution-format: schemes below NAME-VERSION.data/. */
function placeOf(name: string): string | null {
  const [, scheme, rest] = /^[^/]+\.data\/([^/]+)\/(.+)$/.exec(name) ?? [];
  if (scheme === undefined || rest === undefined) return name;
  if (scheme === 'purelib' || scheme === 'platlib' || scheme === 'data') return rest;
  if (scheme === 'scripts') return null;
  throw new UnusualWheel(`it has files of the scheme ${scheme}`);
}

type Unpacked = Omit<WheelFile, 'path'>;

async function unpackMember(wheel: FileHandle, member: Member, file: string): Promise<Unpacked> {
  const offset = await dataOffset(wheel, member);
  const { size, packedSize } = member;
  const done = size <= WHOLE && packedSize <= WHOLE ? await whole(wheel, member, offset, file) : await inPieces(wheel, member, offset, file);
  if (done.crc !== member.crc || done.size !== size) throw new UnusualWheel(`${member.name} is damaged`);
  // What is stored and would shrink is better deflated by us.
  const deflated = member.method === 8 ? { offset, size: packedSize, crc: member.crc, check: done.check } : null;
  return { mode: modeOf(file, done.head), sha256: done.sha256, size, deflated };
}

interface Checked {
  /** Of the contents. */
  crc: number;
  /** Of the packed bytes. */
  check: number;
  sha256: string;
  size: number;
  head: Buffer;
}

async function whole(wheel: FileHandle, member: Member, offset: number, file: string): Promise<Checked> {
  const packed = Buffer.allocUnsafe(member.packedSize);
  readWholly(wheel.fd, packed, offset);
  const bytes = member.method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: member.size + 1 });
  const target = openSync(file, 'wx', 0o444);
  try {
    writeWholly(target, bytes);
  } finally {
    closeSync(target);
  }
  return { crc: crc32(bytes), check: crc32(packed), sha256: sha256(bytes), size: bytes.length, head: Buffer.from(bytes.subarray(0, 4)) };
}

async function inPieces(wheel: FileHandle, member: Member, offset: number, file: string): Promise<Checked> {
  const hash = createHash('sha256');
  const checked: Checked = { crc: 0, check: 0, sha256: '', size: 0, head: Buffer.alloc(0) };
  const packed = piecesOf(wheel.fd, offset, member.packedSize, checked);
  const pieces = member.method === 0 ? packed : inflated(packed);
  const target = openSync(file, 'wx', 0o444);
  try {
    for await (const piece of pieces) {
      if (checked.size === 0) checked.head = Buffer.from(piece.subarray(0, 4));
      checked.size += piece.length;
      if (checked.size > member.size) break;
      checked.crc = crc32(piece, checked.crc);
      hash.update(piece);
      writeWholly(target, piece);
    }
  } finally {
    closeSync(target);
  }
  return { ...checked, sha256: hash.digest('hex') };
}

async function* piecesOf(wheel: number, offset: number, length: number, checked: Checked): AsyncGenerator<Buffer> {
  for (let done = 0; done < length; done += PIECE) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE, length - done));
    readWholly(wheel, piece, offset + done);
    checked.check = crc32(piece, checked.check);
    yield piece;
  }
}

async function* inflated(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw({ chunkSize: PIECE });
  const fed = pipeline(packed, inflate);
  fed.catch(() => undefined); // reading it throws the same
  try {
    for await (const piece of inflate) yield piece as Buffer;
    await fed;
  } finally {
    inflate.destroy();
  }
}

function readWholly(file: number, buffer: Buffer, position: number): void {
  for (let done = 0; done < buffer.length; ) {
    const read = readSync(file, buffer, done, buffer.length - done, position + done);
    if (read === 0) throw new UnusualWheel('it is cut off');
    done += read;
  }
}

/** A disk that fills up takes a part before it refuses the rest. */
function writeWholly(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done);
}
