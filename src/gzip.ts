/**
 * gzip on several cores: pieces are deflated side by side, each with the end of the one before as its dictionary, and put one behind the
 * other, as pigz does. To whoever reads it, it is one stream (RFC 1952); the same bytes wherever the same zlib makes it.
 */
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';

/** What Node's pool of threads does at once, unless UV_THREADPOOL_SIZE says otherwise. */
const LANES = 4;
const PIECE = 1 << 20;
/** As far as deflate looks back (RFC 1951). */
const WINDOW = 32 << 10;
/** Magic number, deflate, no flags, no time, nothing about the level, a system that is not told. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** A last block of no bytes. */
const END = Buffer.from([3, 0]);

const deflate = promisify(deflateRaw) as (piece: Buffer, options: object) => Promise<Buffer>;

export async function* gzip(source: AsyncIterable<Uint8Array>, level = 6): AsyncGenerator<Buffer> {
  yield HEADER;
  const running: Promise<Buffer>[] = [];
  let [sum, size] = [0, 0];
  let before: Buffer | undefined;
  try {
    for await (const piece of pieces(source)) {
      sum = crc32(piece, sum);
      size += piece.length;
      const done = deflate(piece, { level, finishFlush: constants.Z_SYNC_FLUSH, ...(before === undefined ? {} : { dictionary: before }) });
      done.catch(() => undefined); // whoever waits for it is told
      running.push(done);
      before = piece.subarray(-WINDOW);
      if (running.length === LANES) yield (await running.shift()) as Buffer;
    }
    for (const done of running.splice(0)) yield await done;
  } finally {
    await Promise.allSettled(running);
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(sum, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield END;
  yield trailer;
}

/** Copies of the source's bytes, of PIECE each but for the last. */
export async function* pieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let piece = Buffer.allocUnsafe(PIECE);
  let filled = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(PIECE - filled, chunk.length - at);
      piece.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < PIECE) continue;
      yield piece;
      piece = Buffer.allocUnsafe(PIECE);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
