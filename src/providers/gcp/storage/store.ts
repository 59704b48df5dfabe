/** The bucket as `history.ts` asks for it: small texts, written under conditions. */
import type { Storage } from '@google-cloud/storage';
import type { ObjectStore } from '../../history.ts';
import type { Session } from '../session.ts';
import { nullFor, onBucket, statusOf } from './gcs.ts';
import { crc32cOf } from './crc32c.ts';
import { listKeys, removeKeys } from './listing.ts';

/** By bucket, key and generation, for as long as the client lives. */
const known = new WeakMap<Storage, Map<string, string>>();

export function storeOf(session: Session): ObjectStore {
  return {
    codes: { broken: 'GCP_RECORD_BROKEN', newer: 'GCP_RECORD_NEWER' },
    list: (prefix) => listKeys(session, prefix),
    read: (key, version) => readText(session, key, version),
    create: (key, text) => writeText(session, key, text, 0),
    replace: (key, text, version) => writeText(session, key, text, version),
    remove: (keys) => removeKeys(session, keys.map((key) => ({ key }))),
  };
}

async function readText(session: Session, key: string, version?: string): Promise<string | null> {
  const storage = await session.storage();
  const texts = known.get(storage) ?? new Map<string, string>();
  known.set(storage, texts);
  const place = `${session.bucket}/${key} ${version}`;
  const before = version === undefined ? undefined : texts.get(place);
  if (before !== undefined) return before;
  const found = await nullFor([404], session, { permission: 'storage.objects.get', key }, (bucket) => bucket.file(key).download());
  const text = found?.[0].toString('utf8') ?? null;
  if (text !== null && version !== undefined) texts.set(place, text);
  return text;
}

/**
 * False when the object is no longer that generation (0: when one is there already); also as the answer to a second try, when
 * that to the first got lost.
 */
async function writeText(session: Session, key: string, text: string, generation: number | string): Promise<boolean> {
  const bytes = Buffer.from(text);
  const metadata = { contentType: 'application/json', crc32c: crc32cOf(bytes) };
  try {
    await onBucket(session, { permission: 'storage.objects.create', key, expected: [412] }, (bucket) =>
      bucket.file(key).save(bytes, { resumable: false, validation: false, metadata, preconditionOpts: { ifGenerationMatch: generation } }),
    );
    return true;
  } catch (error) {
    if (statusOf(error) === 412) return false;
    throw error;
  }
}
