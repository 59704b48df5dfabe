/** Reading files once, in one small buffer, whatever their size. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BigIntStats } from 'node:fs';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Digest } from '../types.ts';
import { sha256 } from './digest.ts';

const CHUNK = 1 << 18;
/** A file touched this shortly before it was hashed may be written again within one tick of its time stamp. */
const SETTLED_MS = 2000;

export interface Hashed {
  sha256: Digest;
  size: number;
  /** 0755 for scripts and programs by their first bytes: mode bits differ between file systems, contents do not. */
  mode: 0o644 | 0o755;
}

/**
 * SHA-256 of a regular file. `see` is given every chunk; it must not keep it.
 * @throws BUNDLE_CHANGED when the file was written meanwhile, BUNDLE_UNREADABLE when it cannot be read.
 */
export async function hashFile(ctx: Context, file: string, see?: (chunk: Buffer) => void): Promise<Hashed> {
  const handle = await open(file, 'r').catch((cause) => unreadable(file, cause));
  try {
    const before = await handle.stat({ bigint: true });
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(Math.min(Number(before.size) + 1, CHUNK));
    let size = 0;
    let head = Buffer.alloc(0);
    for (;;) {
      if (ctx.signal.aborted) throw interrupted();
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      if (size === 0) head = Buffer.from(chunk.subarray(0, 4));
      size += bytesRead;
      hash.update(chunk);
      see?.(chunk);
    }
    if (identity(before) !== identity(await handle.stat({ bigint: true }))) throw changed(file);
    return { sha256: hash.digest('hex'), size, mode: modeOf(file, head) };
  } finally {
    await handle.close();
  }
}

/**
 * As hashFile, remembered in the cache by (device, inode, size, both times): a second deploy of a large model does
 * not read it again. What is later packed or laid down is compared with the digest while it is copied.
 */
export async function hashOnce(ctx: Context, file: string): Promise<Hashed> {
  const seen = await stat(file, { bigint: true }).catch((cause) => unreadable(file, cause));
  const known = await readFile(noteOf(ctx, file), 'utf8').then(JSON.parse).catch(() => null);
  if (known?.identity === identity(seen)) return known.hashed;
  const hashed = await hashFile(ctx, file);
  const touched = Math.max(Number(seen.mtimeMs), Number(seen.ctimeMs));
  if (Date.now() - touched > SETTLED_MS) await note(ctx, file, seen, hashed);
  return hashed;
}

/** For hashOnce, of a file that this process has just written and renamed into place: nobody else knew it before. */
export async function noteHash(ctx: Context, file: string, hashed: Hashed): Promise<void> {
  await note(ctx, file, await stat(file, { bigint: true }), hashed);
}

function noteOf(ctx: Context, file: string): string {
  return path.join(ctx.home.cache, 'hashes', `${sha256(file)}.json`);
}

async function note(ctx: Context, file: string, seen: BigIntStats, hashed: Hashed): Promise<void> {
  const whole = noteOf(ctx, file);
  await mkdir(path.dirname(whole), { recursive: true });
  const temporary = `${whole}.${randomUUID()}`;
  await writeFile(temporary, JSON.stringify({ identity: identity(seen), hashed }));
  await rename(temporary, whole);
}

export function changed(file: string): MlfnError {
  return new MlfnError('BUNDLE_CHANGED', `${file} changed while it was being read.`, {
    hint: 'Wait until nothing writes to it, then run the command again.',
    details: { file },
  });
}

export function interrupted(): MlfnError {
  return new MlfnError('INTERRUPTED', 'Stopped before the package was complete; nothing of it is left.');
}

export function unreadable(file: string, cause: unknown): never {
  const { code } = cause as NodeJS.ErrnoException;
  throw new MlfnError('BUNDLE_UNREADABLE', `${file} cannot be read (${code ?? String(cause)}).`, {
    hint: 'Check that the file exists, that its name is valid text and that you may read it.',
    details: { file },
    cause,
  });
}

function identity(stats: BigIntStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
}

const PROGRAM_HEADS = new Set(['7f454c46', 'cffaedfe', 'cefaedfe', 'cafebabe']);

export function modeOf(file: string, head: Buffer): 0o644 | 0o755 {
  if (head.subarray(0, 2).toString('latin1') === '#!') return 0o755;
  const library = /\.(so|dylib|pyd|dll)(\.|$)/i.test(path.basename(file));
  return PROGRAM_HEADS.has(head.toString('hex')) && !library ? 0o755 : 0o644;
}
