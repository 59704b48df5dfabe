/** Ranges of files for S3: what an upload part is, and its checksum. */
import { createHash } from 'node:crypto';
import { MlfnError } from '../../../errors.ts';
import { CHUNK, changed as changedAs, read, type FileRange } from '../../file-range.ts';

export function rangeOf(file: string, { start, size }: Pick<FileRange, 'start' | 'size'>): FileRange {
  return { file, start, size, changedCode: 'AWS_UPLOAD_CHANGED' };
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
  return changedAs(file, 'AWS_UPLOAD_CHANGED');
}
