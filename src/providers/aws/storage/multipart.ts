/** A large file in parts, side by side; what an earlier run got across is not sent again. */
import { CompleteMultipartUploadCommand, CreateMultipartUploadCommand, UploadPartCommand, type CompletedPart } from '@aws-sdk/client-s3';
import { MlfnError } from '../../../errors.ts';
import type { Session } from '../session.ts';
import { streamFile } from './file-body.ts';
import { changed, hashRange, rangeOf } from './file-range.ts';
import { abortUpload, leftovers, NO_UPLOAD, partsOf, STALE_MS } from './leftovers.ts';
import { cut, type PartRange } from './parts.ts';
import type { FileRange } from '../../file-range.ts';
import type { Progress } from '../../progress.ts';
import { CONFLICT, isCode, onBucket, PRECONDITION } from './s3.ts';
import { base64Of, SHA256_FIELD, type Outcome, type Upload } from './upload.ts';

const SIDE_BY_SIDE = 4;
/** What S3 says when an upload was ended, or its parts replaced, by another process that had taken it up as well. */
const LOST = [NO_UPLOAD, 'InvalidPart', 'InvalidPartOrder', ...CONFLICT];
const MISMATCH = ['BadDigest', 'XAmzContentSHA256Mismatch', 'InvalidDigest'];
/** Failures after which the same command goes on with the same upload. Any other gives it up. */
const PASSING: readonly string[] = ['INTERRUPTED', 'AWS_UNREACHABLE', 'AWS_THROTTLED', 'AWS_CREDENTIALS_EXPIRED', 'AWS_CLOCK'];

interface Running {
  key: string;
  uploadId: string;
  /** The parts that S3 has, by number. */
  sent: Map<number, CompletedPart>;
}

/** @param replace the key holds something else: it is overwritten, and otherwise never */
export async function putInParts(session: Session, upload: Upload, replace: boolean, progress: Progress): Promise<Outcome> {
  const parts = cut(upload.size);
  const running = (await takeUp(session, upload, parts)) ?? (await begin(session, upload));
  for (const part of parts) if (running.sent.has(part.number)) progress.skip(part.size);
  try {
    await sendParts(session, running, upload.file, parts, progress);
    await complete(session, running, upload, replace);
    return 'done';
  } catch (error) {
    const lost = isCode(error, LOST);
    if (lost || !isPassing(error)) await abortUpload(session, running).catch(() => undefined);
    if (lost) return 'lost';
    if (isCode(error, PRECONDITION)) return 'taken';
    throw error;
  }
}

async function begin(session: Session, upload: Upload): Promise<Running> {
  const { UploadId } = await onBucket(session, { action: 'PutObject', key: upload.key }, (target, options) => {
    const command = new CreateMultipartUploadCommand({
      ...target,
      Key: upload.key,
      ContentType: 'application/octet-stream',
      ChecksumAlgorithm: 'SHA256',
      ChecksumType: 'COMPOSITE',
      Metadata: { [SHA256_FIELD]: base64Of(upload) },
    });
    return session.s3.send(command, options);
  });
  return { key: upload.key, uploadId: UploadId ?? '', sent: new Map() };
}

/** The youngest upload to the same key whose parts are all ours. What nobody is at any more is cleared away. */
async function takeUp(session: Session, upload: Upload, parts: PartRange[]): Promise<Running | null> {
  for (const leftover of await leftovers(session, upload.key)) {
    if (leftover.key !== upload.key) continue;
    const sent = await partsOf(session, leftover);
    if (sent === null) continue;
    const running: Running = { ...leftover, sent: new Map() };
    for (const { number, size, etag, checksum } of sent) {
      const range = parts[number - 1];
      if (range === undefined || size !== range.size || checksum === null) break;
      const ours = await hashRange(rangeOf(upload.file, range), session.ctx.signal);
      if (ours.toString('base64') !== checksum) break;
      running.sent.set(number, completed(number, checksum, etag));
    }
    if (running.sent.size === sent.length) return running;
    if (leftover.age > STALE_MS) await abortUpload(session, leftover);
  }
  return null;
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof MlfnError)) return false;
  return PASSING.includes(error.code) || Number(error.details['status']) >= 500;
}

async function sendParts(session: Session, running: Running, file: string, parts: PartRange[], progress: Progress): Promise<void> {
  const waiting = parts.filter(({ number }) => !running.sent.has(number)).values();
  const stop = new AbortController();
  const signal = AbortSignal.any([session.ctx.signal, stop.signal]);
  let first: unknown;
  const worker = async (): Promise<void> => {
    try {
      for (const part of waiting) await sendPart(session, running, part.number, rangeOf(file, part), signal, progress);
    } catch (error) {
      first ??= error;
      stop.abort();
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
  if (first !== undefined) throw first;
}

async function sendPart(
  session: Session,
  { key, uploadId, sent }: Running,
  number: number,
  range: FileRange,
  abortSignal: AbortSignal,
  progress: Progress,
): Promise<void> {
  const sha256 = await hashRange(range, abortSignal);
  const checksum = sha256.toString('base64');
  const act = { action: 'PutObject', key, expected: [...LOST, ...MISMATCH] };
  try {
    const { ETag } = await onBucket(session, act, (target) => {
      const command = new UploadPartCommand({
        ...target,
        Key: key,
        UploadId: uploadId,
        PartNumber: number,
        ContentLength: range.size,
        ChecksumSHA256: checksum,
      });
      streamFile(command, range, sha256, progress.add);
      return session.s3.send(command, { abortSignal });
    });
    sent.set(number, completed(number, checksum, ETag));
  } catch (error) {
    if (isCode(error, MISMATCH)) throw changed(range.file);
    throw error;
  }
}

function completed(number: number, checksum: string, etag: string | undefined): CompletedPart {
  return { PartNumber: number, ChecksumSHA256: checksum, ...(etag === undefined ? {} : { ETag: etag }) };
}

/** S3 makes one object of the parts: it refuses other parts, other checksums or another size than these. */
async function complete(session: Session, { key, uploadId, sent }: Running, { size }: Upload, replace: boolean): Promise<void> {
  const parts = [...sent.values()].toSorted((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
  await onBucket(session, { action: 'PutObject', key, expected: [...LOST, ...PRECONDITION] }, (target, options) => {
    const command = new CompleteMultipartUploadCommand({
      ...target,
      Key: key,
      UploadId: uploadId,
      MultipartUpload: { Parts: parts },
      ChecksumType: 'COMPOSITE',
      MpuObjectSize: size,
      ...(replace ? {} : { IfNoneMatch: '*' }),
    });
    return session.s3.send(command, options);
  });
}
