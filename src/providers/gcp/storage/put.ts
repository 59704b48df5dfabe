/** One small file in one request; the client asks again by itself when the connection breaks. */
import { readFile } from 'node:fs/promises';
import { changed } from '../../file-range.ts';
import type { Progress } from '../../progress.ts';
import type { Session } from '../session.ts';
import { onBucket, statusOf } from './gcs.ts';
import { SHA256_FIELD, type Generation, type Outcome, type Upload } from './upload.ts';

/** Below it a file is held in memory and sent whole; a larger one costs a request more, and loses less when it breaks. */
export const SINGLE_BYTES = 2 << 20;

export interface Sending extends Upload {
  crc32c: string;
  /** What is there now: only that is replaced. */
  before: Generation;
}

/** As fields of the object: Cloud Storage refuses bytes of another sum. */
export function fieldsOf({ crc32c, sha256 }: Sending): { contentType: string; crc32c: string; metadata: Record<string, string> } {
  return { contentType: 'application/octet-stream', crc32c, metadata: { [SHA256_FIELD]: sha256 } };
}

export async function putWhole(session: Session, sending: Sending, progress: Progress): Promise<Outcome> {
  const { key, file, size, before } = sending;
  const bytes = await readFile(file);
  if (bytes.length !== size) throw changed(file, 'GCP_UPLOAD_CHANGED');
  try {
    await onBucket(session, { permission: 'storage.objects.create', key, expected: [400, 412] }, (bucket) =>
      bucket.file(key).save(bytes, { resumable: false, validation: false, metadata: fieldsOf(sending), preconditionOpts: { ifGenerationMatch: before } }),
    );
  } catch (error) {
    // Also the answer to a retry, when the first answer got lost on its way.
    if (statusOf(error) === 412) return 'taken';
    if (statusOf(error) === 400 && /crc32c/i.test((error as Error).message)) throw changed(file, 'GCP_UPLOAD_CHANGED');
    throw error;
  }
  progress.add(size);
  return 'done';
}
