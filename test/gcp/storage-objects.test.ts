import fc from 'fast-check';
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CRC32C } from '@google-cloud/storage';
import { ensureBucket } from '../../src/providers/gcp/storage/bucket.ts';
import { crc32cOf, Crc32c } from '../../src/providers/gcp/storage/crc32c.ts';
import { headObject, putObject } from '../../src/providers/gcp/storage/objects.ts';
import { progressOf } from '../../src/providers/progress.ts';
import { putWhole } from '../../src/providers/gcp/storage/put.ts';
import type { Upload } from '../../src/providers/gcp/storage/upload.ts';
import { pieceSize } from '../../src/providers/gcp/storage/resumable.ts';
import { denied, UNAVAILABLE } from './lab/gate/refusal.ts';
import { startStorage, type StorageLab } from './lab/storage.ts';
import { deployerOf, failure, fileOf, keysOf, MB, stored, type Deployer } from './storage-lab.ts';

let lab: StorageLab;
let one: Deployer;

beforeAll(async () => {
  lab = await startStorage();
  one = await deployerOf(lab);
  await ensureBucket(one);
});
afterAll(() => lab.stop());
beforeEach(() => lab.clear());

function puts(): number {
  return lab.calls.filter(({ name }) => name === 'session.put').length;
}

async function write(key: string, text: string): Promise<void> {
  await (await one.storage()).bucket(one.bucket).file(key).save(text, { resumable: false });
}

/** Sessions that a later run would take up. */
function left(): string[] {
  return readdirSync(path.join(lab.folder, 'cache/uploads'));
}

test('CRC32C is what the client reckons, whole and in pieces', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), fc.nat(5000), (bytes, cut) => {
      const [whole, pieces] = [new CRC32C(), new Crc32c()];
      whole.update(Buffer.from(bytes));
      for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) pieces.update(Buffer.from(piece));
      expect([crc32cOf(Buffer.from(bytes)), pieces.digest()]).toEqual([whole.toString(), whole.toString()]);
    }),
  );
});

test('pieces are whole numbers of 256 KiB, few, and never large', () => {
  expect([2 * MB, 1024 * MB, 2048 * MB, 32_768 * MB].map((size) => pieceSize(size) / MB)).toEqual([8, 16, 32, 64]);
});

test.each([
  ['nothing', 0],
  ['one byte', 1],
  ['the largest of one request', 2 * MB - 1],
  ['one piece', 2 * MB],
  ['two pieces', 16 * MB],
  ['pieces and a rest', 17 * MB + 17],
])('%s: sent once, whole, with its sums', async (name, size) => {
  const upload = fileOf(lab.folder, name, size);
  expect(await headObject(one, upload.key)).toBeNull();
  const there = { size, sha256: upload.sha256 };
  expect(await putObject(one, upload)).toMatchObject({ ...there, sent: size });
  expect(await stored(one, upload.key)).toBe(upload.sha256);
  expect(await headObject(one, upload.key)).toMatchObject(there);
  const bytes = lab.sent();
  expect(await putObject(one, upload)).toMatchObject({ ...there, sent: 0 });
  expect(lab.sent()).toBe(bytes);
  // The object's fields, and the frame of the one request.
  expect(bytes - size).toBeLessThan(1000);
});

test('one request for a small file, and a session for a large one', async () => {
  await putObject(one, fileOf(lab.folder, 'small calls', 11_000));
  expect(lab.calls.map(({ name }) => name)).toEqual(['objects.get', 'objects.insert', 'objects.get']);
  lab.clear();
  await putObject(one, fileOf(lab.folder, 'large calls', 20 * MB));
  expect(lab.calls.map(({ name }) => name)).toEqual(['objects.get', 'session.start', 'session.put', 'session.put', 'session.put', 'objects.get']);
  expect(left()).toEqual([]);
});

test('progress tells every byte, up to the whole', async () => {
  one.events.length = 0;
  const upload = fileOf(lab.folder, 'progress', 20 * MB);
  await putObject(one, upload);
  const told = one.events.map((event) => (event.type === 'progress' ? event.done : null));
  expect(told.length).toBeGreaterThan(10);
  expect(told).toEqual(told.toSorted((a, b) => a! - b!));
  expect(one.events.at(-1)).toEqual({ type: 'progress', text: `sending ${upload.key}`, done: 20 * MB, total: 20 * MB });
});

test('other bytes at the key are replaced, in one request and in pieces', async () => {
  for (const size of [1000, 9 * MB]) {
    const upload = fileOf(lab.folder, `replaced ${size}`, size);
    await write(upload.key, 'half of an archive');
    expect((await putObject(one, upload)).sent).toBe(size);
    expect(await stored(one, upload.key)).toBe(upload.sha256);
  }
});

