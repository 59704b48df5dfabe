/** What lies below a prefix of the bucket, and its removal. */
import { DeleteObjectsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { explainAws } from '../errors.ts';
import { s3Arn } from '../names.ts';
import type { Session } from '../session.ts';
import { NO_BUCKET, nullFor } from './s3.ts';

export interface Listed {
  key: string;
  etag: string;
  /** Bytes. */
  size: number;
}

/** Everything below the prefix, in the order of the keys; nothing without a bucket. */
export async function listKeys(session: Session, prefix: string): Promise<Listed[]> {
  const listed: Listed[] = [];
  let token: string | undefined;
  do {
    const page = await nullFor([NO_BUCKET], session, { action: 'ListBucket' }, (target, options) =>
      session.s3.send(new ListObjectsV2Command({ ...target, Prefix: prefix, ContinuationToken: token }), options),
    );
    for (const { Key, ETag, Size } of page?.Contents ?? []) {
      if (Key !== undefined) listed.push({ key: Key, etag: ETag ?? '', size: Size ?? 0 });
    }
    token = page?.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return listed;
}

/** Keys of one DeleteObjects: docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const MOST_AT_ONCE = 1000;
/** What mlfn writes; nothing else is ever removed, least of all from a bucket of the user's own. */
const OURS =
  /^(objects\/[0-9a-f]{64}\.zip|functions\/[a-z][a-z0-9-]*\/(models\/([0-9a-f]{64}|release-\d{6,}\.json)|releases\/\d{6,}(\.verified)?\.json))$/;

export function isOurs(key: string): boolean {
  return OURS.test(key);
}

/** What is gone already counts as removed. */
export async function removeKeys(session: Session, keys: string[]): Promise<void> {
  const foreign = keys.find((key) => !isOurs(key));
  if (foreign !== undefined) throw new Error(`not a key of mlfn: ${foreign}`);
  for (let index = 0; index < keys.length; index += MOST_AT_ONCE) {
    const Objects = keys.slice(index, index + MOST_AT_ONCE).map((Key) => ({ Key }));
    const gone = await nullFor([NO_BUCKET], session, { action: 'DeleteObject', key: keys[index] ?? '' }, (target, options) =>
      session.s3.send(new DeleteObjectsCommand({ ...target, Delete: { Objects, Quiet: true } }), options),
    );
    const refused = gone?.Errors?.[0];
    if (refused !== undefined) throw await explained(session, refused);
  }
}

/** Removes what mlfn wrote below the prefix, and leaves everything else. */
export async function deletePrefix(session: Session, prefix: string): Promise<number> {
  const ours = (await listKeys(session, prefix)).map(({ key }) => key).filter(isOurs);
  await removeKeys(session, ours);
  return ours.length;
}

/** One key's error inside an answer that is 200 as a whole. */
async function explained(session: Session, refused: { Key?: string; Code?: string; Message?: string }): Promise<Error> {
  const error = Object.assign(new Error(refused.Message), { name: refused.Code, $metadata: { httpStatusCode: 200 } });
  const resource = s3Arn(session.partition, await session.bucket(), refused.Key);
  return explainAws(error, { action: 's3:DeleteObject', resource });
}
