import { GetObjectCommand, HeadObjectCommand, ListMultipartUploadsCommand, PutObjectCommand, UploadPartCommand, CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasObject, putObject } from '../../src/providers/aws/storage/objects.ts';
import { deployerOf, failure, fileOf, makeBucket, MB, startS3, takenParts, until, type Deployer, type S3Lab } from './storage-lab.ts';

let s3: S3Lab;
let one: Deployer;

beforeAll(async () => {
  s3 = await startS3();
  one = await deployerOf(s3.env);
  await makeBucket(one);
});
afterAll(() => s3.stop());

const digestOf = (key: string): string => key.slice('objects/'.length, -'.zip'.length);
const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
const target = async () => ({ Bucket: await one.bucket() });

async function stored(key: string): Promise<string> {
  const { Body } = await one.s3.send(new GetObjectCommand({ ...(await target()), Key: key }));
  return createHash('sha256').update(await Body!.transformToByteArray()).digest('hex');
}

async function uploads(key: string): Promise<number> {
  const { Uploads = [] } = await one.s3.send(new ListMultipartUploadsCommand({ ...(await target()), Prefix: key }));
  return Uploads.length;
}

test.each([
  ['one byte', 1],
  ['one request', 3 * MB + 17],
  ['the largest of one request', 16 * MB - 1],
  ['two parts', 16 * MB],
  ['parts and a rest', 37 * MB + 17],
])('%s: sent once, whole, with its checksum', async (name, size) => {
  const upload = fileOf(s3.folder, name, size);
  const digest = digestOf(upload.key);
  expect(await hasObject(one, digest)).toBeNull();
  const there = { size, sha256: base64(upload.sha256) };
  expect(await putObject(one, upload)).toEqual({ ...there, sent: size });
  expect(await stored(upload.key)).toBe(upload.sha256);
  expect(await hasObject(one, digest)).toEqual(there);
  expect(await putObject(one, upload)).toEqual({ ...there, sent: 0 });
  expect(await uploads(upload.key)).toBe(0);
});

test('progress tells every byte, up to the whole', async () => {
  one.events.length = 0;
  const upload = fileOf(s3.folder, 'progress', 20 * MB);
  await putObject(one, upload);
  const told = one.events.map((event) => (event.type === 'progress' ? event.done : null));
  expect(told.length).toBeGreaterThan(10);
  expect(told).toEqual(told.toSorted((a, b) => a! - b!));
  expect(one.events.at(-1)).toEqual({ type: 'progress', text: `sending ${upload.key}`, done: 20 * MB, total: 20 * MB });
});

test('other bytes at the key are replaced, in one request and in parts', async () => {
  for (const size of [1000, 17 * MB]) {
    const upload = fileOf(s3.folder, `replaced ${size}`, size);
    await one.s3.send(new PutObjectCommand({ ...(await target()), Key: upload.key, Body: 'half of a zip' }));
    expect((await putObject(one, upload)).sent).toBe(size);
    expect(await stored(upload.key)).toBe(upload.sha256);
  }
});

test('what was put without a checksum has none to tell', async () => {
  const Key = `objects/${'0'.repeat(64)}.zip`;
  await one.s3.send(new PutObjectCommand({ ...(await target()), Key, Body: 'by hand' }));
  expect(await hasObject(one, '0'.repeat(64))).toEqual({ size: 7, sha256: null });
});

test('two deployers at once: the object is whole, and both are told the same', async () => {
  const two = await deployerOf(s3.env);
  for (const size of [5 * MB, 40 * MB]) {
    const upload = fileOf(s3.folder, `both ${size}`, size);
    const [first, second] = await Promise.all([putObject(one, upload), putObject(two, upload)]);
    expect({ ...second, sent: 0 }).toEqual({ ...first, sent: 0 });
    expect(await stored(upload.key)).toBe(upload.sha256);
    expect(await uploads(upload.key)).toBe(0);
  }
});

