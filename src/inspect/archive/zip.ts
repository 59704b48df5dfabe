/** A zip file whose members are read by name: first looked over as a whole, so that no member is unpacked of one that plays tricks. */
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { Malformed } from '../bytes/malformed.ts';
import type { View } from '../bytes/view.ts';
import { leavesFolder } from '../framework/inside.ts';
import { damaged, type Member, membersOf } from './directory.ts';

/** Deflate makes at most 1,032 bytes of one (zlib.net/zlib_tech.html). Archives of that ratio are made to do harm. */
const BOMB_RATIO = 200;
const BOMB_SIZE = 1024 ** 3;
/** Of one member that is read: configurations and pickles without their arrays. */
const LARGEST = 64 * 1024 * 1024;
const [FORMAT_MASK, LINK] = [0o170_000, 0o120_000];
const ENCRYPTED = 1;
const [LOCAL, LOCAL_SIZE] = [0x04034b50, 30];

export interface Archive {
  /** Of files; POSIX paths. */
  names: ReadonlySet<string>;
  /** Unpacked. */
  sizeOf(name: string): number;
  /** @throws Malformed */
  read(name: string): Promise<Buffer>;
}

/** @throws Malformed */
export async function openArchive(view: View): Promise<Archive> {
  const members = new Map<string, Member>();
  for (const member of await membersOf(view)) {
    const { name } = member;
    assertHarmless(member);
    if (name.endsWith('/')) continue;
    if (members.has(name)) throw new Malformed('archive-ambiguous', `It has two members ${JSON.stringify(name)}: which of them counts is not the same for every reader.`, undefined, 'Save the model again.');
    members.set(name, member);
  }
  assertNoBomb([...members.values()], view.size);
  return {
    names: new Set(members.keys()),
    sizeOf: (name) => members.get(name)?.size ?? 0,
    read: async (name) => {
      const member = members.get(name);
      if (member === undefined) throw damaged(`it has no ${name}`);
      return readMember(view, member);
    },
  };
}

function assertHarmless({ name, mode, flags }: Member): void {
  const shown = JSON.stringify(name.slice(0, 200));
  const why = leavesFolder(name);
  if (why !== null) throw new Malformed('archive-traversal', `Its member ${shown} ${why}.`, undefined, 'Do not unpack it; get the model from somebody you trust.');
  if ((mode & FORMAT_MASK) === LINK) throw new Malformed('archive-link', `Its member ${shown} is a link.`, undefined, 'Save the model again: no framework puts links into its files.');
  if ((flags & ENCRYPTED) !== 0) throw new Malformed('archive-encrypted', `Its member ${shown} is encrypted.`, undefined, 'Save the model again without a password.');
}

function assertNoBomb(members: readonly Member[], size: number): void {
  const packed = members.reduce((sum, member) => sum + member.packedSize, 0);
  const whole = members.reduce((sum, member) => sum + member.size, 0);
  if (packed > size) throw new Malformed('archive-bomb', `Its members overlap: they have ${packed} bytes in a file of ${size}.`, undefined, 'Do not unpack it.');
  if (whole > BOMB_SIZE && whole > BOMB_RATIO * size) throw new Malformed('archive-bomb', `Its ${size} bytes would be ${whole} unpacked.`, undefined, 'Do not unpack it.');
}

/** The local header has a name and an extra field of its own lengths (4.3.7). */
async function readMember(view: View, { name, method, crc, packedSize, size, header }: Member): Promise<Buffer> {
  if (size > LARGEST || packedSize > LARGEST) throw new Malformed('too-complex', `${name} has ${size} bytes unpacked, more than any model needs there.`);
  const local = await view.bytes(header, LOCAL_SIZE);
  if (local.readUInt32LE(0) !== LOCAL) throw damaged(`${name} is not where its directory says`);
  const packed = await view.bytes(header + LOCAL_SIZE + local.readUInt16LE(26) + local.readUInt16LE(28), packedSize);
  const bytes = method === 0 ? packed : await unpacked(name, method, packed, size);
  if (bytes.length !== size || crc32(bytes) !== crc) throw damaged(`${name} has other bytes than were packed`);
  return bytes;
}

async function unpacked(name: string, method: number, packed: Buffer, size: number): Promise<Buffer> {
  if (method !== 8) throw new Malformed('archive-method', `${name} is packed by method ${method}, which no framework uses.`, undefined, 'Save the model again.');
  return promisify(inflateRaw)(packed, { maxOutputLength: size + 1 }).catch(() => {
    throw damaged(`${name} does not unpack to the ${size} bytes that it declares`);
  });
}
