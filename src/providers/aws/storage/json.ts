/** Small JSON objects of the bucket, written once and never changed. */
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { MlfnError } from '../../../errors.ts';
import type { Session } from '../session.ts';
import { CONFLICT, isCode, MISSING, NO_BUCKET, nullFor, onBucket, PRECONDITION } from './s3.ts';

/** By bucket, key and ETag, for as long as the client lives: one command lists the same history several times. */
const read = new WeakMap<S3Client, Map<string, unknown>>();

/** Null when there is no such object. @throws AWS_RECORD_BROKEN, AWS_RECORD_NEWER */
export async function readJson<T extends { schema: 1 }>(session: Session, key: string, etag?: string): Promise<T | null> {
  const known = read.get(session.s3) ?? new Map<string, unknown>();
  read.set(session.s3, known);
  const place = `${await session.bucket()}/${key} ${etag}`;
  if (etag !== undefined && known.has(place)) return known.get(place) as T;
  const text = await nullFor([...MISSING, NO_BUCKET], session, { action: 'GetObject', key }, async (target, options) => {
    const { Body } = await session.s3.send(new GetObjectCommand({ ...target, Key: key }), options);
    return Body?.transformToString();
  });
  if (text === null) return null;
  const value = checked<T>(key, text ?? '');
  if (etag !== undefined) known.set(place, value);
  return value;
}

function checked<T extends { schema: 1 }>(key: string, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw broken(key, 'it is not JSON', cause);
  }
  const schema = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
  if (schema === 1) return value as T;
  if (typeof schema !== 'number') throw broken(key, 'it names no schema');
  throw new MlfnError('AWS_RECORD_NEWER', `${key} was made by a newer mlfn (schema ${schema}; this one knows 1).`, {
    hint: 'Update mlfn: npm install --global mlfn@latest.',
    details: { key, schema },
  });
}

export function broken(key: string, why: string, cause?: unknown): MlfnError {
  return new MlfnError('AWS_RECORD_BROKEN', `${key} is no record of mlfn: ${why}.`, {
    hint: 'Restore it, or delete it to forget that release.',
    details: { key },
    cause,
  });
}

const TRIES = 5;

/** False when something is there already. */
export async function createJson(session: Session, key: string, value: { schema: 1 }): Promise<boolean> {
  const act = { action: 'PutObject', key, expected: [...PRECONDITION, ...CONFLICT] };
  for (let tries = 1; ; tries++) {
    try {
      await onBucket(session, act, (target, options) => {
        const Body = `${JSON.stringify(value, null, 1)}\n`;
        const command = new PutObjectCommand({ ...target, Key: key, Body, ContentType: 'application/json', IfNoneMatch: '*' });
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
