/** No network, a network that swallows everything, an index that refuses, a machine on which only pip was configured. */
import { mkdir, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findUv, install, resolve } from '../../src/resolve/index.ts';
import { python } from '../python.ts';
import { failure, here, makeLab, modelCard, pathWithUv, pins } from './lab.ts';
import { startRegistry, type Registry } from './registry.ts';

let registry: Registry;
let PATH: string;

beforeAll(async () => {
  PATH = await pathWithUv();
  registry = await startRegistry([
    { name: 'frame', version: '1.0', requires: ['base'], published: '2022-06-01' },
    { name: 'base', version: '1.5', published: '2022-06-20' },
  ]);
});
afterEach(() => Object.assign(registry.mood, { status: 200, hang: false }));
afterAll(() => registry.close());

const lab = (env: Record<string, string | undefined> = {}) => makeLab({ PATH, UV_DEFAULT_INDEX: registry.url, ...env });
const forget = (cache: string) => rm(path.join(cache, 'locks'), { recursive: true });

test('no network but a warm cache: the same lock, said to be offline, and it can be laid down', async () => {
  const user = await lab();
  const card = modelCard(user.folder, '1.0', ['frame']);
  const online = await resolve(user.ctx, card, here, {});
  await install(user.ctx, online, path.join(user.folder, 'one'));
  await forget(user.ctx.home.cache);
  Object.assign(registry.mood, { hang: true });
  const ctx = { ...user.ctx, env: { ...user.ctx.env, UV_HTTP_TIMEOUT: '1', UV_HTTP_RETRIES: '0' } };
  const offline = await resolve(ctx, card, here, {});
  expect(offline).toEqual({ ...online, offline: true });
  await install(ctx, offline, path.join(user.folder, 'two'));
  expect((await stat(path.join(user.folder, 'two', 'frame', '__init__.py'))).size).toBeGreaterThan(10);
  Object.assign(registry.mood, { hang: false });
  expect((await resolve(user.ctx, card, here, {})).offline).toBe(false);
});

test('a lock made offline is kept while there is no network, whatever becomes of uv\'s cache, and asked again after', async () => {
  const user = await lab();
  const card = modelCard(user.folder, '1.0', ['frame']);
  await resolve(user.ctx, card, here, {});
  await forget(user.ctx.home.cache);
  Object.assign(registry.mood, { hang: true });
  const ctx = { ...user.ctx, env: { ...user.ctx.env, UV_HTTP_TIMEOUT: '1', UV_HTTP_RETRIES: '0' } };
  const first = await resolve(ctx, card, here, {});
  expect(first.offline).toBe(true);
  await rm(user.ctx.env['UV_CACHE_DIR'] ?? '', { recursive: true });
  expect(await resolve(ctx, card, here, {})).toEqual(first);
  const told = { ...user.ctx, env: { ...user.ctx.env, UV_OFFLINE: '1' } };
  expect(await resolve(told, card, here, {})).toEqual(first);
  Object.assign(registry.mood, { hang: false });
  const asked = registry.asked.length;
  expect(await resolve(user.ctx, card, here, {})).toEqual({ ...first, offline: false });
  expect(registry.asked.length).toBeGreaterThan(asked);
  // Now it is the index's own answer, and nobody is asked any more.
  Object.assign(registry.mood, { hang: true });
  expect((await resolve(user.ctx, card, here, {})).offline).toBe(false);
});

test('no network and a cold cache: what is missing, exit as remote', async () => {
  const user = await lab({ UV_HTTP_TIMEOUT: '1', UV_HTTP_RETRIES: '0' });
  Object.assign(registry.mood, { hang: true });
  const error = await failure(resolve(user.ctx, modelCard(user.folder, '1.0', ['frame']), here, {}));
  expect(error).toMatchObject({ code: 'RESOLVE_INDEX_UNREACHABLE', kind: 'remote' });
  expect(error.message).toBe('The package index cannot be reached, and the cache does not hold frame.');
});

test('resolved but never laid down, then the network goes', async () => {
  const user = await lab({ UV_HTTP_TIMEOUT: '1', UV_HTTP_RETRIES: '0' });
  const lock = await resolve(user.ctx, modelCard(user.folder, '1.0', ['frame']), here, {});
  await rm(user.ctx.env['UV_CACHE_DIR'] ?? '', { recursive: true });
  Object.assign(registry.mood, { hang: true });
  const error = await failure(install(user.ctx, lock, path.join(user.folder, 'x')));
  expect(error.code).toBe('RESOLVE_INDEX_UNREACHABLE');
  expect(error.message).toMatch(/does not hold (frame==1\.0|base==1\.5)\.$/);
  await expect(stat(path.join(user.folder, 'x'))).rejects.toThrow('ENOENT');
});

test('an index that wants credentials', async () => {
  const user = await lab();
  Object.assign(registry.mood, { status: 401 });
  const error = await failure(resolve(user.ctx, modelCard(user.folder, '1.0', ['frame']), here, {}));
  expect(error).toMatchObject({ code: 'RESOLVE_INDEX_DENIED', kind: 'auth' });
});

test('an index that only pip was told of is asked, and the one of the project beside the model', async () => {
  const byPip = await lab({ UV_DEFAULT_INDEX: undefined, PIP_INDEX_URL: registry.url });
  const lock = await resolve(byPip.ctx, modelCard(byPip.folder, '1.0', ['frame']), here, {});
  expect(pins(lock)).toEqual(['base==1.5', 'frame==1.0']);
  const byFile = await lab({ UV_DEFAULT_INDEX: undefined });
  const pipConf = await byFile.write('pip.conf', `[global]\nindex-url = ${registry.url}\n`);
  const ctx = { ...byFile.ctx, env: { ...byFile.ctx.env, PIP_CONFIG_FILE: pipConf } };
  expect((await resolve(ctx, modelCard(byFile.folder, '1.0', ['frame']), here, {})).digest).toBe(lock.digest);
  const byProject = await lab({ UV_DEFAULT_INDEX: undefined });
  await byProject.write(
    'pyproject.toml',
    `[[tool.uv.index]]\nname = "ours"\nurl = "${registry.url}"\ndefault = true\n`,
  );
  expect((await resolve(byProject.ctx, modelCard(byProject.folder, '1.0', ['frame']), here, {})).digest).toBe(
    lock.digest,
  );
});

test('Ctrl-C while an index does not answer ends at once', async () => {
  const user = await lab();
  Object.assign(registry.mood, { hang: true });
  const asked = registry.asked.length;
  const work = failure(resolve(user.ctx, modelCard(user.folder, '1.0', ['frame']), here, {}));
  while (registry.asked.length === asked) await new Promise((next) => setTimeout(next, 20));
  user.abort();
  expect((await work).code).toBe('INTERRUPTED');
});

test('without uv and without an index: says that uv could not be brought', async () => {
  const nowhere = 'http://127.0.0.1:9';
  const user = await makeLab({
    PATH: path.dirname(python),
    HTTPS_PROXY: nowhere,
    HTTP_PROXY: nowhere,
    PIP_INDEX_URL: `${nowhere}/simple`,
  });
  await mkdir(path.join(user.folder, 'bin'));
  await symlink(python, path.join(user.folder, 'bin', 'python3'));
  const ctx = { ...user.ctx, env: { ...user.ctx.env, PATH: path.join(user.folder, 'bin'), PYENV_ROOT: '/nowhere' } };
  const error = await failure(findUv(ctx));
  expect(error).toMatchObject({ code: 'RESOLVE_UV_MISSING', hint: expect.stringContaining('Connect to the network') });
});
