/** Zips in the bucket, addressed by the digest of what is in them. */
import { HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { MlfnError } from '../../../errors.ts';
import type { Digest } from '../../../types.ts';
import { objectKey } from '../names.ts';
import type { Session } from '../session.ts';
import { abortUpload, leftovers, STALE_MS } from './leftovers.ts';
import { isOurs, listKeys, removeKeys } from './listing.ts';
import { putInParts } from './multipart.ts';
import { SINGLE_BYTES } from './parts.ts';
import { progressOf } from '../../progress.ts';
import { putWhole } from './put.ts';
import { listAllRecords, type ReleaseRecord } from './records.ts';
import { MISSING, NO_BUCKET, nullFor } from './s3.ts';
import { base64Of, SHA256_FIELD, type Upload } from './upload.ts';

export interface StoredObject {
  /** Bytes. */
  size: number;
  /** Of the whole object, as Lambda's `CodeSha256` writes it; null where nobody recorded it. */
  sha256: string | null;
}

/** Someone else's write at the very same moment makes another try necessary. */
const TRIES = 4;

/** The zip of an artifact, if the bucket has it; also null without a bucket. */
export async function hasObject(session: Session, digest: Digest): Promise<StoredObject | null> {
  return headObject(session, objectKey(digest));
}

/** Whatever is at the key; null where nothing is. */
export async function headObject(session: Session, key: string): Promise<StoredObject | null> {
  const found = await nullFor([...MISSING, NO_BUCKET], session, { action: 'GetObject', key }, (target, options) =>
    session.s3.send(new HeadObjectCommand({ ...target, Key: key, ChecksumMode: 'ENABLED' }), options),
  ).catch(async (error: unknown) => {
    // An answer to HEAD has no words; a listing does, for credentials that have expired.
    if (error instanceof MlfnError && error.details['aws'] === '400') await listKeys(session, key);
    throw error;
  });
  return found === null ? null : { size: found.ContentLength ?? 0, sha256: wholeSha256(found) };
}

/** `HASH-N` is a hash over the hashes of N parts. */
function wholeSha256({ ChecksumSHA256: checksum, Metadata }: HeadObjectCommandOutput): string | null {
  if (checksum !== undefined && !checksum.includes('-')) return checksum;
  return Metadata?.[SHA256_FIELD] ?? null;
}

/**
 * Sends the file unless the bucket has the same bytes at that key; other bytes there are replaced. S3 checks all it gets
 * against SHA-256. A large file goes in parts, and goes on where an earlier run was broken off. Where nothing was and a
 * teammate is faster, theirs stays: a zip of the same files by another zlib, on which their deploy relies.
 * @returns what the bucket holds now, and how many bytes this call has sent
 * @throws AWS_UPLOAD_CHANGED, AWS_UPLOAD_DIFFERS, AWS_*, INTERRUPTED
 */
export async function putObject(session: Session, upload: Upload): Promise<StoredObject & { sent: number }> {
  const progress = progressOf(session.ctx, upload);
  const put = upload.size < SINGLE_BYTES ? putWhole : putInParts;
  let there = await headObject(session, upload.key);
  for (let tries = 0; !isSame(there, upload); tries++) {
    if (tries === TRIES) throw differs(upload, there);
    const outcome = await put(session, upload, there !== null, progress);
    there = await headObject(session, upload.key);
    if (outcome === 'taken' && there !== null && there.sha256 !== null) break;
  }
  return { ...there, sent: progress.sent() };
}

function isSame(there: StoredObject | null, upload: Upload): there is StoredObject {
  return there !== null && there.size === upload.size && there.sha256 === base64Of(upload);
}

function differs({ key, size, sha256 }: Upload, there: StoredObject | null): MlfnError {
  const found = there === null ? 'nothing' : `an object of ${there.size} bytes`;
  return new MlfnError('AWS_UPLOAD_DIFFERS', `At ${key} the bucket holds ${found}, not the ${size} bytes that were sent.`, {
    hint: 'Run it again; if it comes back, look for something else that writes to the bucket.',
    details: { key, sent: { size, sha256 }, there },
  });
}

const OBJECT = /^objects\/([0-9a-f]{64})\.zip$/;

function digestOf(key: string): Digest | undefined {
  return OBJECT.exec(key)?.[1];
}

/**
 * Removes the zips, whole or half sent, that neither `keep` nor any release names, and what is left of uploads that nobody is
 * at any more. The records are read again after the listing: who stores an object has claimed a release before, so what
 * another deploy has stored since `keep` was made is named by now.
 * @param dropped records that count no more: they are removed after what they name
 */
export async function collectObjects(
  session: Session,
  keep: ReadonlySet<Digest>,
  dropped: (record: ReleaseRecord) => boolean = () => false,
): Promise<{ removed: number; bytes: number }> {
  const [listed, zips, models] = await Promise.all([listKeys(session, 'objects/'), leftovers(session, 'objects/'), leftovers(session, 'functions/')]);
  const unnamed = [...listed, ...zips].map(({ key }) => digestOf(key)).filter((digest) => digest !== undefined && !keep.has(digest));
  const records = unnamed.length === 0 ? [] : await listAllRecords(session);
  const named = new Set(records.flatMap(({ record }) => (dropped(record) ? [] : Object.values(record.artifacts))));
  const unused = new Set(unnamed.filter((digest) => !named.has(digest ?? '')));
  const gone = listed.filter(({ key }) => unused.has(digestOf(key) ?? ''));
  await removeKeys(session, gone.map(({ key }) => key));
  for (const leftover of [...zips, ...models].filter(({ key }) => isOurs(key))) {
    if (leftover.age > STALE_MS || unused.has(digestOf(leftover.key) ?? '')) await abortUpload(session, leftover);
  }
  return { removed: gone.length, bytes: gone.reduce((sum, { size }) => sum + size, 0) };
}
