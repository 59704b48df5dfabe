/** What mlfn sets on a bucket of its own: read and written one by one, so that a half-made bucket can be completed. */
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type LifecycleRule,
  type Tag,
} from '@aws-sdk/client-s3';
import { isDeepStrictEqual } from 'node:util';
import { s3Arn, TAG, TAG_VALUE } from '../names.ts';
import type { Session } from '../session.ts';
import { nullFor, onBucket } from './s3.ts';

export interface Setting {
  /** As a plan shows it. */
  label: string;
  /** Null when it is as it should be; else what sets it right and leaves alone what others have set. */
  mend(session: Session): Promise<(() => Promise<unknown>) | null>;
}

const CLOSED = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };

const publicAccess: Setting = {
  label: 'private',
  async mend(session) {
    const found = await nullFor(['NoSuchPublicAccessBlockConfiguration'], session, { action: 'GetBucketPublicAccessBlock' }, (target, options) =>
      session.s3.send(new GetPublicAccessBlockCommand(target), options),
    );
    const flags = found?.PublicAccessBlockConfiguration ?? {};
    if (Object.keys(CLOSED).every((flag) => flags[flag as keyof typeof CLOSED] === true)) return null;
    return () =>
      onBucket(session, { action: 'PutBucketPublicAccessBlock' }, (target, options) =>
        session.s3.send(new PutPublicAccessBlockCommand({ ...target, PublicAccessBlockConfiguration: CLOSED }), options),
      );
  },
};

const ownership: Setting = {
  label: 'no ACLs',
  async mend(session) {
    const found = await nullFor(['OwnershipControlsNotFoundError'], session, { action: 'GetBucketOwnershipControls' }, (target, options) =>
      session.s3.send(new GetBucketOwnershipControlsCommand(target), options),
    );
    const Rules = [{ ObjectOwnership: 'BucketOwnerEnforced' as const }];
    if (found?.OwnershipControls?.Rules?.[0]?.ObjectOwnership === 'BucketOwnerEnforced') return null;
    return () =>
      onBucket(session, { action: 'PutBucketOwnershipControls' }, (target, options) =>
        session.s3.send(new PutBucketOwnershipControlsCommand({ ...target, OwnershipControls: { Rules } }), options),
      );
  },
};

/** A key of KMS, which someone may have set since, is more and not less. */
const encryption: Setting = {
  label: 'encrypted',
  async mend(session) {
    const none = ['ServerSideEncryptionConfigurationNotFoundError'];
    const found = await nullFor(none, session, { action: 'GetEncryptionConfiguration' }, (target, options) =>
      session.s3.send(new GetBucketEncryptionCommand(target), options),
    );
    const rules = found?.ServerSideEncryptionConfiguration?.Rules ?? [];
    if (rules.some((rule) => rule.ApplyServerSideEncryptionByDefault?.SSEAlgorithm !== undefined)) return null;
    const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const } }];
    return () =>
      onBucket(session, { action: 'PutEncryptionConfiguration' }, (target, options) =>
        session.s3.send(new PutBucketEncryptionCommand({ ...target, ServerSideEncryptionConfiguration: { Rules } }), options),
      );
  },
};

/** Never switched on; keys are never written twice, and what is removed should be gone. */
const versioning: Setting = {
  label: 'versioning off',
  async mend(session) {
    const { Status } = await onBucket(session, { action: 'GetBucketVersioning' }, (target, options) =>
      session.s3.send(new GetBucketVersioningCommand(target), options),
    );
    if (Status !== 'Enabled') return null;
    return () =>
      onBucket(session, { action: 'PutBucketVersioning' }, (target, options) =>
        session.s3.send(new PutBucketVersioningCommand({ ...target, VersioningConfiguration: { Status: 'Suspended' } }), options),
      );
  },
};

interface Statement {
  Sid?: string;
}

const tlsOnly: Setting = {
  label: 'TLS only',
  async mend(session) {
    const bucket = await session.bucket();
    const found = await nullFor(['NoSuchBucketPolicy'], session, { action: 'GetBucketPolicy' }, (target, options) =>
      session.s3.send(new GetBucketPolicyCommand(target), options),
    );
    const policy = JSON.parse(found?.Policy || '{}') as { Statement?: Statement | Statement[] };
    const statements = [policy.Statement ?? []].flat();
    const wanted = {
      Sid: 'MlfnTlsOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [s3Arn(session.partition, bucket), s3Arn(session.partition, bucket, '*')],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    if (statements.some((each) => isDeepStrictEqual(normal(each), normal(wanted)))) return null;
    const others = statements.filter(({ Sid }) => Sid !== wanted.Sid);
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [...others, wanted] });
    return () =>
      onBucket(session, { action: 'PutBucketPolicy' }, (target, options) =>
        session.s3.send(new PutBucketPolicyCommand({ ...target, Policy }), options),
      );
  },
};

/** S3 gives a policy back as it was written, but for single values in lists and `{"AWS": "*"}`. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? normal(value[0]) : value.map(normal).toSorted();
  if (typeof value !== 'object' || value === null) return String(value);
  if (isDeepStrictEqual(value, { AWS: '*' }) || isDeepStrictEqual(value, { AWS: ['*'] })) return '*';
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, normal(each)]));
}

const ABORT: LifecycleRule = {
  ID: 'mlfn-abort-uploads',
  Status: 'Enabled',
  Filter: { Prefix: '' },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
};

const lifecycle: Setting = {
  label: 'broken uploads end after 7 days',
  async mend(session) {
    const found = await nullFor(['NoSuchLifecycleConfiguration'], session, { action: 'GetLifecycleConfiguration' }, (target, options) =>
      session.s3.send(new GetBucketLifecycleConfigurationCommand(target), options),
    );
    const rules = found?.Rules ?? [];
    const days = rules.find(({ ID, Status }) => ID === ABORT.ID && Status === 'Enabled')?.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
    if (days === ABORT.AbortIncompleteMultipartUpload?.DaysAfterInitiation) return null;
    const Rules = [...rules.filter(({ ID }) => ID !== ABORT.ID), ABORT];
    return () =>
      onBucket(session, { action: 'PutLifecycleConfiguration' }, (target, options) =>
        session.s3.send(new PutBucketLifecycleConfigurationCommand({ ...target, LifecycleConfiguration: { Rules } }), options),
      );
  },
};

const tags: Setting = {
  label: 'tagged',
  async mend(session) {
    const found = await nullFor(['NoSuchTagSet'], session, { action: 'GetBucketTagging' }, (target, options) =>
      session.s3.send(new GetBucketTaggingCommand(target), options),
    );
    const there = found?.TagSet ?? [];
    const wanted: Tag[] = [{ Key: TAG, Value: TAG_VALUE }];
    const missing = wanted.filter((tag) => !there.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value));
    if (missing.length === 0) return null;
    const TagSet = [...there.filter(({ Key }) => !missing.some((tag) => tag.Key === Key)), ...missing];
    return () =>
      onBucket(session, { action: 'PutBucketTagging' }, (target, options) =>
        session.s3.send(new PutBucketTaggingCommand({ ...target, Tagging: { TagSet } }), options),
      );
  },
};

/** In the order in which they are set: closed first. */
export const SETTINGS: readonly Setting[] = [publicAccess, ownership, encryption, versioning, tlsOnly, lifecycle, tags];
