import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ReleaseDraft } from '../../src/providers/provider.ts';
import { ensureBucket } from '../../src/providers/gcp/storage/bucket.ts';
import { archiveDigest, objectKey } from '../../src/providers/gcp/names.ts';
import { collectObjects, headObject } from '../../src/providers/gcp/storage/objects.ts';
import { deletePrefix, listKeys, removeKeys } from '../../src/providers/gcp/storage/listing.ts';
import {
  claimNumber,
  deleteHistory,
  deleteRecord,
  isAbandoned,
  listAbandoned,
  listAllRecords,
  listRecords,
  readRecord,
  writeVerified,
} from '../../src/providers/gcp/storage/records.ts';
import { UNAVAILABLE } from './lab/gate/refusal.ts';
import { startStorage, type StorageLab } from './lab/storage.ts';
import { deployerOf, failure, keysOf, type Deployer } from './storage-lab.ts';

let lab: StorageLab;
let one: Deployer;
let two: Deployer;

beforeAll(async () => {
  lab = await startStorage();
  await ensureBucket(await deployerOf(lab));
});
afterAll(() => lab.stop());
beforeEach(async () => {
  one = await deployerOf(lab);
  two = await deployerOf(lab);
  lab.clear();
});
afterEach(async () => {
  await (await one.storage()).bucket(one.bucket).deleteFiles({ force: true });
});

function draftOf(name: string, mark = 'a'): ReleaseDraft {
  const digest = mark.repeat(64);
  return {
    schema: 1, function: name, digest, artifacts: { dependencies: digest, function: digest }, sizes: { dependencies: 0, function: 0 },
    model: { file: 'model.joblib', size: 1, digest, framework: null, format: null }, lock: { digest, python: '3.12', source: 'requirements' },
    engine: 'native', settings: { memory: 1024, timeout: 30, concurrency: 2, idle: 300, env: {} }, targetSettings: {}, by: 'me', commit: null,
  };
}

const verified = {
  verification: { method: 'sample', compared: 1, largestDifference: 0, coldMs: 61.5, warmMs: 1.25 },
  sample: { requests: [{ age: 63 }], answers: [{ predictions: [1] }] },
} as unknown as Parameters<typeof writeVerified>[3];

async function put(key: string, text: string): Promise<void> {
  await (await one.storage()).bucket(one.bucket).file(key).save(text, { resumable: false });
}

const RECORD = 'functions/heart/releases/000001.json';

test('no bucket is no history', async () => {
  const nowhere = await deployerOf(lab, { region: 'us-east1' });
  expect(await listRecords(nowhere, 'heart')).toEqual([]);
  expect(await readRecord(nowhere, 'heart', 1)).toBeNull();
  expect(await headObject(nowhere, objectKey('a'.repeat(64)))).toBeNull();
  await deleteHistory(nowhere, 'heart');
  expect(lab.changes()).toEqual([]);
});

test('a record is claimed, verified, and read back as it was written', async () => {
  expect(await claimNumber(one, 'heart', draftOf('heart'))).toBe(1);
  expect(await keysOf(one)).toEqual([RECORD]);
  const claimed = await listRecords(two, 'heart');
  expect(claimed).toMatchObject([{ record: { ...draftOf('heart'), number: 1 }, verified: null }]);
  await writeVerified(one, 'heart', 1, verified);
  expect(await readRecord(two, 'heart', 1)).toEqual({ record: claimed[0]!.record, verified });
  expect(await listRecords(two, 'heart')).toEqual([{ record: claimed[0]!.record, verified }]);
});

