/** The Cloud Storage of the tests is as strict as the real one: what README.md says of it, asked over HTTP as the API has it. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { crc32cOf } from '../../src/providers/gcp/storage/crc32c.ts';
import { startStorage, type StorageLab } from './lab/storage.ts';

let lab: StorageLab;
let names = 0;
let bucket: string;

beforeAll(async () => {
  lab = await startStorage();
});
afterAll(() => lab.stop());
beforeEach(async () => {
  names += 1;
  bucket = `bucket-${names}`;
  await ask('POST', '/storage/v1/b?project=lab-project', { name: bucket, location: 'europe-west1', iamConfiguration: { uniformBucketLevelAccess: { enabled: true } } });
});

interface Answered {
  status: number;
  headers: Headers;
  json: Record<string, unknown> & { error?: { message: string; errors: { reason: string }[] } };
}

async function ask(method: string, path: string, body?: object | Buffer, headers: Record<string, string> = {}): Promise<Answered> {
  const url = path.startsWith('http') ? path : `${lab.endpoint}${path}`;
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const type = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json';
  const answer = await fetch(url, { method, redirect: 'manual', headers: { 'content-type': type, ...headers }, ...(bytes === undefined ? {} : { body: bytes }) });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, json: text.startsWith('{') ? (JSON.parse(text) as Answered['json']) : {} };
}

function said({ status, json }: Answered): [number, string | undefined] {
  return [status, json.error?.errors[0]?.reason];
}

const put = (name: string, text: string, query = '') => ask('POST', `/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(name)}${query}`, Buffer.from(text));
const object = (name: string) => `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
const KIB = 1024;

async function session(name: string, metadata: object = {}, query = ''): Promise<string> {
  const answer = await ask('POST', `/upload/storage/v1/b/${bucket}/o?uploadType=resumable&name=${name}${query}`, metadata);
  return answer.headers.get('location') ?? '';
}

const piece = (uri: string, bytes: Buffer, range: string, headers = {}) => ask('PUT', uri, bytes, { 'content-range': `bytes ${range}`, ...headers });
const question = (uri: string, total: number | '*' = '*') => ask('PUT', uri, undefined, { 'content-range': `bytes */${total}` });

test('bucket names, places and projects are checked', async () => {
  const make = (name: string, location = 'US', project = '?project=lab-project') => ask('POST', `/storage/v1/b${project}`, { name, location });
  for (const name of ['Upper', 'ab', '-dash', 'my-google-bucket', 'x'.repeat(64)]) expect(said(await make(name))).toEqual([400, 'invalid']);
  expect(said(await make('fine-name', 'nowhere'))).toEqual([400, 'invalid']);
  expect(said(await make('fine-name', 'US', ''))).toEqual([400, 'required']);
});

test('a name that is taken is said to be ours, or not', async () => {
  const again = await ask('POST', '/storage/v1/b?project=lab-project', { name: bucket });
  expect([again.status, again.json.error?.message]).toEqual([409, expect.stringContaining('you already own it')]);
  lab.buckets.foreign('taken-by-others');
  const taken = await ask('POST', '/storage/v1/b?project=lab-project', { name: 'taken-by-others' });
  expect([taken.status, taken.json.error?.message]).toEqual([409, expect.stringContaining('bucket name is not available')]);
});

test("another project's bucket is in no listing of ours, and closed", async () => {
  lab.buckets.foreign('not-ours');
  const list = async (project: string) => ((await ask('GET', `/storage/v1/b?project=${project}`)).json['items'] as { name: string }[]).map(({ name }) => name);
  expect(await list('lab-project')).not.toContain('not-ours');
  expect(await list('other-project')).toContain('not-ours');
  for (const path of ['/storage/v1/b/not-ours', '/storage/v1/b/not-ours/o', '/storage/v1/b/not-ours/o/x']) expect(said(await ask('GET', path))).toEqual([403, 'forbidden']);
});

test('settings of a bucket are kept, changed in part, and under a condition', async () => {
  const change = await ask('PATCH', `/storage/v1/b/${bucket}`, { labels: { a: '1', b: '2' } });
  expect([change.status, change.json['metageneration']]).toEqual([200, '2']);
  await ask('PATCH', `/storage/v1/b/${bucket}`, { labels: { a: null } });
  expect((await ask('GET', `/storage/v1/b/${bucket}`)).json).toMatchObject({ labels: { b: '2' }, location: 'EUROPE-WEST1', softDeletePolicy: { retentionDurationSeconds: '604800' } });
  expect(said(await ask('PATCH', `/storage/v1/b/${bucket}?ifMetagenerationMatch=1`, { labels: null }))).toEqual([412, 'conditionNotMet']);
});

test('a bucket that prevents public access takes no public member, and a policy is changed on the one that was read', async () => {
  await ask('PATCH', `/storage/v1/b/${bucket}`, { iamConfiguration: { publicAccessPrevention: 'enforced' } });
  const { json } = await ask('GET', `/storage/v1/b/${bucket}/iam`);
  const set = (members: string[], etag: unknown) => ask('PUT', `/storage/v1/b/${bucket}/iam`, { bindings: [{ role: 'roles/storage.objectViewer', members }], etag });
  expect(said(await set(['allUsers'], json['etag']))).toEqual([412, 'conditionNotMet']);
  expect((await set(['user:ada@example.com'], json['etag'])).status).toBe(200);
  expect(said(await set(['user:eve@example.com'], json['etag']))).toEqual([412, 'conditionNotMet']);
});

test('a bucket with objects cannot be removed', async () => {
  await put('here', 'x');
  expect(said(await ask('DELETE', `/storage/v1/b/${bucket}`))).toEqual([409, 'conflict']);
  await ask('DELETE', object('here'));
  expect((await ask('DELETE', `/storage/v1/b/${bucket}`)).status).toBe(204);
  expect(said(await ask('GET', `/storage/v1/b/${bucket}`))).toEqual([404, 'notFound']);
});

test('names of objects, and ACLs where access is uniform', async () => {
  for (const name of ['..', '.', 'a\nb', 'x'.repeat(1025), '.well-known/acme-challenge/x']) expect(said(await put(name, 'x'))).toEqual([400, 'invalid']);
  expect(said(await put('acl', 'x', '&predefinedAcl=publicRead'))).toEqual([400, 'invalid']);
});

test('conditions hold for writes and for removals', async () => {
  const first = await put('key', 'one', '&ifGenerationMatch=0');
  expect(said(await put('key', 'two', '&ifGenerationMatch=0'))[0]).toBe(412);
  const { generation } = first.json as { generation: string };
  expect((await put('key', 'two', `&ifGenerationMatch=${generation}`)).status).toBe(200);
  expect(said(await ask('DELETE', `${object('key')}?ifGenerationMatch=${generation}`))).toEqual([412, 'conditionNotMet']);
  const now = (await ask('GET', object('key'))).json['generation'];
  expect((await ask('DELETE', `${object('key')}?ifGenerationMatch=${now}`)).status).toBe(204);
  expect((await ask('DELETE', `${object('key')}?ifGenerationMatch=${now}`)).status).toBe(404);
});

test('a session tells what it has, takes pieces of 256 KiB, and ignores what it has already', async () => {
  const bytes = Buffer.alloc(600 * KIB, 7);
  const uri = await session('pieces');
  const empty = await question(uri);
  expect([empty.status, empty.headers.get('range')]).toEqual([308, null]);
  expect(said(await piece(uri, bytes.subarray(0, 100 * KIB), `0-${100 * KIB - 1}/${bytes.length}`))).toEqual([400, 'invalid']);
  const first = await piece(uri, bytes.subarray(0, 256 * KIB), `0-${256 * KIB - 1}/${bytes.length}`);
  expect([first.status, first.headers.get('range')]).toEqual([308, `bytes=0-${256 * KIB - 1}`]);
  const again = await piece(uri, bytes.subarray(0, 512 * KIB), `0-${512 * KIB - 1}/${bytes.length}`);
  expect([again.status, again.headers.get('range')]).toEqual([308, `bytes=0-${512 * KIB - 1}`]);
  const last = await piece(uri, bytes.subarray(512 * KIB), `${512 * KIB}-${bytes.length - 1}/${bytes.length}`);
  expect([last.status, last.json['size'], last.json['crc32c']]).toEqual([200, String(bytes.length), crc32cOf(bytes)]);
  expect((await question(uri, bytes.length)).json['generation']).toBe(last.json['generation']);
});

test('an offset past what has come is an error, and changes nothing', async () => {
  const uri = await session('ahead');
  expect((await piece(uri, Buffer.alloc(256 * KIB), `${256 * KIB}-${512 * KIB - 1}/*`)).status).toBe(503);
  expect((await question(uri)).headers.get('range')).toBeNull();
});

test('a wrong CRC32C is refused after any number of pieces, in the fields and in the header, and nothing is there', async () => {
  const bytes = Buffer.alloc(512 * KIB, 1);
  const half = bytes.subarray(0, 256 * KIB);
  for (const [name, metadata, headers] of [
    ['field', { crc32c: crc32cOf(half) }, {}],
    ['header', {}, { 'x-goog-hash': `crc32c=${crc32cOf(half)}` }],
  ] as const) {
    const uri = await session(name, metadata);
    await piece(uri, half, `0-${256 * KIB - 1}/${bytes.length}`);
    expect((await piece(uri, half, `${256 * KIB}-${bytes.length - 1}/${bytes.length}`, headers)).status).toBe(400);
    expect((await ask('GET', object(name))).status).toBe(404);
    expect((await question(uri)).status).toBe(410);
  }
});

test('the condition of a session holds when it ends', async () => {
  const uri = await session('late', {}, '&ifGenerationMatch=0');
  await put('late', 'faster');
  expect((await piece(uri, Buffer.alloc(10), '0-9/10')).status).toBe(412);
});

test('a session that was ended is gone; one that never was is not found', async () => {
  const uri = await session('ended');
  expect((await ask('DELETE', uri)).status).toBe(499);
  expect(said(await question(uri))).toEqual([410, 'gone']);
  expect(said(await question(uri.replace(/upload_id=.*/, 'upload_id=none')))).toEqual([404, 'notFound']);
});