test('the same bytes put there by another tool are known by their size and CRC32C', async () => {
  const upload = fileOf(lab.folder, 'by hand', 3 * MB);
  await (await one.storage()).bucket(one.bucket).upload(upload.file, { destination: upload.key });
  lab.clear();
  expect(await putObject(one, upload)).toMatchObject({ size: 3 * MB, sha256: null, sent: 0 });
  expect(lab.changes()).toEqual([]);
});

test('two deployers at once: the object is whole, and both are told the same', async () => {
  const two = await deployerOf(lab);
  for (const size of [1 * MB, 24 * MB]) {
    const upload = fileOf(lab.folder, `both ${size}`, size);
    const [first, second] = await Promise.all([putObject(one, upload), putObject(two, upload)]);
    expect({ ...second, sent: 0 }).toEqual({ ...first, sent: 0 });
    expect(await stored(one, upload.key)).toBe(upload.sha256);
    expect(left()).toEqual([]);
  }
});

test('a teammate who is faster with an archive of another zlib keeps it', async () => {
  const two = await deployerOf(lab);
  const mine = fileOf(lab.folder, 'mine', 12 * MB);
  const theirs = fileOf(lab.folder, 'theirs', 1000, mine.key);
  const held = lab.hold({ operation: 'session.put', nth: 2 }, 'request');
  const sending = putObject(one, mine);
  await held.reached;
  await putObject(two, theirs);
  held.release();
  expect(await sending).toMatchObject({ size: 1000, sha256: theirs.sha256 });
  expect(await stored(one, mine.key)).toBe(theirs.sha256);
  expect(left()).toEqual([]);
});

test.each([
  ['one request', 1000],
  ['pieces', 20 * MB],
])('a file that is not what was said of it, in %s: refused before anything is sent', async (name, size) => {
  const shorter = fileOf(lab.folder, `short ${name}`, size);
  truncateSync(shorter.file, size - 1);
  const other = fileOf(lab.folder, `other ${name}`, size);
  writeFileSync(other.file, Buffer.alloc(size));
  for (const upload of [shorter, other]) {
    expect((await failure(putObject(one, upload))).code).toBe('GCP_UPLOAD_CHANGED');
    expect(await headObject(one, upload.key)).toBeNull();
  }
  expect(lab.changes()).toEqual([]);
});

test('a file that changes while it is sent: Cloud Storage refuses it by its CRC32C, and nothing is kept', async () => {
  const upload = fileOf(lab.folder, 'changes', 20 * MB);
  const held = lab.hold({ operation: 'session.put' }, 'answer');
  const sending = failure(putObject(one, upload));
  await held.reached;
  writeFileSync(upload.file, Buffer.alloc(20 * MB));
  held.release();
  expect(await sending).toMatchObject({ code: 'GCP_UPLOAD_CHANGED', kind: 'config' });
  expect(await headObject(one, upload.key)).toBeNull();
  expect(left()).toEqual([]);
});

test('a file that is cut short while it is sent: given up', async () => {
  const upload = fileOf(lab.folder, 'cut short', 20 * MB);
  const held = lab.hold({ operation: 'session.put' }, 'answer');
  const sending = failure(putObject(one, upload));
  await held.reached;
  truncateSync(upload.file, 9 * MB);
  held.release();
  expect((await sending).code).toBe('GCP_UPLOAD_CHANGED');
  expect(lab.changes()).toContain('session.cancel');
  expect(left()).toEqual([]);
});

test('bytes of another sum than said are refused in one request too', async () => {
  const upload = fileOf(lab.folder, 'wrong sum', 1000);
  const sending = { ...upload, crc32c: crc32cOf(Buffer.alloc(1000)), before: 0 as const };
  expect((await failure(putWhole(one, sending, progressOf(one.ctx, upload)))).code).toBe('GCP_UPLOAD_CHANGED');
  expect(lab.calls.map(({ name, status }) => [name, status])).toEqual([['objects.insert', 400]]);
  expect(await headObject(one, upload.key)).toBeNull();
});

test.each([1, 2, 4])('503 from the %s. call of an upload on: it waits, and gets through', async (nth) => {
  const upload = fileOf(lab.folder, `unavailable ${nth}`, 20 * MB);
  lab.fault({ nth, times: 2 }, UNAVAILABLE);
  expect(await putObject(one, upload)).toMatchObject({ size: 20 * MB, sent: 20 * MB });
  expect(await stored(one, upload.key)).toBe(upload.sha256);
});

test('the answer to the last piece is lost: the upload is known to be done', async () => {
  const upload = fileOf(lab.folder, 'last answer', 12 * MB);
  lab.fault({ operation: 'session.put', nth: 2 }, { kind: 'cut-after' });
  expect(await putObject(one, upload)).toMatchObject({ size: 12 * MB, sent: 12 * MB });
  expect(puts()).toBe(2);
  expect(lab.calls.filter(({ name }) => name === 'session.status')).toHaveLength(1);
});

