/** Calls of Cloud Storage on the session's bucket: only on one of the session's own project, and given up on Ctrl-C. */
import type { Bucket, Storage } from '@google-cloud/storage';
import { MlfnError } from '../../../errors.ts';
import { explainGcp, type Need } from '../errors.ts';
import type { Session } from '../session.ts';

interface Act {
  /** IAM permission: `storage.objects.get`. */
  permission: string;
  /** Key or prefix, for the message; the bucket itself when absent. */
  key?: string;
  /** HTTP statuses that come through as the client threw them. */
  expected?: readonly number[];
}

/** What one call may take, with the client's own tries: more than any answer, less than a person waits. */
const GIVEN_UP_MS = 180_000;

/** @throws MlfnError GCP_*, INTERRUPTED; the client's own error for what is `expected` */
export async function onBucket<T>(session: Session, act: Act, send: (bucket: Bucket) => Promise<T>): Promise<T> {
  const storage = await session.storage();
  await assertOurs(session, storage);
  return call(session, act, () => send(storage.bucket(session.bucket)));
}

/** The same without a look at whose bucket it is. */
export async function call<T>(session: Session, { permission, key, expected = [] }: Act, send: () => Promise<T>): Promise<T> {
  try {
    return await bounded(session.ctx.signal, send);
  } catch (error) {
    if (expected.includes(statusOf(error))) throw error;
    throw explainGcp(error, needOf(session, permission, key));
  }
}

export function needOf({ bucket }: Session, permission: string, key?: string): Need {
  return { permission, resource: `gs://${bucket}${key === undefined ? '' : `/${key}`}` };
}

/** The client honours no signal, and waits for ever on a connection that has gone silent. */
async function bounded<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error(`no answer within ${GIVEN_UP_MS / 1000} s`), { code: 'ETIMEDOUT' });
    timer = setTimeout(() => reject(error), GIVEN_UP_MS);
  });
  try {
    return await Promise.race([send(), late, stopped(signal)]);
  } finally {
    clearTimeout(timer);
  }
}

/** One listener for all the calls of a command. */
const stops = new WeakMap<AbortSignal, Promise<never>>();

function stopped(signal: AbortSignal): Promise<never> {
  let stop = stops.get(signal);
  if (stop === undefined) {
    stop = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
    // Nobody may be waiting when it comes.
    stop.catch(() => undefined);
    stops.set(signal, stop);
  }
  return stop;
}

/** Buckets that were seen to be ours, for as long as the client lives. */
const ours = new WeakMap<Storage, Set<string>>();

/**
 * A name that looks like ours may be somebody's who waits behind it (bucket squatting): then nothing is sent, and nothing that
 * is there is believed. One that nobody has is no harm: what is asked of it is answered with 404.
 */
async function assertOurs(session: Session, storage: Storage): Promise<void> {
  const { bucket, config } = session;
  const known = ours.get(storage) ?? new Set<string>();
  ours.set(storage, known);
  // A bucket of the user's may be in any project.
  if (config.bucket !== undefined || known.has(bucket)) return;
  if ((await findOwn(session, storage)) !== null) known.add(bucket);
  else if (await exists(session, storage)) throw taken(bucket);
}

/**
 * The bucket as a listing of the session's own project shows it, or null: it tells a bucket's project in one call, and needs no
 * other API to know the project's number.
 */
export async function findOwn(session: Session, storage: Storage): Promise<Bucket | null> {
  const [found] = await call(session, { permission: 'storage.buckets.list' }, () =>
    storage.getBuckets({ project: session.project, prefix: session.bucket }),
  );
  return found.find(({ name }) => name === session.bucket) ?? null;
}

/** In any project: what is refused is there, as the name of a bucket that nobody has is not found. */
export async function exists(session: Session, storage: Storage): Promise<boolean> {
  try {
    await call(session, { permission: 'storage.buckets.get', expected: [403, 404] }, () => storage.bucket(session.bucket).getMetadata());
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    if (statusOf(error) === 403) return true;
    throw error;
  }
}

export function taken(bucket: string, cause?: unknown): MlfnError {
  return new MlfnError('GCP_BUCKET_TAKEN', `The bucket ${bucket} belongs to another Google Cloud project; nothing was sent there.`, {
    hint: 'Name a bucket of your own with --bucket.',
    details: { bucket },
    cause,
  });
}

/** Of an error of the client's; 0 for any other. */
export function statusOf(error: unknown): number {
  if (error instanceof MlfnError) return 0;
  const { code, response } = error as { code?: unknown; response?: { status?: number; statusCode?: number } };
  return Number(response?.status ?? response?.statusCode ?? code) || 0;
}

/** Null for one of the statuses; everything else as `onBucket` throws it. */
export async function nullFor<T>(statuses: readonly number[], session: Session, act: Act, send: (bucket: Bucket) => Promise<T>): Promise<T | null> {
  try {
    return await onBucket(session, { ...act, expected: statuses }, send);
  } catch (error) {
    if (statuses.includes(statusOf(error))) return null;
    throw error;
  }
}
