/** The bucket as `history.ts` asks for it: small texts, written under conditions. */
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ObjectStore } from '../../history.ts';
import type { Session } from '../session.ts';
import { listKeys, removeKeys } from './listing.ts';
import { CONFLICT, isCode, MISSING, NO_BUCKET, nullFor, onBucket, PRECONDITION } from './s3.ts';

/** By bucket, key and ETag, for as long as the client lives. */
const known = new WeakMap<S3Client, Map<string, string>>();

export function storeOf(session: Session): ObjectStore {
  return {
    codes: { broken: 'AWS_RECORD_BROKEN', newer: 'AWS_RECORD_NEWER' },
    list: async (prefix) => (await listKeys(session, prefix)).map(({ etag, ...rest }) => ({ ...rest, version: etag })),
    read: (key, version) => readText(session, key, version),
    create: (key, text) => writeText(session, key, text, { IfNoneMatch: '*' }),
    replace: (key, text, version) => writeText(session, key, text, { IfMatch: version }),
    remove: (keys) => removeKeys(session, keys),
  };
}

async function readText(session: Session, key: string, etag?: string): Promise<string | null> {
  const texts = known.get(session.s3) ?? new Map<string, string>();
  known.set(session.s3, texts);
  const place = `${await session.bucket()}/${key} ${etag}`;
  const before = etag === undefined ? undefined : texts.get(place);
  if (before !== undefined) return before;
  const text = await nullFor([...MISSING, NO_BUCKET], session, { action: 'GetObject', key }, async (target, options) => {
    const { Body } = await session.s3.send(new GetObjectCommand({ ...target, Key: key }), options);
    return (await Body?.transformToString()) ?? '';
  });
  if (text !== null && etag !== undefined) texts.set(place, text);
  return text;
}

const TRIES = 5;

/** False when the condition does not hold: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
async function writeText(session: Session, key: string, text: string, condition: { IfNoneMatch: '*' } | { IfMatch: string }): Promise<boolean> {
  const act = { action: 'PutObject', key, expected: [...PRECONDITION, ...CONFLICT] };
  for (let tries = 1; ; tries++) {
    try {
      await onBucket(session, act, (target, options) => {
        const command = new PutObjectCommand({ ...target, Key: key, Body: text, ContentType: 'application/json', ...condition });
        return session.s3.send(command, options);
      });
      return true;
    } catch (error) {
      if (isCode(error, PRECONDITION)) return false;
      // 409: another write at the same moment, which may fail: only another try tells.
      if (!isCode(error, CONFLICT) || tries === TRIES) throw error;
    }
  }
}
