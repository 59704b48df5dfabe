import { CreateMultipartUploadCommand, DeleteObjectsCommand, ListMultipartUploadsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ReleaseDraft } from '../../src/providers/provider.ts';
import { collectObjects, hasObject } from '../../src/providers/aws/storage/objects.ts';
import { deletePrefix, removeKeys } from '../../src/providers/aws/storage/listing.ts';
import {
  claimNumber,
  deleteHistory,
  deleteRecord,
  isAbandoned,
  listAllRecords,
  listRecords,
  readRecord,
  writeVerified,
} from '../../src/providers/aws/storage/records.ts';
import { startToxiproxy } from '../lab/toxiproxy.ts';
import { deployerOf, failure, makeBucket, startS3, until, type Deployer, type S3Lab } from './storage-lab.ts';

let s3: S3Lab;
let one: Deployer;
let two: Deployer;

beforeAll(async () => {
  s3 = await startS3();
});
afterAll(() => s3.stop());
beforeEach(async () => {
  one = await deployerOf(s3.env);
  two = await deployerOf(s3.env);
  if ((await one.s3.send(new ListObjectsV2Command({ Bucket: await one.bucket() })).catch(() => null)) === null) await makeBucket(one);
});
afterEach(async () => {
  const Objects = (await keys()).map((Key) => ({ Key }));
  if (Objects.length > 0) await one.s3.send(new DeleteObjectsCommand({ Bucket: await one.bucket(), Delete: { Objects } }));
});

function draftOf(name: string, mark = 'a'): ReleaseDraft {
  const digest = mark.repeat(64);
  return {
    schema: 1, function: name, digest, artifacts: { dependencies: digest, function: digest }, sizes: { dependencies: 0, function: 0 },
    model: { file: 'model.joblib', size: 1, digest, framework: null, format: null }, lock: { digest, python: '3.12', source: 'requirements' },
    engine: 'native', settings: { memory: 1024, timeout: 30, concurrency: 2, idle: 300, env: {} }, targetSettings: {}, by: 'me', commit: null,
  };
}

const VERIFIED = {
  verification: { method: 'sample', compared: 1, largestDifference: 0, coldMs: 61.5, warmMs: 1.25 },
  sample: { kind: 'model', requests: [{ age: 63 }], answers: [{ predictions: [1] }] },
} as const;
const verified = structuredClone(VERIFIED) as unknown as Parameters<typeof writeVerified>[3];

async function keys(prefix = ''): Promise<string[]> {
  const { Contents = [] } = await one.s3.send(new ListObjectsV2Command({ Bucket: await one.bucket(), Prefix: prefix }));
  return Contents.map(({ Key }) => Key ?? '');
}

async function put(Key: string, Body: string): Promise<void> {
  await one.s3.send(new PutObjectCommand({ Bucket: await one.bucket(), Key, Body }));
}

test('no bucket is no history', async () => {
  const nowhere = await deployerOf(s3.env, { config: { bucket: 'mlfn-nowhere' } });
  expect(await listRecords(nowhere, 'heart')).toEqual([]);
  expect(await readRecord(nowhere, 'heart', 1)).toBeNull();
  expect(await hasObject(nowhere, 'a'.repeat(64))).toBeNull();
  await deleteHistory(nowhere, 'heart');
});

test('a record is claimed, verified, and read back as it was written', async () => {
  expect(await claimNumber(one, 'heart', draftOf('heart'))).toBe(1);
  expect(await keys()).toEqual(['functions/heart/releases/000001.json']);
  const claimed = await listRecords(two, 'heart');
  expect(claimed).toMatchObject([{ record: { ...draftOf('heart'), number: 1 }, verified: null }]);
  expect(Date.parse(claimed[0]!.record.createdAt)).toBeGreaterThan(Date.now() - 60_000);
  await writeVerified(one, 'heart', 1, verified);
  expect(await readRecord(two, 'heart', 1)).toEqual({ record: claimed[0]!.record, verified });
  expect(await listRecords(two, 'heart')).toEqual([{ record: claimed[0]!.record, verified }]);
});

