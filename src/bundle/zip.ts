/** An artifact as one zip file: the same bytes wherever the same Node makes it. */
import type { Readable as ReadableStream } from 'node:stream';
import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { deflateRawSync } from 'node:zlib';
import type { Context } from '../events.ts';
import type { Artifact, Digest, Entry } from '../types.ts';
import { changed, interrupted, unreadable } from './hash.ts';
import { withTemporary } from './temporary.ts';

/** The first moment a zip can tell. archiver writes dates in UTC, so the time zone has no part in it. */
const EPOCH = new Date(Date.UTC(1980, 0, 1));
const CHUNK = 1 << 18;
const SMALL = 1 << 18;
/** zlib's own, in which it hands out its results: 1 GB of random floats takes 7.5 s and 145 MB so, 3.4 s and 95 MB by CHUNK. */
const SMALL_CHUNK = 1 << 14;
const MB = 1 << 20;

export interface ZipFile {
  file: string;
  bytes: number;
  sha256: Digest;
}

/**
 * Writes the artifact to `file`, replacing what is there in one rename. Every source is compared with its digest on
 * the way. zlib's output differs between Node versions: artifacts are compared by their own digest, never by this one.
 * @throws BUNDLE_CHANGED, BUNDLE_DISK_FULL, BUNDLE_UNWRITABLE, INTERRUPTED; none leaves a file behind.
 */
export async function writeZip(ctx: Context, artifact: Artifact, file: string): Promise<ZipFile> {
  return withTemporary(ctx, file, artifact.size, async (temporary) => {
    const { bytes, hash } = await pack(ctx, artifact, temporary);
    await rename(temporary, file);
    return { file, bytes, sha256: hash.digest('hex') };
  });
}

async function pack(ctx: Context, artifact: Artifact, file: string): Promise<{ bytes: number; hash: Hash }> {
  const { ZipArchive } = await import('archiver');
  // archiver hands this object to zlib for each entry, so that it is chosen entry by entry.
  const zlib = { level: 6, chunkSize: SMALL_CHUNK };
  const archive = new ZipArchive({ zlib, statConcurrency: 1 });
  const hash = createHash('sha256');
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      bytes += chunk.length;
      hash.update(chunk);
      next(null, chunk);
    },
  });
  const stop = new AbortController();
  const out = createWriteStream(file, { flags: 'wx', mode: 0o644, flush: true });
  const closed = new Promise<void>((resolve) => void out.once('close', () => resolve()));
  const written = pipeline(archive, meter, out, { signal: AbortSignal.any([ctx.signal, stop.signal]) });
  const failed = new Promise<never>((_resolve, reject) => written.catch(reject));
  failed.catch(() => {});
  try {
    for (const entry of artifact.entries) {
      zlib.level = await levelFor(entry);
      zlib.chunkSize = entry.size > SMALL ? CHUNK : SMALL_CHUNK;
      await Promise.race([append(ctx, archive, entry), failed]);
    }
    await Promise.race([archive.finalize(), failed]);
    await written;
  } catch (error) {
    stop.abort();
    await written.catch(() => {});
    // Only then is the file there to be removed, and no handle of ours on it.
    await closed;
    throw error;
  }
  return { bytes, hash };
}

interface Appendable {
  append(source: ReadableStream | Buffer, data: { name: string; date: Date; mode: number }): unknown;
  once(event: 'entry', listener: () => void): unknown;
}

/** One entry at a time, in order: archiver's own queue of files depends on which stat answers first. */
async function append(ctx: Context, archive: Appendable, entry: Entry): Promise<void> {
  const source = await contents(ctx, entry);
  await new Promise<void>((resolve, reject) => {
    archive.once('entry', resolve);
    if (source instanceof Readable) source.once('error', reject);
    archive.append(source, { name: entry.path, date: EPOCH, mode: entry.mode });
  });
}

async function contents(ctx: Context, entry: Entry): Promise<Buffer | Readable> {
  if ('bytes' in entry.source) return Buffer.from(entry.source.bytes);
  const { file } = entry.source;
  if (entry.size > SMALL) return Readable.from(verified(ctx, file, entry), { objectMode: false, highWaterMark: CHUNK });
  const parts: Buffer[] = [];
  for await (const chunk of verified(ctx, file, entry)) parts.push(chunk);
  return Buffer.concat(parts);
}

async function* verified(ctx: Context, file: string, entry: Entry): AsyncGenerator<Buffer> {
  const handle = await open(file, 'r').catch((cause) => unreadable(file, cause));
  try {
    const hash = createHash('sha256');
    for (let size = 0; ; ) {
      if (ctx.signal.aborted) throw interrupted();
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, entry.size - size + 1));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) break;
      size += bytesRead;
      if (size > entry.size) throw changed(file);
      hash.update(chunk.subarray(0, bytesRead));
      yield chunk.subarray(0, bytesRead);
    }
    if (hash.digest('hex') !== entry.sha256) throw changed(file);
  } finally {
    await handle.close();
  }
}

/**
 * Measured on 2 cores: scikit-learn + pandas (258 MB) at level 1, 6, 9: 6.1, 8.5, 17.6 s and 87.5, 78.4, 78.1 MB.
 * 2 GB of random floats at level 1: 58 s, at level 0: 16 s, for the same size. Level 0 rather than "stored": a stored
 * entry of a stream has its size behind it, which some streaming readers refuse.
 */
async function levelFor(entry: Entry): Promise<number> {
  if ('bytes' in entry.source || entry.size < MB) return 6;
  if ((await sampledRatio(entry.source.file, entry.size)) > 0.95) return 0;
  return entry.size > 64 * MB ? 1 : 6;
}

async function sampledRatio(file: string, size: number): Promise<number> {
  const handle = await open(file, 'r').catch((cause) => unreadable(file, cause));
  try {
    const sample = Buffer.alloc(4 * 65_536);
    let length = 0;
    for (const part of [0, 1, 2, 3]) {
      const { bytesRead } = await handle.read(sample, length, 65_536, Math.floor((size - 65_536) * (part / 3)));
      length += bytesRead;
    }
    return deflateRawSync(sample.subarray(0, length), { level: 1 }).length / Math.max(length, 1);
  } finally {
    await handle.close();
  }
}

