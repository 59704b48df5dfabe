/** A range of a file, read in pieces. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { MlfnError } from '../../../errors.ts';

export const CHUNK = 1 << 16;

export interface FileRange {
  file: string;
  start: number;
  size: number;
}

/**
 * Pieces of the range in order, each in a buffer that `next` gives; a file that ends before the range throws
 * AWS_UPLOAD_CHANGED.
 */
export async function* read({ file, start, size }: FileRange, next: () => Buffer): AsyncGenerator<Buffer> {
  const handle = await open(file, 'r');
  try {
    for (let offset = 0; offset < size; ) {
      const buffer = next();
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - offset), start + offset);
      if (bytesRead === 0) throw changed(file);
      offset += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** @returns SHA-256 of the range */
export async function hashRange(range: FileRange, signal: AbortSignal): Promise<Buffer> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(4 * CHUNK);
  for await (const chunk of read(range, () => buffer)) {
    if (signal.aborted) throw new MlfnError('INTERRUPTED', 'Stopped.');
    hash.update(chunk);
  }
  return hash.digest();
}

export function changed(file: string): MlfnError {
  return new MlfnError('AWS_UPLOAD_CHANGED', `${file} changed while it was being sent.`, {
    hint: 'Leave it alone while it is deployed, and run it again.',
    details: { file },
  });
}
