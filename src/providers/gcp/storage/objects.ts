/** Parts of packages in the bucket, addressed by the digest of what is in them; and models. */
import { MlfnError } from '../../../errors.ts';
import type { Digest } from '../../../types.ts';
import { progressOf } from '../../progress.ts';
import { archiveDigest } from '../names.ts';
import type { Session } from '../session.ts';
import { sumOf } from './file-sum.ts';
import { nullFor } from './gcs.ts';
import { listKeys, removeKeys } from './listing.ts';
import { putWhole, SINGLE_BYTES } from './put.ts';
import { listAllRecords, type ReleaseRecord } from './records.ts';
import { putInPieces } from './resumable.ts';
import { SHA256_FIELD, type Upload } from './upload.ts';

export interface StoredObject {
  /** Bytes. */
  size: number;
  /** As Cloud Storage writes it: base64. */
  crc32c: string;
  /** Hex; null where nobody recorded it. */
  sha256: Digest | null;
  generation: string;
}

/** Someone else's write at the very same moment makes another try necessary. */
const TRIES = 4;

/** Whatever is at the key; null where nothing is, or no bucket. */
export async function headObject(session: Session, key: string): Promise<StoredObject | null> {
  const found = await nullFor([404], session, { permission: 'storage.objects.get', key }, (bucket) => bucket.file(key).getMetadata());
  if (found === null) return null;
  const { size, crc32c, generation, metadata } = found[0];
  return { size: Number(size), crc32c: crc32c ?? '', sha256: (metadata?.[SHA256_FIELD] as string | undefined) ?? null, generation: String(generation) };
}

/**
 * Sends the file unless the bucket has the same bytes at that key; other bytes there are replaced. Cloud Storage checks all it
 * gets against CRC32C before there is an object. A large file goes in pieces, and goes on where an earlier run was broken off.
 * Where nothing was and a teammate is faster, theirs stays: an archive of the same files by another zlib, on which their
 * deploy relies.
 * @returns what the bucket holds now, and how many bytes this call has sent
 * @throws GCP_UPLOAD_CHANGED, GCP_UPLOAD_DIFFERS, GCP_*, INTERRUPTED
 */
export async function putObject(session: Session, upload: Upload): Promise<StoredObject & { sent: number }> {
  const progress = progressOf(session.ctx, upload);
  let there = await headObject(session, upload.key);
  if (there !== null && isSame(there, upload)) return { ...there, sent: 0 };
  const crc32c = await sumOf(upload, session.ctx.signal);
  const put = upload.size < SINGLE_BYTES ? putWhole : putInPieces;
  for (let tries = 0; there === null || !isSame(there, upload, crc32c); tries++) {
    if (tries === TRIES) throw differs(upload, there);
    const before = there;
    const outcome = await put(session, { ...upload, crc32c, before: before?.generation ?? 0 }, progress);
    there = await headObject(session, upload.key);
    if (outcome === 'taken' && before === null && there !== null && there.sha256 !== null) break;
  }
  return { ...there, sent: progress.sent() };
}

function isSame(there: StoredObject, upload: Upload, crc32c?: string): boolean {
  if (there.size !== upload.size) return false;
  return there.sha256 === upload.sha256 || (there.sha256 === null && there.crc32c === crc32c);
}

function differs({ key, size, sha256 }: Upload, there: StoredObject | null): MlfnError {
  const found = there === null ? 'nothing' : `an object of ${there.size} bytes`;
  return new MlfnError('GCP_UPLOAD_DIFFERS', `At ${key} the bucket holds ${found}, not the ${size} bytes that were sent.`, {
    hint: 'Run it again; if it comes back, look for something else that writes to the bucket.',
    details: { key, sent: { size, sha256 }, there },
  });
}

const OBJECT = /^objects\/([0-9a-f]{64})\.tar\.gz$/;

/**
 * Removes the archives that neither `keep` nor any release names. The records are read again after the listing: who stores an
 * object has claimed a release before, so what another deploy has stored since `keep` was made is named by now. Uploads that
 * were broken off leave nothing in the bucket: Cloud Storage forgets them after a week.
 * @param dropped records that count no more: they are removed after what they name
 */
export async function collectObjects(
  session: Session,
  keep: ReadonlySet<Digest>,
  dropped: (record: ReleaseRecord) => boolean = () => false,
): Promise<{ removed: number; bytes: number }> {
  const unnamed = (await listKeys(session, 'objects/')).filter(({ key }) => OBJECT.test(key) && !keep.has(OBJECT.exec(key)?.[1] ?? ''));
  const records = unnamed.length === 0 ? [] : await listAllRecords(session);
  const named = new Set(records.flatMap(({ record }) => (dropped(record) ? [] : [archiveDigest(record.artifacts)])));
  const gone = unnamed.filter(({ key }) => !named.has(OBJECT.exec(key)?.[1] ?? ''));
  await removeKeys(session, gone);
  return { removed: gone.length, bytes: gone.reduce((sum, { size }) => sum + size, 0) };
}
