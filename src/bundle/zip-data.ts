/** An entry's bytes on their way into a zip: read once, compared with their digest, deflated a piece at a time. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants, createDeflateRaw, type DeflateRaw } from 'node:zlib';
import type { Context } from '../events.ts';
import type { Entry } from '../types.ts';
import { sha256 } from './digest.ts';
import { changed, interrupted, unreadable } from './hash.ts';

const MB = 1 << 20;
/** What is read and deflated at once. That each starts with an empty window costs less than a hundredth of the size. */
export const PIECE = MB / 2;
/** As much of a piece shows whether it is worth the while. */
const SAMPLE = 1 << 15;
/** Of a deflate stream whose pieces are all flushed: an empty last block (RFC 1951, 3.2.3). */
export const LAST_BLOCK = Uint8Array.of(3, 0);
const OUTPUT = 1 << 16;
/** RFC 1951, 3.2.4: a stored block's length has two bytes. */
const BLOCK = 0xffff;

/**
 * One of those that deflate side by side, with all it needs for it: a compressor for each piece leaves 270 KB of zlib's
 * and its output behind, 6,000 times in a package of scikit-learn. What it gives is to be used before it is asked again.
 */
export class Lane {
  /** What is to be deflated may be read into it. */
  readonly buffer = Buffer.allocUnsafe(PIECE);
  readonly #compressors = new Map<number, DeflateRaw>();

  /** A whole small entry, as a stream of its own. */
  async whole(bytes: Uint8Array): Promise<Uint8Array[]> {
    return [...(await this.#deflate(bytes, 6)), LAST_BLOCK];
  }

  /**
   * One piece of a large entry, ended at a byte and without reference to others, so that any kind may follow any other.
   * What a sample of it does not shrink is stored: models are mostly arrays of floating point numbers.
   *
   * Measured on 2 cores: scikit-learn + pandas (258 MB) at level 1, 6, 9: 6.1, 8.5, 17.6 s and 87.5, 78.4, 78.1 MB;
   * 512 MB of random floats at level 1: 13 s and 505 MB.
   */
  async piece(bytes: Uint8Array, entrySize: number): Promise<Uint8Array[]> {
    const middle = Math.max(0, (bytes.length - SAMPLE) >> 1);
    const sample = bytes.subarray(middle, middle + SAMPLE);
    if (lengthOf(await this.#deflate(sample, 1)) > 0.9 * sample.length) return stored(bytes);
    const parts = await this.#deflate(bytes, entrySize > 64 * MB ? 1 : 6);
    return lengthOf(parts) < bytes.length ? parts : stored(bytes);
  }

  close(): void {
    for (const compressor of this.#compressors.values()) compressor.close();
  }

  /** Ends with an empty stored block, at a byte. The same whatever this lane deflated before. */
  async #deflate(bytes: Uint8Array, level: number): Promise<Uint8Array[]> {
    const known = this.#compressors.get(level);
    const compressor = known ?? createDeflateRaw({ level, chunkSize: OUTPUT });
    this.#compressors.set(level, compressor);
    const parts: Uint8Array[] = [];
    const take = (part: Uint8Array) => void parts.push(part);
    compressor.on('data', take);
    await new Promise<void>((done, failed) => {
      compressor.once('error', failed);
      compressor.write(bytes);
      compressor.flush(constants.Z_SYNC_FLUSH, () => {
        compressor.off('error', failed);
        done();
      });
    });
    compressor.off('data', take);
    compressor.reset();
    return parts;
  }
}

export function lengthOf(parts: Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function stored(bytes: Uint8Array): Uint8Array[] {
  const blocks = Math.ceil(bytes.length / BLOCK);
  const heads = Buffer.alloc(5 * blocks);
  return Array.from({ length: blocks }, (_, index) => {
    const data = bytes.subarray(index * BLOCK, (index + 1) * BLOCK);
    heads.writeUInt16LE(data.length, 5 * index + 1);
    heads.writeUInt16LE(~data.length & BLOCK, 5 * index + 3);
    return [heads.subarray(5 * index, 5 * index + 5), data];
  }).flat();
}

/**
 * A small file, read at once: a FileHandle and a Hash for each of thousands would live on until V8 collects everything.
 * @throws BUNDLE_CHANGED | BUNDLE_UNREADABLE
 */
export function readWhole(file: string, entry: Entry, buffer: Buffer): Buffer {
  let length = 0;
  let handle: number | null = null;
  try {
    handle = openSync(file, 'r');
    for (let read = -1; read !== 0 && length <= entry.size; length += read) {
      read = readSync(handle, buffer, length, buffer.length - length, null);
    }
  } catch (cause) {
    unreadable(file, cause);
  } finally {
    if (handle !== null) closeSync(handle);
  }
  const bytes = buffer.subarray(0, length);
  if (sha256(bytes) !== entry.sha256) throw changed(file);
  return bytes;
}

/**
 * The file in pieces of PIECE bytes, the last one shorter; each is read into what `buffer` gives, which has room for it.
 * @throws BUNDLE_CHANGED | BUNDLE_UNREADABLE | INTERRUPTED, the first of them only after the last piece
 */
export async function* readPieces(ctx: Context, file: string, entry: Entry, buffer: () => Buffer): AsyncGenerator<Buffer> {
  const handle = await open(file, 'r').catch((cause) => unreadable(file, cause));
  try {
    const hash = createHash('sha256');
    for (let size = 0; ; ) {
      if (ctx.signal.aborted) throw interrupted();
      const piece = buffer();
      let length = 0;
      for (let read = -1; read !== 0 && length < PIECE; length += read) {
        read = (await handle.read(piece, length, PIECE - length, null)).bytesRead;
      }
      size += length;
      if (size > entry.size) throw changed(file);
      hash.update(piece.subarray(0, length));
      if (length > 0) yield piece.subarray(0, length);
      if (length < PIECE) break;
    }
    if (hash.digest('hex') !== entry.sha256) throw changed(file);
  } finally {
    await handle.close();
  }
}
