import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ensureBucket, observeBucket } from '../../src/providers/gcp/storage/bucket.ts';
import { putObject } from '../../src/providers/gcp/storage/objects.ts';
import { claimNumber, listRecords } from '../../src/providers/gcp/storage/records.ts';
import type { ReleaseDraft } from '../../src/providers/provider.ts';
import { startStorage, type StorageLab } from './lab/storage.ts';
import { TOO_MANY, UNAVAILABLE } from './lab/gate/refusal.ts';
import { deployerOf, failure, fileOf } from './storage-lab.ts';

let lab: StorageLab;

beforeAll(async () => {
  lab = await startStorage();
});
afterAll(() => lab.stop());
afterEach(() => {
  for (const name of ['mlfn-lab-project-europe-west1', 'mine']) lab.buckets.delete(name);
  lab.clear();
});

const NAME = 'mlfn-lab-project-europe-west1';
const ALL = ['private', 'no ACLs', 'what is left half sent ends', 'labelled'];
const RULES = [
  { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 7 } },
  { action: { type: 'Delete' }, condition: { age: 1, matchesPrefix: ['staging/'] } },
];
const RIGHT = {
  location: 'EUROPE-WEST1',
  iamConfiguration: { publicAccessPrevention: 'enforced', uniformBucketLevelAccess: { enabled: true } },
  labels: { mlfn: '1' },
  lifecycle: { rule: RULES },
};

test('made with every setting in one call, and made once', async () => {
  const one = await deployerOf(lab);
  expect(await observeBucket(one)).toEqual({ name: NAME, exists: false, own: true, drift: [] });
  await ensureBucket(one);
  expect(lab.changes()).toEqual(['buckets.insert']);
  expect(lab.buckets.get(NAME)).toMatchObject({ ...RIGHT, projectNumber: '123456789012' });
  expect(await observeBucket(one)).toEqual({ name: NAME, exists: true, own: true, drift: [] });
  await ensureBucket(one);
  expect(lab.changes()).toEqual(['buckets.insert']);
});

test('a bucket without any of the settings gets all of them, in one change', async () => {
  const one = await deployerOf(lab);
  await (await one.storage()).createBucket(NAME, { location: 'EUROPE-WEST1' });
  expect((await observeBucket(one)).drift).toEqual(ALL);
  lab.clear();
  await ensureBucket(one);
  expect(lab.changes()).toEqual(['buckets.patch']);
  expect(lab.buckets.get(NAME)).toMatchObject(RIGHT);
  expect((await observeBucket(one)).drift).toEqual([]);
});

test('what was taken away is seen and put back; what others added stays', async () => {
  const one = await deployerOf(lab);
  await ensureBucket(one);
  const bucket = (await one.storage()).bucket(NAME);
  const theirs = { action: { type: 'Delete' as const }, condition: { age: 3, matchesPrefix: ['tmp/'] } };
  await bucket.setMetadata({
    labels: { mlfn: null, team: 'hearts' },
    versioning: { enabled: true },
    lifecycle: { rule: [theirs] },
    iamConfiguration: { publicAccessPrevention: 'inherited' },
  });
  expect((await observeBucket(one)).drift).toEqual(['private', 'versioning off', 'what is left half sent ends', 'labelled']);
  await ensureBucket(one);
  expect(lab.buckets.get(NAME)).toMatchObject({
    ...RIGHT,
    labels: { mlfn: '1', team: 'hearts' },
    versioning: { enabled: false },
    lifecycle: { rule: [theirs, ...RULES] },
  });
  expect((await observeBucket(one)).drift).toEqual([]);
});

test('a change of somebody else at the same moment is not overwritten', async () => {
  const [one, two] = [await deployerOf(lab), await deployerOf(lab)];
  const bucket = (await two.storage()).bucket(NAME);
  await (await two.storage()).createBucket(NAME, { location: 'EUROPE-WEST1' });
  const held = lab.hold({ operation: 'buckets.patch' }, 'request');
  const mending = ensureBucket(one);
  await held.reached;
  await bucket.setMetadata({ labels: { team: 'hearts' } });
  held.release();
  await mending;
  expect(lab.buckets.get(NAME)).toMatchObject({ ...RIGHT, labels: { mlfn: '1', team: 'hearts' } });
});

test('two at once make one bucket, with every setting', async () => {
  const deployers = await Promise.all([deployerOf(lab), deployerOf(lab)]);
  await Promise.all(deployers.map(ensureBucket));
  expect(lab.buckets.get(NAME)).toMatchObject(RIGHT);
});

test.each([
  ['an answer that is lost', { kind: 'cut-after' } as const],
  ['503', UNAVAILABLE],
  ['the rate limit of buckets', TOO_MANY],
])('%s: the bucket is made all the same', async (_, fault) => {
  const one = await deployerOf(lab);
  lab.fault({ operation: 'buckets.insert' }, fault);
  await ensureBucket(one);
  expect(lab.buckets.get(NAME)).toMatchObject(RIGHT);
});

test('--bucket: looked at, never changed', async () => {
  const one = await deployerOf(lab, { bucket: 'mine' });
  const error = await failure(observeBucket(one));
  expect([error.code, error.message]).toEqual(['GCP_BUCKET_MISSING', 'There is no bucket mine.']);
  expect((await failure(ensureBucket(one))).code).toBe('GCP_BUCKET_MISSING');
  await (await one.storage()).createBucket('mine', { location: 'US' });
  lab.clear();
  await ensureBucket(one);
  expect(await observeBucket(one)).toEqual({ name: 'mine', exists: true, own: false, drift: [] });
  expect(lab.changes()).toEqual([]);
});

const draft = { schema: 1, function: 'heart', digest: 'd', artifacts: { dependencies: 'd', function: 'd' } } as unknown as ReleaseDraft;

test.each([
  ['closed to us', false],
  ['open to everyone', true],
])("a bucket of our name that is another project's, %s: nothing is sent there, and nothing there is believed", async (_, open) => {
  lab.buckets.foreign(NAME, { open });
  const upload = fileOf(lab.folder, 'theirs', 1000);
  for (const act of [
    observeBucket,
    ensureBucket,
    (one: Awaited<ReturnType<typeof deployerOf>>) => listRecords(one, 'heart'),
    (one: Awaited<ReturnType<typeof deployerOf>>) => claimNumber(one, 'heart', draft),
    (one: Awaited<ReturnType<typeof deployerOf>>) => putObject(one, upload),
  ]) {
    const one = await deployerOf(lab);
    expect(await failure(act(one))).toMatchObject({ code: 'GCP_BUCKET_TAKEN', kind: 'auth', hint: 'Name a bucket of your own with --bucket.' });
  }
  expect(lab.changes().filter((name) => name !== 'buckets.insert')).toEqual([]);
});
