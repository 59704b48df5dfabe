/** One file in one request. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Session } from '../session.ts';
import { streamFile } from './file-body.ts';
import { changed, hashRange, rangeOf } from './file-range.ts';
import type { Progress } from '../../progress.ts';
import { CONFLICT, isCode, onBucket, PRECONDITION } from './s3.ts';
import { base64Of, SHA256_FIELD, type Outcome, type Upload } from './upload.ts';

export async function putWhole(session: Session, upload: Upload, replace: boolean, progress: Progress): Promise<Outcome> {
  const { key, file, size } = upload;
  const range = rangeOf(file, { start: 0, size });
  const sha256 = await hashRange(range, session.ctx.signal);
  if (sha256.toString('hex') !== upload.sha256) throw changed(file);
  try {
    await onBucket(session, { action: 'PutObject', key, expected: [...PRECONDITION, ...CONFLICT] }, (target, options) => {
      const command = new PutObjectCommand({
        ...target,
        Key: key,
        ContentLength: size,
        ContentType: 'application/octet-stream',
        ChecksumSHA256: base64Of(upload),
        Metadata: { [SHA256_FIELD]: base64Of(upload) },
        ...(replace ? {} : { IfNoneMatch: '*' }),
      });
      streamFile(command, range, sha256, progress.add);
      return session.s3.send(command, options);
    });
    return 'done';
  } catch (error) {
    // Also the answer to a retry, when the first answer got lost on its way.
    if (isCode(error, PRECONDITION)) return 'taken';
    if (isCode(error, CONFLICT)) return 'lost';
    throw error;
  }
}