test('the answer to the one request is lost: the upload is known to be done', async () => {
  const upload = fileOf(lab.folder, 'only answer', 1000);
  lab.fault({ operation: 'objects.insert' }, { kind: 'cut-after' });
  expect(await putObject(one, upload)).toMatchObject({ size: 1000, sha256: upload.sha256 });
});

test('a session that Cloud Storage forgets (410): begun anew, and whole', async () => {
  const upload = fileOf(lab.folder, 'forgotten', 20 * MB);
  const held = lab.hold({ operation: 'session.put', nth: 2 }, 'request');
  const sending = putObject(one, upload);
  await held.reached;
  for (const id of lab.sessions.ids()) lab.sessions.expire(id);
  held.release();
  expect(await sending).toMatchObject({ size: 20 * MB, sent: 20 * MB });
  expect(lab.calls.filter(({ name }) => name === 'session.start')).toHaveLength(2);
  expect(await stored(one, upload.key)).toBe(upload.sha256);
});

test('refused in the middle: the permission is named, and the session is ended', async () => {
  const upload = fileOf(lab.folder, 'denied', 20 * MB);
  lab.fault({ operation: 'session.put', nth: 2 }, denied('storage.objects.create', 'object'));
  expect(await failure(putObject(one, upload))).toMatchObject({ code: 'GCP_DENIED', message: expect.stringContaining('storage.objects.create') });
  expect(lab.changes().at(-1)).toBe('session.cancel');
  expect(left()).toEqual([]);
});

test('stopped by Ctrl-C in the middle: INTERRUPTED, and the next run goes on', async () => {
  const stopped = await deployerOf(lab);
  const upload = fileOf(lab.folder, 'stopped', 24 * MB);
  const held = lab.hold({ operation: 'session.put', nth: 2 }, 'request');
  const sending = failure(putObject(stopped, upload));
  await held.reached;
  stopped.abort();
  expect((await sending).code).toBe('INTERRUPTED');
  held.release();
  expect(left()).toHaveLength(1);
  expect(await headObject(one, upload.key)).toBeNull();
  const { sent } = await putObject(one, upload);
  expect(sent).toBeLessThanOrEqual(16 * MB);
  expect(await stored(one, upload.key)).toBe(upload.sha256);
});

async function stopAfterOnePiece(upload: Upload): Promise<void> {
  const stopped = await deployerOf(lab);
  const held = lab.hold({ operation: 'session.put', nth: 2 }, 'request');
  const sending = failure(putObject(stopped, upload));
  await held.reached;
  stopped.abort();
  await sending;
  held.release();
}

test('a session for other bytes at the same key is not taken up, and stays for who may be back', async () => {
  const upload = fileOf(lab.folder, 'other file', 20 * MB);
  await stopAfterOnePiece(upload);
  expect(left()).toHaveLength(1);
  lab.clear();
  const other = fileOf(lab.folder, 'another file', 20 * MB, upload.key);
  expect((await putObject(one, other)).sent).toBe(20 * MB);
  expect(lab.calls.map(({ name }) => name)).toEqual(['objects.get', 'session.start', 'session.put', 'session.put', 'session.put', 'objects.get']);
  expect(await stored(one, other.key)).toBe(other.sha256);
  expect(left()).toHaveLength(1);
});

test('a session that is about to be forgotten is not taken up, and its file goes; so does one that cannot be read', async () => {
  const upload = fileOf(lab.folder, 'a week ago', 20 * MB);
  await stopAfterOnePiece(upload);
  const folder = path.join(lab.folder, 'cache/uploads');
  for (const name of left()) {
    const file = path.join(folder, name);
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), begun: Date.now() - 6.5 * 24 * 3600 * 1000 }));
  }
  writeFileSync(path.join(folder, `${'a'.repeat(40)}.${process.pid}.x.json`), '{"schema": 1, "ur');
  lab.clear();
  expect((await putObject(one, upload)).sent).toBe(20 * MB);
  expect(lab.calls.map(({ name }) => name)).not.toContain('session.status');
  expect(left()).toEqual([]);
});

test('only its owner may read the file with the URI of a session', async () => {
  const upload = fileOf(lab.folder, 'secret', 20 * MB);
  await stopAfterOnePiece(upload);
  const modes = left().map((name) => statSync(path.join(lab.folder, 'cache/uploads', name)).mode & 0o077);
  expect(modes).toEqual([0]);
  await putObject(one, upload);
  expect(left()).toEqual([]);
});

test('no bucket: what is missing is said', async () => {
  const nowhere = await deployerOf(lab, { region: 'us-east1' });
  for (const size of [1000, 3 * MB]) {
    const error = await failure(putObject(nowhere, fileOf(lab.folder, `nowhere ${size}`, size)));
    expect([error.code, error.message]).toEqual(['GCP_FAILED', expect.stringContaining('The specified bucket does not exist')]);
  }
  expect(await keysOf(one, 'nowhere')).toEqual([]);
});