test('eight claims at once get eight numbers', async () => {
  const deployers = await Promise.all(Array.from({ length: 8 }, () => deployerOf(lab)));
  const numbers = await Promise.all(deployers.map((each, index) => claimNumber(each, 'heart', draftOf('heart', String(index)))));
  expect(numbers.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const records = await listRecords(one, 'heart');
  expect(records.map(({ record }) => [record.number, record.digest[0]])).toEqual(
    numbers.map((number, index) => [number, String(index)] as const).toSorted((a, b) => a[0] - b[0]),
  );
});

test.each([
  ['an answer that is lost', { kind: 'cut-after' } as const],
  ['an answer of 503 to a write that was done', { kind: 'error-after', ...UNAVAILABLE } as const],
  ['a 503', UNAVAILABLE],
])('%s: one record, not two', async (_, fault) => {
  lab.fault({ operation: 'objects.insert' }, fault);
  expect(await claimNumber(one, 'lost', draftOf('lost'))).toBe(1);
  expect(await keysOf(one)).toEqual(['functions/lost/releases/000001.json']);
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
  await removeKeys(one, [{ key: RECORD }]);
  expect(await listRecords(one, 'heart')).toEqual([]);
  await put(RECORD, JSON.stringify({ ...draftOf('heart'), number: 1, createdAt: '2026-01-01T00:00:00Z', claim: 'new' }));
  expect((await readRecord(one, 'heart', 1))?.verified).toBeNull();
  await writeVerified(two, 'heart', 1, { ...verified, sample: null });
  expect((await readRecord(one, 'heart', 1))?.verified).toEqual({ ...verified, sample: null });
});

test('a release that is not there cannot be verified', async () => {
  expect((await failure(writeVerified(one, 'heart', 7, verified))).code).toBe('RELEASE_UNKNOWN');
  expect(await keysOf(one)).toEqual([]);
});

test('removed: one release, and a history; names that begin alike stay', async () => {
  for (const name of ['heart', 'heart', 'heart-2']) await writeVerified(one, name, await claimNumber(one, name, draftOf(name)), verified);
  await put('functions/heart/notes.txt', 'of the user');
  for (const name of ['heart', 'heart-2']) await put(`functions/${name}/access.json`, '{"schema": 1, "members": []}');
  await deleteRecord(one, 'heart', 1);
  expect((await listRecords(one, 'heart')).map(({ record }) => record.number)).toEqual([2]);
  await deleteRecord(one, 'heart', 1);
  await deleteHistory(one, 'heart');
  expect(await keysOf(one)).toEqual(['functions/heart-2/access.json', 'functions/heart-2/releases/000001.json', 'functions/heart-2/releases/000001.verified.json', 'functions/heart/notes.txt']);
  expect((await listAllRecords(one)).map(({ record }) => record.function)).toEqual(['heart-2']);
});

test('a release claimed an hour ago and never verified is abandoned', async () => {
  await claimNumber(one, 'heart', draftOf('heart'));
  const [fresh] = await listRecords(one, 'heart');
  expect(isAbandoned(fresh!)).toBe(false);
  const old = { ...draftOf('lung'), number: 1, createdAt: new Date(Date.now() - 61 * 60_000).toISOString(), claim: 'x' };
  await put('functions/lung/releases/000001.json', JSON.stringify(old));
  expect((await listAbandoned(one)).map(({ record }) => record.function)).toEqual(['lung']);
  await writeVerified(one, 'lung', 1, verified);
  expect(await listAbandoned(one)).toEqual([]);
});

test.each([
  ['a newer schema', JSON.stringify({ schema: 2, function: 'heart', number: 1 }), 'GCP_RECORD_NEWER', /newer mlfn/],
  ['no schema', JSON.stringify({ hello: 'world' }), 'GCP_RECORD_BROKEN', /names no schema/],
  ['another function', JSON.stringify({ schema: 1, function: 'lung', number: 1 }), 'GCP_RECORD_BROKEN', /release 1 of lung/],
  ['half of its text', '{"schema": 1, "funct', 'GCP_RECORD_BROKEN', /not JSON/],
])('%s in a record is said', async (_, content, code, message) => {
  await put(RECORD, content);
  const error = await failure(listRecords(one, 'heart'));
  expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
  expect(error.message).toContain(RECORD);
});

test('a history listed again is not read again, and whose bucket it is is asked once', async () => {
  await writeVerified(one, 'heart', await claimNumber(one, 'heart', draftOf('heart')), verified);
  const first = await listRecords(one, 'heart');
  lab.clear();
  expect(await listRecords(one, 'heart')).toEqual(first);
  expect(lab.calls.map(({ name }) => name)).toEqual(['objects.list']);
});

test('objects that nothing names are collected; what a record names by now, and what is not ours, stays', async () => {
  const object = (mark: string) => objectKey(mark === 'b' ? archiveDigest(draftOf('heart', 'b').artifacts) : mark.repeat(64));
  for (const mark of ['a', 'b', 'c', 'd']) await put(object(mark), 'tar');
  const foreign = ['objects/photo.zip', `objects/${'e'.repeat(64)}.zip`, `${object('e')}.bak`, `other/${object('e')}`, 'top'];
  for (const each of foreign) await put(each, 'user');
  // Another deploy has claimed and stored `b` since `keep` was made.
  await claimNumber(two, 'heart', draftOf('heart', 'b'));
  expect(await collectObjects(one, new Set(['a'.repeat(64)]))).toEqual({ removed: 2, bytes: 6 });
  expect(await keysOf(one)).toEqual([object('a'), object('b'), RECORD, ...foreign].toSorted());
  expect(await collectObjects(one, new Set(['a'.repeat(64)]), () => true)).toEqual({ removed: 1, bytes: 3 });
});

test('what was written again since the listing stays', async () => {
  const key = objectKey('a'.repeat(64));
  await put(key, 'first');
  const [listed] = await listKeys(one, 'objects/');
  await put(key, 'second');
  await removeKeys(one, [listed!]);
  expect(await keysOf(one)).toEqual([key]);
  await removeKeys(one, await listKeys(one, 'objects/'));
  expect(await keysOf(one)).toEqual([]);
});

test('a model of a function can be removed; a key that is not ours never is', async () => {
  const key = `functions/heart/models/${'c'.repeat(64)}`;
  for (const each of [key, 'objects/photo.zip']) await put(each, 'bytes');
  await expect(removeKeys(one, [{ key }, { key: 'objects/photo.zip' }])).rejects.toThrow('not a key of mlfn: objects/photo.zip');
  await removeKeys(one, [{ key }, { key }]);
  expect(await deletePrefix(one, '')).toBe(0);
  expect(await keysOf(one)).toEqual(['objects/photo.zip']);
});

test('more keys than a page holds are listed and removed to the last', async () => {
  const digest = (index: number) => index.toString(16).padStart(64, '0');
  for (let index = 0; index < 1203; index += 50) {
    await Promise.all(Array.from({ length: Math.min(50, 1203 - index) }, (_, step) => put(objectKey(digest(index + step)), 'z')));
  }
  expect(await collectObjects(one, new Set([digest(1202)]))).toEqual({ removed: 1202, bytes: 1202 });
  expect(await keysOf(one)).toEqual([objectKey(digest(1202))]);
});

test('removals get past a 503 and a lost answer', async () => {
  await claimNumber(one, 'heart', draftOf('heart'));
  lab.fault({ operation: 'objects.delete' }, UNAVAILABLE);
  lab.fault({ operation: 'objects.delete', nth: 2 }, { kind: 'cut-after' });
  await deleteRecord(one, 'heart', 1);
  expect(await keysOf(one)).toEqual([]);
});
