/** An artifact as one zip file: the same bytes wherever the same Node makes it. */
import { rename } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Context } from '../events.ts';
import type { Artifact, Deflated, Digest, Entry } from '../types.ts';
import { interrupted } from './hash.ts';
import { type Output, writeOutput } from './output.ts';
import { withTemporary } from './temporary.ts';
import { Streams } from './streams.ts';
import { Lane, LAST_BLOCK, lengthOf, PIECE, readPieces, readWhole } from './zip-data.ts';
import { centralHeader, dataDescriptor, endOfDirectory, localHeader, type Packed } from './zip-records.ts';

/** The directory's buffer at first. */
const CHUNK = 1 << 18;
/** Above it an entry may need sizes of eight bytes: stored blocks add 5 bytes to each 65,535. */
const WIDE = 0xfff00000;
/** Pieces deflated side by side. Node has four threads for that and for files. */
const LANES = 3;

export interface ZipFile {
  file: string;
  bytes: number;
  sha256: Digest;
  /** The same hash as S3's `x-amz-checksum-sha256` and Lambda's `CodeSha256` write it. */
  sha256Base64: string;
}

interface ZipOptions {
  /** Folder in the zip that everything is put below, with its slash: `python/` for a Lambda layer. */
  prefix?: string;
}

/**
 * Writes the artifact to `file`, replacing what is there in one rename. Every source is compared with its digest on
 * the way. zlib's output differs between Node versions: artifacts are compared by their own digest, never by this one.
 * @throws BUNDLE_CHANGED, BUNDLE_DISK_FULL, BUNDLE_UNWRITABLE, INTERRUPTED; none leaves a file behind.
 */
export async function writeZip(
  ctx: Context,
  artifact: Artifact,
  file: string,
  { prefix = '' }: ZipOptions = {},
): Promise<ZipFile> {
  return withTemporary(ctx, file, artifact.size, async (temporary) => {
    const { bytes, sha256 } = await writeOutput(temporary, async (output) => {
      const directory = await writeEntries(ctx, output, artifact.entries, prefix);
      const end = { entries: artifact.entries.length, size: directory.length, offset: output.bytes };
      await output.write(directory, endOfDirectory(end));
    });
    await rename(temporary, file);
    return { file, bytes, sha256, sha256Base64: Buffer.from(sha256, 'hex').toString('base64') };
  });
}

/** Grown as bytes: thousands of records kept until the end weigh ten times as much. */
class Directory {
  #bytes = Buffer.alloc(CHUNK);
  #length = 0;

  add(header: Uint8Array): void {
    const room = this.#bytes.length - this.#length;
    if (header.length > room) this.#bytes = Buffer.concat([this.#bytes], 2 * this.#bytes.length + header.length);
    this.#bytes.set(header, this.#length);
    this.#length += header.length;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

interface Zip {
  output: Output;
  lanes: Lanes;
  directory: Directory;
  streams: Streams;
}

/** In their order: while one is written, the next ones are read and deflated. Gives the directory. */
async function writeEntries(ctx: Context, output: Output, entries: Entry[], prefix: string): Promise<Uint8Array> {
  const lanes = new Lanes();
  const streams = new Streams();
  const zip: Zip = { output, lanes, directory: new Directory(), streams };
  try {
    for (const entry of entries) {
      if (ctx.signal.aborted) throw interrupted();
      const common = { name: Buffer.from(prefix + entry.path), mode: entry.mode, size: entry.size };
      const record: Packed = { ...common, method: 8, streamed: false, zip64: false, crc: 0, packedSize: 0, offset: 0 };
      const { source } = entry;
      if ('bytes' in source) await appendWhole(zip, record, source.bytes);
      else if (source.deflated !== undefined && entry.size <= WIDE) await appendDeflated(ctx, zip, record, source.deflated);
      else if (entry.size <= PIECE) await appendWhole(zip, record, readWhole(source.file, entry, lanes.next.buffer));
      else await appendPieces(zip, record, readPieces(ctx, source.file, entry, () => lanes.next.buffer));
    }
    await lanes.end();
    return zip.directory.bytes;
  } finally {
    lanes.close();
    streams.close();
  }
}

/** As it is in the wheel. */
async function appendDeflated(ctx: Context, { lanes, output, directory, streams }: Zip, record: Packed, deflated: Deflated): Promise<void> {
  Object.assign(record, { crc: deflated.crc, packedSize: deflated.size });
  await lanes.add(Promise.resolve(), async () => {
    record.offset = output.bytes;
    await output.write(localHeader(record));
    for (const piece of streams.read(deflated)) {
      if (ctx.signal.aborted) throw interrupted();
      await output.write(piece);
    }
    directory.add(centralHeader(record));
  });
}

/** Sizes and CRC stand before the data, as every reader likes it best. */
async function appendWhole({ lanes, output, directory }: Zip, record: Packed, bytes: Uint8Array): Promise<void> {
  record.crc = crc32(bytes);
  await lanes.add(lanes.next.whole(bytes), async (deflated) => {
    const smaller = lengthOf(deflated) < bytes.length;
    const data = smaller ? deflated : [bytes];
    Object.assign(record, { method: smaller ? 8 : 0, packedSize: lengthOf(data), offset: output.bytes });
    await output.write(localHeader(record), ...data);
    directory.add(centralHeader(record));
  });
}

/** "Stored" is no choice here: the size of a stored entry stands behind it then, which some streaming readers refuse. */
async function appendPieces({ lanes, output, directory }: Zip, record: Packed, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  Object.assign(record, { streamed: true, zip64: record.size > WIDE });
  await lanes.add(Promise.resolve(), async () => {
    record.offset = output.bytes;
    await output.write(localHeader(record));
  });
  for await (const piece of pieces) {
    record.crc = crc32(piece, record.crc);
    await lanes.add(lanes.next.piece(piece, record.size), async (parts) => {
      record.packedSize += lengthOf(parts);
      await output.write(...parts);
    });
  }
  await lanes.add(Promise.resolve(), async () => {
    record.packedSize += LAST_BLOCK.length;
    await output.write(LAST_BLOCK, dataDescriptor(record));
    directory.add(centralHeader(record));
  });
}

/** What is made side by side, written in the order in which it was begun. */
class Lanes {
  /** One that is read into while the others deflate. */
  readonly #lanes = Array.from({ length: LANES + 1 }, () => new Lane());
  readonly #waiting: (() => Promise<void>)[] = [];
  #added = 0;

  /** For what is added next: what it made before was written. */
  get next(): Lane {
    return this.#lanes[this.#added % this.#lanes.length] as Lane;
  }

  async add<T>(made: Promise<T>, write: (made: T) => Promise<void>): Promise<void> {
    this.#added += 1;
    made.catch(() => undefined); // it is thrown when its turn comes, or the work ends before
    this.#waiting.push(async () => write(await made));
    if (this.#waiting.length > LANES) await this.#waiting.shift()?.();
  }

  async end(): Promise<void> {
    for (const write of this.#waiting.splice(0)) await write();
  }

  close(): void {
    for (const lane of this.#lanes) lane.close();
  }
}
