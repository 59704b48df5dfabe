/** Calls of S3 on the session's bucket: each names the account that must own it, and honours Ctrl-C. */
import { MlfnError } from '../../../errors.ts';
import { awsCode, explainAws } from '../errors.ts';
import { s3Arn } from '../names.ts';
import type { Session } from '../session.ts';

/** Who waits in front of a name that looks like ours gets nothing (bucket squatting). */
export interface Target {
  Bucket: string;
  ExpectedBucketOwner: string;
}

export interface Options {
  abortSignal: AbortSignal;
}

interface Act {
  /** Without its service: `PutObject`. */
  action: string;
  /** Key or prefix, for the message; the bucket itself when absent. */
  key?: string;
  /** Codes of AWS that come through as the SDK threw them. */
  expected?: readonly string[];
}

/** @throws MlfnError AWS_*, INTERRUPTED; the SDK's own error for what is `expected` */
export async function onBucket<T>(session: Session, act: Act, send: (target: Target, options: Options) => Promise<T>): Promise<T> {
  const target: Target = { Bucket: await session.bucket(), ExpectedBucketOwner: await session.account() };
  try {
    return await send(target, { abortSignal: session.ctx.signal });
  } catch (error) {
    if (act.expected?.includes(awsCode(error))) throw error;
    if (act.action === 'ListBucket' && isTaken(error)) throw taken(target.Bucket, error);
    const resource = s3Arn(session.partition, target.Bucket, act.key);
    throw explainAws(error, { action: `s3:${act.action}`, resource, env: session.ctx.env });
  }
}

/**
 * A bucket of another account: who may not because of a policy is told which, whoever named the wrong owner is told nothing
 * (docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html).
 */
export function isTaken(error: unknown): boolean {
  return awsCode(error) === 'AccessDenied' && !/not authorized|explicit deny/i.test((error as Error).message);
}

export function taken(bucket: string, cause: unknown): MlfnError {
  return new MlfnError('AWS_BUCKET_TAKEN', `The bucket ${bucket} belongs to another AWS account; nothing was sent there.`, {
    hint: 'Name a bucket of your own with --bucket.',
    details: { bucket },
    cause,
  });
}

/** HEAD and GET of what is not there. */
export const MISSING = ['NotFound', 'NoSuchKey', '404'] as const;
export const NO_BUCKET = 'NoSuchBucket';
/** If-None-Match: * met an object, or another writer at the same moment. */
export const PRECONDITION = ['PreconditionFailed', '412'] as const;
export const CONFLICT = ['ConditionalRequestConflict', 'OperationAborted', '409'] as const;

export function isCode(error: unknown, codes: readonly string[]): boolean {
  return codes.includes(awsCode(error));
}

/** Null for one of the codes; everything else as `onBucket` throws it. */
export async function nullFor<T>(
  codes: readonly string[],
  session: Session,
  act: Act,
  send: (target: Target, options: Options) => Promise<T>,
): Promise<T | null> {
  try {
    return await onBucket(session, { ...act, expected: [...codes, ...(act.expected ?? [])] }, send);
  } catch (error) {
    if (isCode(error, codes)) return null;
    throw error;
  }
}
