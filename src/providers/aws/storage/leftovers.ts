/** Multipart uploads that were begun and not completed: by a run that was broken off, or by one that goes on elsewhere. */
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import type { Session } from '../session.ts';
import { NO_BUCKET, nullFor } from './s3.ts';

export interface Leftover {
  key: string;
  uploadId: string;
  /** Milliseconds. */
  age: number;
}

export interface SentPart {
  number: number;
  size: number;
  etag: string | undefined;
  /** SHA-256, base64; null when it was sent without. */
  checksum: string | null;
}

/** Begun longer ago than this, nobody is at it any more. */
export const STALE_MS = 24 * 60 * 60 * 1000;
export const NO_UPLOAD = 'NoSuchUpload';

/** Youngest first. */
export async function leftovers(session: Session, prefix: string): Promise<Leftover[]> {
  const found: Leftover[] = [];
  const now = Date.now();
  let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await nullFor([NO_BUCKET], session, { action: 'ListBucketMultipartUploads' }, (target, options) =>
      session.s3.send(new ListMultipartUploadsCommand({ ...target, Prefix: prefix, ...marker }), options),
    );
    for (const { Key: key, UploadId: uploadId, Initiated } of page?.Uploads ?? []) {
      if (key !== undefined && uploadId !== undefined) found.push({ key, uploadId, age: now - (Initiated?.getTime() ?? now) });
    }
    if (page?.IsTruncated !== true) return found.toSorted((a, b) => a.age - b.age);
    marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}

/** Null when the upload was completed or aborted meanwhile. */
export async function partsOf(session: Session, { key, uploadId }: Leftover): Promise<SentPart[] | null> {
  const parts: SentPart[] = [];
  let marker: string | undefined;
  for (;;) {
    const page = await nullFor([NO_UPLOAD], session, { action: 'ListMultipartUploadParts', key }, (target, options) =>
      session.s3.send(new ListPartsCommand({ ...target, Key: key, UploadId: uploadId, PartNumberMarker: marker }), options),
    );
    if (page === null) return null;
    for (const { PartNumber, Size, ETag, ChecksumSHA256 } of page.Parts ?? []) {
      parts.push({ number: PartNumber ?? 0, size: Size ?? 0, etag: ETag, checksum: ChecksumSHA256 ?? null });
    }
    if (page.IsTruncated !== true) return parts;
    marker = page.NextPartNumberMarker;
  }
}

export async function abortUpload(session: Session, { key, uploadId }: Pick<Leftover, 'key' | 'uploadId'>): Promise<void> {
  await nullFor([NO_UPLOAD], session, { action: 'AbortMultipartUpload', key }, (target, options) =>
    session.s3.send(new AbortMultipartUploadCommand({ ...target, Key: key, UploadId: uploadId }), options),
  );
}
