/** The locked wheels by plain downloads: checked, kept, with the login that the index was given; else uv is left to it. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { fetchWheels, resolve } from '../../src/resolve/index.ts';
import { failure, here, type Lab, makeLab, modelCard, pathWithUv } from './lab.ts';
import { startRegistry, type Registry } from './registry.ts';

let registry: Registry;
let PATH: string;
beforeAll(async () => {
  PATH = await pathWithUv();
  registry = await startRegistry([
    { name: 'frame', version: '1.0', requires: ['base', 'heavy'] },
    { name: 'base', version: '1.5' },
    { name: 'heavy', version: '1.0', padding: 3_000_000 },
  ]);
});
afterEach(() => Object.assign(registry.mood, { status: 200, hang: false, credentials: null }));
afterAll(() => registry.close());

const lab = (index = registry.url) => makeLab({ PATH, UV_DEFAULT_INDEX: index, UV_HTTP_TIMEOUT: '1' });
const locked = (user: Lab) => resolve(user.ctx, modelCard(user.folder, '1.0', ['frame']), here, {});
const shelf = (user: Lab) => path.join(user.ctx.home.cache, 'wheels');

test('every wheel under its digest, downloaded once', async () => {
  const user = await lab();
  const lock = await locked(user);
  const made = await fetchWheels(user.ctx, lock);
  expect(made?.wheels.map((one) => one.sha256)).toEqual(lock.packages.map((one) => one.sha256));
  for (const { file, sha256 } of made?.wheels ?? []) expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(sha256);
  expect(made?.byteCode?.tag).toBe(`cp${lock.python.replace('.', '')}`);
  registry.mood.hang = true;
  expect((await fetchWheels(user.ctx, lock))?.wheels).toEqual(made?.wheels);
});

test('a login that the index was given goes to its host, and to no other that it leads to', async () => {
  registry.mood.credentials = 'ann:s3cret t0ken';
  const user = await lab(registry.url.replace('://', '://ann:s3cret%20t0ken@'));
  const lock = await locked(user);
  const seen: (string | undefined)[] = [];
  const elsewhere = http.createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(200).end('not the wheel');
  });
  await new Promise<void>((ready) => elsewhere.listen(0, '127.0.0.1', ready));
  onTestFinished(() => void elsewhere.close());
  const leads = http.createServer((_request, response) => response.writeHead(302, { location: `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/x.whl` }).end());
  await new Promise<void>((ready) => leads.listen(0, '127.0.0.1', ready));
  onTestFinished(() => void leads.close());
  expect((await fetchWheels(user.ctx, lock))?.wheels).toHaveLength(3);
  const other = { ...lock, pylock: lock.pylock.replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, `http://127.0.0.1:${(leads.address() as AddressInfo).port}`) };
  const stranger = await lab(registry.url.replace('://', '://ann:s3cret%20t0ken@'));
  expect(await fetchWheels(stranger.ctx, other)).toBeNull();
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.every((header) => header === undefined)).toBe(true);
});

test.each([
  ['hangs', { hang: true }],
  ['fails', { status: 500 }],
  ['asks for a login of another kind', { credentials: 'somebody:else' }],
])('an index that %s: null, and nothing half-made is left', async (_what, mood) => {
  const user = await lab();
  const lock = await locked(user);
  Object.assign(registry.mood, mood);
  expect(await fetchWheels(user.ctx, lock)).toBeNull();
  expect(readdirSync(shelf(user))).toEqual([]);
});

test('another file than the one that was locked is not kept', async () => {
  const user = await lab();
  const lock = await locked(user);
  const [first = ''] = lock.packages.map((one) => one.sha256);
  const other = { ...lock, pylock: lock.pylock.replaceAll(first, 'ab'.repeat(32)) };
  expect(await fetchWheels(user.ctx, other)).toBeNull();
  expect(readdirSync(shelf(user)).some((name) => name.startsWith('ab'))).toBe(false);
});

test('a lock that was made offline asks nobody; Ctrl-C ends a download at once', async () => {
  const user = await lab();
  const lock = await locked(user);
  const asked = registry.asked.length;
  expect(await fetchWheels(user.ctx, { ...lock, offline: true })).toBeNull();
  expect(registry.asked.length).toBe(asked);
  registry.mood.hang = true;
  const work = failure(fetchWheels(user.ctx, lock));
  while (registry.asked.length === asked) await new Promise((next) => setTimeout(next, 10));
  user.abort();
  expect((await work).code).toBe('INTERRUPTED');
  expect(readdirSync(shelf(user))).toEqual([]);
});
