/** The bucket that everything is kept in: mlfn's own, made and kept private, or one of the user's that is only looked at. */
import { CreateBucketCommand, HeadBucketCommand, ListObjectsV2Command, type BucketLocationConstraint } from '@aws-sdk/client-s3';
import { setTimeout as pause } from 'node:timers/promises';
import { MlfnError } from '../../../errors.ts';
import { awsCode, awsStatus, explainAws } from '../errors.ts';
import { s3Arn } from '../names.ts';
import type { Session } from '../session.ts';
import { CONFLICT, isTaken, NO_BUCKET, taken } from './s3.ts';
import { SETTINGS } from './settings.ts';

export interface BucketState {
  name: string;
  exists: boolean;
  /** False for `--bucket`: its settings are the user's, and never looked at. */
  own: boolean;
  /** What a bucket of mlfn's lacks, as a plan shows it. */
  drift: string[];
}

/** Reads only. @throws AWS_BUCKET_TAKEN, AWS_BUCKET_REGION, AWS_BUCKET_MISSING (for `--bucket`), AWS_* */
export async function observeBucket(session: Session): Promise<BucketState> {
  const name = await session.bucket();
  const own = session.config.bucket === undefined;
  const exists = await isThere(session, name);
  if (!own && !exists) {
    throw new MlfnError('AWS_BUCKET_MISSING', `There is no bucket ${name}.`, {
      hint: 'Make it, or leave --bucket out for the one that mlfn makes.',
      details: { bucket: name },
    });
  }
  const mends = own && exists ? await Promise.all(SETTINGS.map((setting) => setting.mend(session))) : [];
  const drift = SETTINGS.filter((_, index) => (mends[index] ?? null) !== null).map(({ label }) => label);
  return { name, exists, own, drift };
}

/** Makes the bucket, or what is missing of it. Nothing is changed in a bucket of the user's. */
export async function ensureBucket(session: Session): Promise<void> {
  const { name, exists, own } = await observeBucket(session);
  if (!own) return;
  if (!exists) await create(session, name);
  for (const setting of SETTINGS) await settled(session, async () => (await setting.mend(session))?.());
}

/** Pauses between tries while S3 makes the bucket known, or is busy with a teammate's same call. */
const PAUSES_MS = [200, 500, 1000, 2000, 4000];
const PASSING = new Set<string>([NO_BUCKET, ...CONFLICT]);

async function settled(session: Session, act: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await act();
      return;
    } catch (error) {
      const delay = PAUSES_MS[tries];
      const code = error instanceof MlfnError ? String(error.details['aws']) : awsCode(error);
      if (delay === undefined || !PASSING.has(code)) throw error;
      await pause(delay, undefined, { signal: session.ctx.signal });
    }
  }
}

/** The one call of S3 that cannot name the owner it expects: whose name it was is said by its errors. */
async function create(session: Session, name: string): Promise<void> {
  const { region, s3, ctx } = session;
  // us-east-1 is the region of a bucket without one, and not among the values of this field.
  const LocationConstraint = region as BucketLocationConstraint;
  const place = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint } };
  await settled(session, async () => {
    try {
      await s3.send(new CreateBucketCommand({ Bucket: name, ObjectOwnership: 'BucketOwnerEnforced', ...place }), { abortSignal: ctx.signal });
    } catch (error) {
      if (awsCode(error) === 'BucketAlreadyOwnedByYou') return;
      if (awsCode(error) === 'BucketAlreadyExists') {
        // Said of any name in use; whose it is shows when its owner is named.
        if (await isThere(session, name)) return;
        throw taken(name, error);
      }
      throw explainAws(error, { action: 's3:CreateBucket', resource: s3Arn(session.partition, name), env: ctx.env });
    }
  });
}

async function isThere(session: Session, name: string): Promise<boolean> {
  const target = { Bucket: name, ExpectedBucketOwner: await session.account() };
  const need = { action: 's3:ListBucket', resource: s3Arn(session.partition, name), env: session.ctx.env };
  let region: string | undefined;
  try {
    region = (await session.s3.send(new HeadBucketCommand(target), { abortSignal: session.ctx.signal })).BucketRegion;
  } catch (error) {
    const status = awsStatus(error);
    if (status === 404) return false;
    region = status === 301 || status === 400 ? regionOf(error) : undefined;
    if (status === 403 || (status === 400 && region === undefined)) throw await refusal(session, name, error);
    if (region === undefined) throw explainAws(error, need);
  }
  if (region === undefined || region === session.region) return true;
  throw new MlfnError('AWS_BUCKET_REGION', `The bucket ${name} is in ${region}, the function would be in ${session.region}.`, {
    hint: `Name a bucket in ${session.region} with --bucket, or deploy with --region ${region}.`,
    details: { bucket: name, region, wanted: session.region },
  });
}

function regionOf(error: unknown): string | undefined {
  return (error as { $response?: { headers?: Record<string, string> } }).$response?.headers?.['x-amz-bucket-region'];
}

/**
 * HEAD says 403 and no more, for a bucket of someone else as for a missing permission, and 400 for credentials that have
 * expired. GET has a text.
 */
async function refusal(session: Session, name: string, head: unknown): Promise<Error> {
  const target = { Bucket: name, ExpectedBucketOwner: await session.account(), MaxKeys: 1 };
  try {
    await session.s3.send(new ListObjectsV2Command(target), { abortSignal: session.ctx.signal });
  } catch (error) {
    if (isTaken(error)) return taken(name, error);
    return explainAws(error, { action: 's3:ListBucket', resource: s3Arn(session.partition, name), env: session.ctx.env });
  }
  return explainAws(head, { action: 's3:ListBucket', resource: s3Arn(session.partition, name) });
}
