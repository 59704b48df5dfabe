import {
  CreateBucketCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { ReleaseDraft } from '../../src/providers/provider.ts';
import { ensureBucket, observeBucket } from '../../src/providers/aws/storage/bucket.ts';
import { collectObjects, putObject } from '../../src/providers/aws/storage/objects.ts';
import { claimNumber, deleteHistory, deleteRecord, listRecords, writeVerified } from '../../src/providers/aws/storage/records.ts';
import type { Lab } from './lab/credentials.ts';
import { startMinistack } from './lab/ministack.ts';
import { startMoto } from './lab/moto.ts';
import { temporary } from './lab/server.ts';
import { deployerOf, failure, fileOf, makeBucket, MB, startS3, type Deployer, type S3Lab } from './storage-lab.ts';

/** ministack and moto have all the settings of a bucket; versitygw refuses who is not the owner. */
const labs: Record<string, Lab> = {};
let s3: S3Lab;

beforeAll(async () => {
  [labs['ministack'], labs['moto'], s3] = await Promise.all([startMinistack(), startMoto(), startS3()]);
});
afterAll(async () => {
  await Promise.all([...Object.values(labs), s3].map((each) => each.stop()));
});

const ALL = ['private', 'no ACLs', 'encrypted', 'TLS only', 'broken uploads end after 7 days', 'tagged'];
/** Every test has an account, and so a bucket, of its own. */
let accounts = 200_000_000_000;

async function fresh(lab: string, env: Record<string, string> = {}): Promise<Deployer> {
  accounts += 1;
  return deployerOf({ ...labs[lab]!.env, ...env }, { account: String(accounts) });
}

async function settingsOf({ s3: client, bucket }: Deployer) {
  const target = { Bucket: await bucket() };
  const policy = JSON.parse((await client.send(new GetBucketPolicyCommand(target))).Policy ?? '') as { Statement: unknown[] };
  return {
    access: (await client.send(new GetPublicAccessBlockCommand(target))).PublicAccessBlockConfiguration,
    ownership: (await client.send(new GetBucketOwnershipControlsCommand(target))).OwnershipControls?.Rules,
    encryption: (await client.send(new GetBucketEncryptionCommand(target))).ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault,
    versioning: (await client.send(new GetBucketVersioningCommand(target))).Status,
    policy: policy.Statement,
    tags: (await client.send(new GetBucketTaggingCommand(target))).TagSet,
    rules: (await client.send(new GetBucketLifecycleConfigurationCommand(target))).Rules?.map(({ ID, Status, AbortIncompleteMultipartUpload }) => [
      ID,
      Status,
      AbortIncompleteMultipartUpload?.DaysAfterInitiation,
    ]),
  };
}

function rightFor(name: string) {
  return {
    access: { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true },
    ownership: [{ ObjectOwnership: 'BucketOwnerEnforced' }],
    encryption: { SSEAlgorithm: 'AES256' },
    versioning: undefined,
    policy: [
      {
        Sid: 'MlfnTlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
    tags: [{ Key: 'mlfn', Value: '1' }],
    rules: [['mlfn-abort-uploads', 'Enabled', 7]],
  };
}

test.each(['ministack', 'moto'])('made with every setting, and made once, on %s', async (lab) => {
  const one = await fresh(lab);
  const name = await one.bucket();
  expect(await observeBucket(one)).toEqual({ name, exists: false, own: true, drift: [] });
  await ensureBucket(one);
  expect(await settingsOf(one)).toEqual(rightFor(name));
  expect(await observeBucket(one)).toEqual({ name, exists: true, own: true, drift: [] });
  const { LocationConstraint } = await one.s3.send(new GetBucketLocationCommand({ Bucket: name }));
  expect(LocationConstraint).toBe('eu-west-1');
  await ensureBucket(one);
  expect(await settingsOf(one)).toEqual(rightFor(name));
});

test('in us-east-1, which is no LocationConstraint', async () => {
  const one = await fresh('moto', { AWS_REGION: 'us-east-1' });
  await ensureBucket(one);
  expect(await observeBucket(one)).toEqual({ name: await one.bucket(), exists: true, own: true, drift: [] });
  expect((await one.s3.send(new GetBucketLocationCommand({ Bucket: await one.bucket() }))).LocationConstraint).toBeUndefined();
});

test.each(['ministack', 'moto'])('a half-made bucket is completed on %s', async (lab) => {
  const one = await fresh(lab);
  await makeBucket(one, 'eu-west-1');
  const { drift } = await observeBucket(one);
  expect(drift).toEqual(expect.arrayContaining(['TLS only', 'broken uploads end after 7 days', 'tagged']));
  expect(ALL).toEqual(expect.arrayContaining(drift));
  await ensureBucket(one);
  expect(await settingsOf(one)).toEqual(rightFor(await one.bucket()));
});

test.each(['ministack', 'moto'])('what was taken away is seen and put back; what others added stays, on %s', async (lab) => {
  const one = await fresh(lab);
  await ensureBucket(one);
  const name = await one.bucket();
  const target = { Bucket: name };
  const theirs = { Sid: 'Theirs', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 's3:GetObject', Resource: `arn:aws:s3:::${name}/*` };
  await one.s3.send(new DeletePublicAccessBlockCommand(target));
  await one.s3.send(new DeleteBucketPolicyCommand(target));
  await one.s3.send(new PutBucketPolicyCommand({ ...target, Policy: JSON.stringify({ Version: '2012-10-17', Statement: [theirs] }) }));
  await one.s3.send(new DeleteBucketLifecycleCommand(target));
  const rule = { ID: 'theirs', Status: 'Enabled' as const, Filter: { Prefix: 'tmp/' }, Expiration: { Days: 3 } };
  await one.s3.send(new PutBucketLifecycleConfigurationCommand({ ...target, LifecycleConfiguration: { Rules: [rule] } }));
  await one.s3.send(new PutBucketTaggingCommand({ ...target, Tagging: { TagSet: [{ Key: 'team', Value: 'hearts' }] } }));
  await one.s3.send(new PutBucketVersioningCommand({ ...target, VersioningConfiguration: { Status: 'Enabled' } }));
  expect((await observeBucket(one)).drift).toEqual(['private', 'versioning off', 'TLS only', 'broken uploads end after 7 days', 'tagged']);
  await ensureBucket(one);
  const right = rightFor(name);
  const now = await settingsOf(one);
  expect(now).toEqual({
    ...right,
    versioning: 'Suspended',
    policy: [theirs, ...right.policy],
    tags: expect.arrayContaining([{ Key: 'team', Value: 'hearts' }, ...right.tags]),
    rules: expect.arrayContaining([['theirs', 'Enabled', undefined], ...right.rules]),
  });
  expect((await observeBucket(one)).drift).toEqual([]);
});

test('two at once make one bucket, with every setting', async () => {
  const one = await fresh('ministack');
  const two = await deployerOf(labs['ministack']!.env, { account: await one.account() });
  await Promise.all([ensureBucket(one), ensureBucket(two)]);
  expect(await settingsOf(one)).toEqual(rightFor(await one.bucket()));
});

test('--bucket: looked at, never changed', async () => {
  const mine = await fresh('moto');
  const config = { bucket: 'photos-of-the-user' };
  const one = await deployerOf(labs['moto']!.env, { account: await mine.account(), config });
  const error = await failure(observeBucket(one));
  expect([error.code, error.message]).toEqual(['AWS_BUCKET_MISSING', 'There is no bucket photos-of-the-user.']);
  expect((await failure(ensureBucket(one))).code).toBe('AWS_BUCKET_MISSING');
  await makeBucket(one, 'eu-west-1');
  await ensureBucket(one);
  expect(await observeBucket(one)).toEqual({ name: 'photos-of-the-user', exists: true, own: false, drift: [] });
  await expect(one.s3.send(new GetBucketPolicyCommand({ Bucket: 'photos-of-the-user' }))).rejects.toThrow(/policy/i);
});

test('--bucket in another region: both regions are named', async () => {
  const there = await fresh('moto', { AWS_REGION: 'us-west-2' });
  await there.s3.send(new CreateBucketCommand({ Bucket: 'far-away', CreateBucketConfiguration: { LocationConstraint: 'us-west-2' } }));
  const one = await deployerOf({ ...labs['moto']!.env, AWS_REGION: 'eu-west-1' }, { account: await there.account(), config: { bucket: 'far-away' } });
  const error = await failure(observeBucket(one));
  expect([error.code, error.message]).toEqual(['AWS_BUCKET_REGION', 'The bucket far-away is in us-west-2, the function would be in eu-west-1.']);
});

test('a bucket of our name that another account owns: refused, with what to do', async () => {
  const owner = await deployerOf(s3.env);
  await makeBucket(owner);
  for (const config of [{}, { bucket: await owner.bucket() }]) {
    const stranger = await deployerOf(s3.env, { account: '999999999999', config });
    const other = Object.create(stranger, { bucket: { value: () => owner.bucket() } }) as Deployer;
    for (const act of [observeBucket, ensureBucket]) {
      expect(await failure(act(other))).toMatchObject({ code: 'AWS_BUCKET_TAKEN', kind: 'auth', hint: 'Name a bucket of your own with --bucket.' });
    }
  }
});

test('every call but CreateBucket, which cannot, names the owner that it expects', async () => {
  const one = await fresh('ministack');
  const calls: { name: string; owner: string | undefined }[] = [];
  one.s3.middlewareStack.add(
    (next, context) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      calls.push({ name: context.commandName ?? '', owner: headers['x-amz-expected-bucket-owner'] });
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name: 'watch' },
  );
  const folder = temporary('owner');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await ensureBucket(one);
  for (const size of [1000, 17 * MB]) await putObject(one, fileOf(folder, `${size}`, size));
  const draft = { schema: 1, function: 'heart', digest: 'd', artifacts: { dependencies: 'd', function: 'd' } } as unknown as ReleaseDraft;
  const number = await claimNumber(one, 'heart', draft);
  await writeVerified(one, 'heart', number, { verification: { method: 'health', compared: 0, largestDifference: null, coldMs: 1, warmMs: 1 }, sample: null });
  await listRecords(one, 'heart');
  await deleteRecord(one, 'heart', number);
  await deleteHistory(one, 'heart');
  expect(await collectObjects(one, new Set())).toEqual({ removed: 2, bytes: 17 * MB + 1000 });
  const account = await one.account();
  expect(new Set(calls.filter(({ owner }) => owner !== account).map(({ name }) => name))).toEqual(new Set(['CreateBucketCommand']));
  expect(new Set(calls.map(({ name }) => name)).size).toBeGreaterThan(20);
});
