/** A range of a file, read in pieces: an upload of any size takes no more memory than a piece. */
import { open } from 'node:fs/promises';
import { MlfnError } from '../errors.ts';

export const CHUNK = 1 << 16;

export interface FileRange {
  /** Absolute path. */
  file: string;
  start: number;
  size: number;
  /** What is thrown when the file ends before the range does. */
  changedCode: 'AWS_UPLOAD_CHANGED' | 'GCP_UPLOAD_CHANGED';
}

/** Pieces of the range in order, each in a buffer that `next` gives. @throws `changedCode` */
export async function* read({ file, start, size, changedCode }: FileRange, next: () => Buffer): AsyncGenerator<Buffer> {
  const handle = await open(file, 'r');
  try {
    for (let offset = 0; offset < size; ) {
      const buffer = next();
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - offset), start + offset);
      if (bytesRead === 0) throw changed(file, changedCode);
      offset += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

export function changed(file: string, code: FileRange['changedCode']): MlfnError {
  return new MlfnError(code, `${file} changed while it was being sent.`, {
    hint: 'Leave it alone while it is deployed, and run it again.',
    details: { file },
  });
}
