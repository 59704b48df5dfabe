/** A zip file whose members are read by name: first looked over as a whole, so that no member is unpacked of one that plays tricks. */
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import yauzl from 'yauzl';
import { Malformed } from '../bytes/malformed.ts';
import { leavesFolder } from '../framework/inside.ts';

const MOST_MEMBERS = 100_000;
/** Deflate makes at most 1,032 bytes of one (zlib.net/zlib_tech.html). Archives of that ratio are made to do harm. */
const BOMB_RATIO = 200;
const BOMB_SIZE = 1024 ** 3;
/** Of one member that is read: configurations and pickles without their arrays. */
const LARGEST = 64 * 1024 * 1024;
const [FORMAT_MASK, LINK] = [0o170_000, 0o120_000];

export interface Archive {
  /** Of files; POSIX paths. */
  names: ReadonlySet<string>;
  /** Unpacked. */
  sizeOf(name: string): number;
  /** @throws Malformed */
  read(name: string): Promise<Buffer>;
}

/** @param file stays open as long as members are read. @throws Malformed */
export async function openArchive(file: FileHandle, size: number): Promise<Archive> {
  const zip = await yauzl.fromFdPromise(file.fd, { lazyEntries: true, autoClose: false, decodeStrings: false }).catch(damaged);
  const members = new Map<string, yauzl.Entry>();
  for (const entry of await entriesOf(zip)) {
    const name = Buffer.from(entry.fileName as unknown as Uint8Array).toString('utf8');
    assertHarmless(name, entry);
    if (name.endsWith('/')) continue;
    if (members.has(name)) throw new Malformed('archive-ambiguous', `It has two members ${JSON.stringify(name)}: which of them counts is not the same for every reader.`, undefined, 'Save the model again.');
    members.set(name, entry);
  }
  assertNoBomb([...members.values()], size);
  return {
    names: new Set(members.keys()),
    sizeOf: (name) => members.get(name)?.uncompressedSize ?? 0,
    read: async (name) => {
      const entry = members.get(name);
      if (entry === undefined) throw new Malformed('truncated', `The archive has no ${name}.`);
      return readMember(zip, name, entry);
    },
  };
}

function entriesOf(zip: yauzl.ZipFile): Promise<yauzl.Entry[]> {
  if (zip.entryCount > MOST_MEMBERS) throw new Malformed('too-complex', `It has ${zip.entryCount} members.`);
  return new Promise<yauzl.Entry[]>((resolve, reject) => {
    const entries: yauzl.Entry[] = [];
    zip.on('entry', (entry: yauzl.Entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.on('end', () => resolve(entries));
    zip.on('error', reject);
    zip.readEntry();
  }).catch(damaged);
}

function assertHarmless(name: string, entry: yauzl.Entry): void {
  const why = leavesFolder(name);
  if (why !== null) throw new Malformed('archive-traversal', `Its member ${JSON.stringify(name.slice(0, 200))} ${why}.`, undefined, 'Do not unpack it; get the model from somebody you trust.');
  // The high half is the mode of a file that was packed on Unix (4.4.15 of PKWARE's APPNOTE).
  if (((entry.externalFileAttributes >>> 16) & FORMAT_MASK) === LINK) {
    throw new Malformed('archive-link', `Its member ${JSON.stringify(name.slice(0, 200))} is a link.`, undefined, 'Save the model again: no framework puts links into its files.');
  }
  if ((entry.generalPurposeBitFlag & 1) !== 0) throw new Malformed('archive-encrypted', `Its member ${JSON.stringify(name.slice(0, 200))} is encrypted.`, undefined, 'Save the model again without a password.');
}

function assertNoBomb(entries: readonly yauzl.Entry[], size: number): void {
  const packed = entries.reduce((sum, entry) => sum + entry.compressedSize, 0);
  const whole = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
  if (packed > size) throw new Malformed('archive-bomb', `Its members overlap: they have ${packed} bytes in a file of ${size}.`, undefined, 'Do not unpack it.');
  if (whole > BOMB_SIZE && whole > BOMB_RATIO * size) throw new Malformed('archive-bomb', `Its ${size} bytes would be ${whole} unpacked.`, undefined, 'Do not unpack it.');
}

async function readMember(zip: yauzl.ZipFile, name: string, entry: yauzl.Entry): Promise<Buffer> {
  const { uncompressedSize: size } = entry;
  if (size > LARGEST) throw new Malformed('too-complex', `${name} has ${size} bytes unpacked, more than any model needs there.`);
  const parts: Buffer[] = [];
  try {
    // It ends with an error as soon as there are more bytes than were declared.
    for await (const part of await zip.openReadStreamPromise(entry)) parts.push(part as Buffer);
  } catch (error) {
    damaged(error);
  }
  const bytes = Buffer.concat(parts);
  if (crc32(bytes) !== entry.crc32) throw new Malformed('corrupt', `${name} is damaged: its checksum is another.`);
  return bytes;
}

function damaged(error: unknown): never {
  throw new Malformed('corrupt', `The zip archive is damaged: ${error instanceof Error ? error.message : String(error)}.`);
}