test('eight claims at once get eight numbers', async () => {
  const deployers = await Promise.all(Array.from({ length: 8 }, () => deployerOf(s3.env)));
  const numbers = await Promise.all(deployers.map((each, index) => claimNumber(each, 'heart', draftOf('heart', String(index)))));
  expect(numbers.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const records = await listRecords(one, 'heart');
  expect(records.map(({ record }) => [record.number, record.digest[0]])).toEqual(
    numbers.map((number, index) => [number, String(index)] as const).toSorted((a, b) => a[0] - b[0]),
  );
});

test('a claim whose answer got lost is known again: one record, not two', async () => {
  const network = await startToxiproxy(s3.endpoint);
  try {
    const far = await deployerOf({ ...s3.env, AWS_ENDPOINT_URL: network.endpoint });
    await network.add({ type: 'latency', stream: 'downstream', attributes: { latency: 300 } });
    const claiming = claimNumber(far, 'lost', draftOf('lost'));
    await until(() => s3.log().includes('functions/lost/releases/000001.json'));
    await network.enable(false);
    await network.enable(true);
    expect(await claiming).toBe(1);
    expect(await keys('functions/lost/')).toEqual(['functions/lost/releases/000001.json']);
  } finally {
    await network.stop();
  }
});

test('numbers go on after the highest, past gaps and six digits', async () => {
  await claimNumber(one, 'heart', draftOf('heart'));
  await claimNumber(one, 'heart', draftOf('heart'));
  await deleteRecord(one, 'heart', 1);
  expect(await claimNumber(one, 'heart', draftOf('heart'))).toBe(3);
  await put('functions/heart/releases/999999.json', JSON.stringify({ ...draftOf('heart'), number: 999_999, createdAt: '2026-01-01T00:00:00Z', claim: 'x' }));
  expect(await claimNumber(one, 'heart', draftOf('heart'))).toBe(1_000_000);
  expect((await listRecords(one, 'heart')).map(({ record }) => record.number)).toEqual([2, 3, 999_999, 1_000_000]);
});

test('the first verification stays; one that an earlier holder of the number left does not count', async () => {
  await claimNumber(one, 'heart', draftOf('heart'));
  await writeVerified(one, 'heart', 1, verified);
  await writeVerified(two, 'heart', 1, { ...verified, sample: null });
  expect((await readRecord(one, 'heart', 1))?.verified).toEqual(verified);
  await removeKeys(one, ['functions/heart/releases/000001.json']);
  expect(await listRecords(one, 'heart')).toEqual([]);
  await put('functions/heart/releases/000001.json', JSON.stringify({ ...draftOf('heart'), number: 1, createdAt: '2026-01-01T00:00:00Z', claim: 'new' }));
  expect((await readRecord(one, 'heart', 1))?.verified).toBeNull();
  await writeVerified(two, 'heart', 1, { ...verified, sample: null });
  expect((await readRecord(one, 'heart', 1))?.verified).toEqual({ ...verified, sample: null });
});

test('a release that is not there cannot be verified', async () => {
  expect((await failure(writeVerified(one, 'heart', 7, verified))).code).toBe('RELEASE_UNKNOWN');
  expect(await keys()).toEqual([]);
});

test('removed: one release, and a history; names that begin alike stay', async () => {
  for (const name of ['heart', 'heart', 'heart-2']) await writeVerified(one, name, await claimNumber(one, name, draftOf(name)), verified);
  await put('functions/heart/notes.txt', 'of the user');
  await deleteRecord(one, 'heart', 1);
  expect((await listRecords(one, 'heart')).map(({ record }) => record.number)).toEqual([2]);
  await deleteRecord(one, 'heart', 1);
  await deleteHistory(one, 'heart');
  expect(await keys()).toEqual(['functions/heart-2/releases/000001.json', 'functions/heart-2/releases/000001.verified.json', 'functions/heart/notes.txt']);
  expect((await listAllRecords(one)).map(({ record }) => record.function)).toEqual(['heart-2']);
});

test('a release claimed an hour ago and never verified is abandoned', async () => {
  await claimNumber(one, 'heart', draftOf('heart'));
  const [fresh] = await listRecords(one, 'heart');
  const old = { ...fresh!, record: { ...fresh!.record, createdAt: new Date(Date.now() - 61 * 60_000).toISOString() } };
  expect([isAbandoned(fresh!), isAbandoned(old), isAbandoned({ ...old, verified })]).toEqual([false, true, false]);
});

test.each([
  ['a newer schema', { schema: 2, function: 'heart', number: 1 }, 'AWS_RECORD_NEWER', /newer mlfn/],
  ['no schema', { hello: 'world' }, 'AWS_RECORD_BROKEN', /names no schema/],
  ['another function', { schema: 1, function: 'lung', number: 1 }, 'AWS_RECORD_BROKEN', /release 1 of lung/],
])('%s in a record is said', async (_, content, code, message) => {
  await put('functions/heart/releases/000001.json', JSON.stringify(content));
  const error = await failure(listRecords(one, 'heart'));
  expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
  expect(error.message).toContain('functions/heart/releases/000001.json');
});

test('a record cut short is said', async () => {
  await put('functions/heart/releases/000001.json', '{"schema": 1, "funct');
  expect((await failure(listRecords(one, 'heart'))).code).toBe('AWS_RECORD_BROKEN');
});

test('a history listed again is not read again', async () => {
  await writeVerified(one, 'counted', await claimNumber(one, 'counted', draftOf('counted')), verified);
  const first = await listRecords(one, 'counted');
  const gets = () => s3.log().match(/\| GET \| [^|]*counted\/releases\/000001/g)?.length ?? 0;
  // The log comes a moment later: the record when it was marked, and both when they were listed.
  await expect.poll(gets).toBe(3);
  expect(await listRecords(one, 'counted')).toEqual(first);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(gets()).toBe(3);
});

test('objects that nothing names are collected; what a record names by now, and what is not ours, stays', async () => {
  const object = (mark: string) => `objects/${mark.repeat(64)}.zip`;
  for (const mark of ['a', 'b', 'c', 'd']) await put(object(mark), 'zip');
  for (const foreign of ['objects/photo.zip', `objects/${'e'.repeat(64)}.zip.bak`, `other/objects/${'e'.repeat(64)}.zip`, 'top']) await put(foreign, 'user');
  // Another deploy has claimed and stored `b` since `keep` was made.
  await claimNumber(two, 'heart', draftOf('heart', 'b'));
  expect(await collectObjects(one, new Set(['a'.repeat(64)]))).toEqual({ removed: 2, bytes: 6 });
  expect(await keys()).toEqual(
    [object('a'), object('b'), 'functions/heart/releases/000001.json', 'objects/photo.zip', `objects/${'e'.repeat(64)}.zip.bak`, `other/objects/${'e'.repeat(64)}.zip`, 'top'].toSorted(),
  );
  expect(await collectObjects(one, new Set(['a'.repeat(64)]))).toEqual({ removed: 0, bytes: 0 });
});

test('uploads that were broken off: ended when no release names them, left to who may be at it', async () => {
  const begin = async (Key: string) => void (await one.s3.send(new CreateMultipartUploadCommand({ Bucket: await one.bucket(), Key })));
  const begun = async () => {
    const { Uploads = [] } = await one.s3.send(new ListMultipartUploadsCommand({ Bucket: await one.bucket() }));
    return Uploads.map(({ Key }) => Key ?? '').toSorted();
  };
  const [named, unnamed, model] = [`objects/${'a'.repeat(64)}.zip`, `objects/${'b'.repeat(64)}.zip`, `functions/heart/models/${'c'.repeat(64)}`];
  for (const key of [named, unnamed, model, 'films/of-the-user.mp4', 'functions/heart/notes.txt']) await begin(key);
  await claimNumber(one, 'heart', draftOf('heart', 'a'));
  await collectObjects(one, new Set());
  expect(await begun()).toEqual([named, model, 'films/of-the-user.mp4', 'functions/heart/notes.txt'].toSorted());
  await deleteHistory(one, 'heart');
  await collectObjects(one, new Set());
  expect(await begun()).toEqual(['films/of-the-user.mp4', 'functions/heart/notes.txt']);
});

test('a model of a function can be removed', async () => {
  const key = `functions/heart/models/${'c'.repeat(64)}`;
  await put(key, 'model');
  await removeKeys(one, [key]);
  expect(await keys()).toEqual([]);
});

test('more than a thousand keys are listed and removed to the last', async () => {
  const digest = (index: number) => index.toString(16).padStart(64, '0');
  for (let index = 0; index < 1203; index += 50) {
    await Promise.all(Array.from({ length: Math.min(50, 1203 - index) }, (_, step) => put(`objects/${digest(index + step)}.zip`, 'z')));
  }
  await put('objects/photo.zip', 'user');
  expect(await collectObjects(one, new Set([digest(1202)]))).toEqual({ removed: 1202, bytes: 1202 });
  expect(await keys('objects/')).toEqual([`objects/${digest(1202)}.zip`, 'objects/photo.zip']);
  expect(await deletePrefix(one, 'objects/')).toBe(1);
  expect(await keys('objects/')).toEqual(['objects/photo.zip']);
});

test('a key that is not ours is never removed', async () => {
  await put('objects/photo.zip', 'user');
  await expect(removeKeys(one, ['objects/photo.zip'])).rejects.toThrow('not a key of mlfn: objects/photo.zip');
  expect(await keys()).toEqual(['objects/photo.zip']);
});
