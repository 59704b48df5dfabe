/** The bucket that everything is kept in: mlfn's own, made and kept private, or one of the user's that is only looked at. */
import type { BucketMetadata } from '@google-cloud/storage';
import { MlfnError } from '../../../errors.ts';
import type { Session } from '../session.ts';
import { call, exists, findOwn, statusOf, taken } from './gcs.ts';
import { driftOf, mendOf } from './settings.ts';

export interface BucketState {
  name: string;
  exists: boolean;
  /** False for `--bucket`: its settings are the user's, and never looked at. */
  own: boolean;
  /** What a bucket of mlfn's lacks, as a plan shows it. */
  drift: string[];
}

/** Reads only. @throws GCP_BUCKET_TAKEN, GCP_BUCKET_MISSING (for `--bucket`), GCP_* */
export async function observeBucket(session: Session): Promise<BucketState> {
  const name = session.bucket;
  if (session.config.bucket !== undefined) {
    await theirs(session);
    return { name, exists: true, own: false, drift: [] };
  }
  const found = await own(session);
  return { name, exists: found !== null, own: true, drift: found === null ? [] : driftOf(found) };
}

async function theirs(session: Session): Promise<void> {
  const storage = await session.storage();
  try {
    await call(session, { permission: 'storage.buckets.get', expected: [404] }, () => storage.bucket(session.bucket).getMetadata());
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new MlfnError('GCP_BUCKET_MISSING', `There is no bucket ${session.bucket}.`, {
      hint: 'Make it, or leave --bucket out for the one that mlfn makes.',
      details: { bucket: session.bucket },
    });
  }
}

/** Null when nobody has a bucket of that name. @throws GCP_BUCKET_TAKEN */
async function own(session: Session): Promise<BucketMetadata | null> {
  const storage = await session.storage();
  const found = await findOwn(session, storage);
  if (found !== null) return found.metadata;
  if (await exists(session, storage)) throw taken(session.bucket);
  return null;
}

/** Tries of a change that another command made at the same moment. */
const TRIES = 5;

/** Makes the bucket, or what is missing of it. Nothing is changed in a bucket of the user's. */
export async function ensureBucket(session: Session): Promise<void> {
  if (session.config.bucket !== undefined) return void (await theirs(session));
  for (let tries = 1; ; tries++) {
    const found = await own(session);
    const change = mendOf(found ?? {});
    if (found !== null && change === null) return;
    const done = found === null ? await create(session, change ?? {}) : await mend(session, found, change ?? {});
    if (done) return;
    if (tries === TRIES) throw new MlfnError('GCP_SLOW', `The bucket ${session.bucket} is changed by others all the time.`, { hint: 'Run the same command again.' });
  }
}

/** With all of its settings from the first moment on. False: another command has just made it, or somebody else has. */
async function create(session: Session, settings: BucketMetadata): Promise<boolean> {
  const storage = await session.storage();
  const metadata = { ...settings, location: session.region.toUpperCase() } as Parameters<typeof storage.createBucket>[1];
  return unless(409, () =>
    call(session, { permission: 'storage.buckets.create', expected: [409] }, () =>
      storage.createBucket(session.bucket, metadata),
    ),
  );
}

async function mend(session: Session, { metageneration }: BucketMetadata, change: BucketMetadata): Promise<boolean> {
  const storage = await session.storage();
  const act = { permission: 'storage.buckets.update', expected: [412] };
  const unchanged = metageneration === undefined ? {} : { ifMetagenerationMatch: metageneration };
  return unless(412, () => call(session, act, () => storage.bucket(session.bucket).setMetadata(change, unchanged)));
}

async function unless(status: number, act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (statusOf(error) === status) return false;
    throw error;
  }
}
