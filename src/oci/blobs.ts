/** Blobs of images on this machine, by their digest. What is there was compared with it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Descriptor } from './media.ts';

export function blobFile(ctx: Context, digest: string): string {
  return path.join(ctx.home.cache, 'oci', 'blobs', ...digest.split(':'));
}

/** It was used: what is not for long is swept (cache.ts). */
export async function touch(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
}

/** A blob that a power cut left short is taken away. */
export async function hasBlob(ctx: Context, { digest, size }: Pick<Descriptor, 'digest' | 'size'>): Promise<boolean> {
  const file = blobFile(ctx, digest);
  const found = await stat(file).catch(() => null);
  if (found?.size === size) await touch(file);
  else if (found !== null) await rm(file, { force: true });
  return found?.size === size;
}

/** The pieces of a blob on the disk. @throws OCI_FILE_CHANGED after the last piece */
export async function* checkedPieces(ctx: Context, file: string, { digest, size }: Pick<Descriptor, 'digest' | 'size'>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let read = 0;
  for await (const chunk of createReadStream(file, { signal: ctx.signal, highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    read += chunk.length;
    if (read > size) break;
    yield chunk;
  }
  if (read !== size || `sha256:${hash.digest('hex')}` !== digest) throw changedFile(file);
}

export function changedFile(file: string): MlfnError {
  return new MlfnError('OCI_FILE_CHANGED', `${file} changed, or is not what its digest says.`, {
    hint: 'Delete it if it lies in the cache, leave it alone otherwise, and run the command again.',
    details: { file },
  });
}
