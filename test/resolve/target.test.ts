/** What the target itself needs, added to what is served. Real uv against an index of the test's own. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostOptions, resolve } from '../../src/resolve/index.ts';
import type { PlatformRequest } from '../../src/types.ts';
import { cloud, failure, makeLab, modelCard, pathWithUv, pins, pythonCard } from './lab.ts';
import { startRegistry, type Registry } from './registry.ts';

let registry: Registry;
let PATH: string;
beforeAll(async () => {
  PATH = await pathWithUv();
  registry = await startRegistry([
    { name: 'frame', version: '1.0', requires: ['base>=1'], published: '2022-06-01' },
    { name: 'base', version: '1.0', published: '2022-01-01' },
    { name: 'base', version: '2.0', published: '2024-05-01' },
    { name: 'server', version: '2.0', published: '2021-01-01' },
    { name: 'server', version: '3.0', requires: ['web'], published: '2022-06-10' },
    { name: 'server', version: '3.1', requires: ['web', 'base'], published: '2024-08-01' },
    { name: 'web', version: '1.0', published: '2022-06-10' },
    { name: 'web', version: '2.0', published: '2024-08-20' },
    { name: 'web', version: '3.0', published: '2025-01-01' },
    { name: 'fussy', version: '1.0', requires: ['base>=2'], published: '2024-01-01' },
  ]);
});
afterAll(() => registry.close());

const lab = () => makeLab({ PATH, UV_DEFAULT_INDEX: registry.url });
const asking = (name: string, version: string, accepts: string): PlatformRequest => ({ ...cloud, requires: [{ name, version, accepts }] });
const server = asking('server', '3.1', '>=3,<4');

test('a model keeps the versions that it has without it, and the server comes with what was newest a month later', async () => {
  const { ctx, folder } = await lab();
  const card = modelCard(folder, '1.0', ['frame']);
  const plain = await resolve(ctx, card, cloud, {});
  const lock = await resolve(ctx, card, server, {});
  expect(pins(plain)).toEqual(['base==1.0', 'frame==1.0']);
  expect(pins(lock)).toEqual(['base==1.0', 'frame==1.0', 'server==3.1', 'web==2.0']);
  expect(lock.sourceDetail).toBe(plain.sourceDetail);
  expect(lock.packages.filter((one) => one.forTarget).map((one) => one.name)).toEqual(['server', 'web']);
  expect((await resolve(ctx, card, cloud, {})).digest).toBe(plain.digest);
  expect(await resolve(ctx, card, server, {})).toEqual(lock);
});

test('what needs nothing has the server alone, and nothing is asked for on this machine', async () => {
  const { ctx, write } = await lab();
  const lock = await resolve(ctx, pythonCard(await write('app.py', 'def f(x): return x\n')), server, {});
  expect(pins(lock)).toEqual(['base==2.0', 'server==3.1', 'web==2.0']);
  const options = await hostOptions(ctx, { ...lock, platform: { ...lock.platform, arch: 'aarch64' } });
  expect(await readFile(options?.requirements ?? '', 'utf8')).toBe('');
  expect(path.basename(options?.requirements ?? '')).toBe(`${lock.digest}.host.txt`);
});

test("the user's own pin is honoured where it works, and refused where it does not", async () => {
  const { ctx, folder, write } = await lab();
  const card = modelCard(folder, '1.0', ['frame']);
  await write('requirements.txt', 'frame\nserver==3.0\n');
  expect(pins(await resolve(ctx, card, server, {}))).toEqual(['base==1.0', 'frame==1.0', 'server==3.0', 'web==1.0']);
  await write('requirements.txt', 'frame\nserver==2.0\n');
  const error = await failure(resolve(ctx, card, server, {}));
  expect(error).toMatchObject({ code: 'RESOLVE_CONFLICT', hint: 'Leave it out, or change it to server==3.1.' });
  expect(error.message).toBe('requirements.txt line 2 asks for server==2.0, but the target needs server>=3,<4.');
});

test('a server that needs other versions than were chosen moves them, if nothing forbids it; else the error names it', async () => {
  const { ctx, folder, write } = await lab();
  const fussy = asking('fussy', '1.0', '>=1');
  expect(pins(await resolve(ctx, modelCard(folder, '1.0', ['frame']), fussy, {}))).toEqual(['base==2.0', 'frame==1.0', 'fussy==1.0']);
  await write('requirements.txt', 'frame\nbase==1.0\n');
  const error = await failure(resolve(ctx, modelCard(folder, '1.0', ['frame']), fussy, {}));
  expect(error).toMatchObject({ code: 'RESOLVE_CONFLICT', kind: 'config' });
  expect(error.message).toMatch(/fussy.* needs base>=2, but base==1.0 is required \(requirements.txt line 2\)/);
});

test('a server of which the index has no such version says who needs it', async () => {
  const { ctx, folder } = await lab();
  const error = await failure(resolve(ctx, modelCard(folder, '1.0', ['frame']), asking('server', '9.0', '>=3'), {}));
  expect(error).toMatchObject({ code: 'RESOLVE_PACKAGE_UNKNOWN' });
  expect(error.message).toContain('server 9.0 (needed by the target)');
});
