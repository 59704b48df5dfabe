/** The sums of a whole file, in one reading. */
import { createHash } from 'node:crypto';
import { MlfnError } from '../../../errors.ts';
import { CHUNK, changed, read } from '../../file-range.ts';
import { Crc32c } from './crc32c.ts';
import type { Upload } from './upload.ts';

/** @returns CRC32C as Cloud Storage writes it. @throws GCP_UPLOAD_CHANGED when the file is not what was said of it */
export async function sumOf({ file, size, sha256 }: Upload, signal: AbortSignal): Promise<string> {
  const [hash, crc] = [createHash('sha256'), new Crc32c()];
  const buffer = Buffer.allocUnsafeSlow(4 * CHUNK);
  for await (const chunk of read({ file, start: 0, size, changedCode: 'GCP_UPLOAD_CHANGED' }, () => buffer)) {
    if (signal.aborted) throw new MlfnError('INTERRUPTED', 'Stopped.');
    hash.update(chunk);
    crc.update(chunk);
  }
  if (hash.digest('hex') !== sha256) throw changed(file, 'GCP_UPLOAD_CHANGED');
  return crc.digest();
}