test('a teammate who is faster with a zip of another zlib keeps it', async () => {
  const two = await deployerOf(s3.env);
  const mine = fileOf(s3.folder, 'mine', 12 * MB);
  const theirs = fileOf(s3.folder, 'theirs', 1000, mine.key);
  // Theirs arrives while mine is on its way: what HEAD said before is no longer so.
  const sending = putObject(one, mine);
  await until(() => one.events.some((event) => event.type === 'progress' && event.text.includes(mine.key)));
  await putObject(two, theirs);
  const there = await sending;
  expect(there).toMatchObject({ size: 1000, sha256: base64(theirs.sha256) });
  expect(await stored(mine.key)).toBe(theirs.sha256);
});

test.each([
  ['one request', 1000],
  ['parts', 20 * MB],
])('a file that is shorter than said, in %s: refused, nothing is kept', async (name, size) => {
  const upload = fileOf(s3.folder, `short ${name}`, size);
  truncateSync(upload.file, size - 1);
  expect((await failure(putObject(one, upload))).code).toBe('AWS_UPLOAD_CHANGED');
  expect(await hasObject(one, digestOf(upload.key))).toBeNull();
  expect(await uploads(upload.key)).toBe(0);
});

test('a file with other bytes than said is refused before it is sent', async () => {
  const upload = fileOf(s3.folder, 'other bytes', 1000);
  writeFileSync(upload.file, Buffer.alloc(1000));
  expect((await failure(putObject(one, upload))).code).toBe('AWS_UPLOAD_CHANGED');
  expect(await hasObject(one, digestOf(upload.key))).toBeNull();
});

test('what was left by an upload of other bytes is not built upon; ours is', async () => {
  const upload = fileOf(s3.folder, 'built upon', 24 * MB);
  const begin = async (first: Buffer) => {
    const place = { ...(await target()), Key: upload.key };
    const Metadata = { 'mlfn-sha256': base64(upload.sha256) };
    const { UploadId } = await one.s3.send(new CreateMultipartUploadCommand({ ...place, ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE', Metadata }));
    const ChecksumSHA256 = createHash('sha256').update(first).digest('base64');
    await one.s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: first, ChecksumSHA256 }));
  };
  const bytes = readFileSync(upload.file);
  await begin(bytes.subarray(0, 8 * MB));
  await begin(Buffer.alloc(8 * MB));
  expect((await putObject(one, upload)).sent).toBe(16 * MB);
  expect(await stored(upload.key)).toBe(upload.sha256);
  // The other is younger than a day: someone may be at it.
  expect(await uploads(upload.key)).toBe(1);
});

test('a name in the metadata that another upload left is not believed', async () => {
  const upload = fileOf(s3.folder, 'misnamed', 24 * MB);
  const place = { ...(await target()), Key: upload.key };
  const Metadata = { 'mlfn-sha256': base64('ab'.repeat(32)) };
  await one.s3.send(new CreateMultipartUploadCommand({ ...place, ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE', Metadata }));
  expect(await putObject(one, upload)).toMatchObject({ size: 24 * MB, sha256: base64(upload.sha256) });
  expect((await one.s3.send(new HeadObjectCommand(place))).Metadata).toEqual({ 'mlfn-sha256': base64(upload.sha256) });
});

test('stopped by Ctrl-C in the middle: INTERRUPTED, and the next run goes on', async () => {
  const stopped = await deployerOf(s3.env);
  const upload = fileOf(s3.folder, 'stopped', 64 * MB);
  const before = takenParts(s3).length;
  const sending = failure(putObject(stopped, upload));
  await until(() => takenParts(s3).length > before);
  stopped.abort();
  expect((await sending).code).toBe('INTERRUPTED');
  expect(await hasObject(one, digestOf(upload.key))).toBeNull();
  const { sent } = await putObject(one, upload);
  expect(sent).toBeLessThan(64 * MB);
  expect(await stored(upload.key)).toBe(upload.sha256);
  expect(await uploads(upload.key)).toBe(0);
});

test('a bucket of another account is sent nothing', async () => {
  const other = await deployerOf(s3.env, { account: '999999999999', config: { bucket: await one.bucket() } });
  const upload = fileOf(s3.folder, 'not theirs', 1000);
  expect(await failure(putObject(other, upload))).toMatchObject({ code: 'AWS_DENIED', kind: 'auth' });
  expect(await hasObject(one, digestOf(upload.key))).toBeNull();
});
