/** The real registry: what was published when, wheels that load, uv brought by pip. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { findUv, install, resolve, runtimeClient } from '../../src/resolve/index.ts';
import { python } from '../python.ts';
import { cloud, here, makeLab, modelCard, pathWithUv, pins, sharedUvCache } from './lab.ts';

let PATH: string;
beforeAll(async () => {
  PATH = await pathWithUv();
});

test('scikit-learn 1.5.2 with what stood beside it in October 2024, for Lambda', async () => {
  const user = await makeLab({ PATH, UV_CACHE_DIR: sharedUvCache });
  const card = modelCard(user.folder, '1.5.2', ['scikit-learn', 'numpy'], 'scikit-learn');
  const lock = await resolve(user.ctx, card, cloud, {});
  expect(pins(lock)).toEqual([
    'joblib==1.4.2',
    'numpy==2.1.2',
    'scikit-learn==1.5.2',
    'scipy==1.14.1',
    'threadpoolctl==3.5.0',
  ]);
  expect(lock.sourceDetail).toContain('(2024-10-12)');
  expect(lock.digest).toMatch(/^40e7f707c57fca50/);
});

test('wheels of this machine load, and the runtime client beside them', async () => {
  const user = await makeLab({ PATH, UV_CACHE_DIR: sharedUvCache });
  const lock = await resolve(user.ctx, modelCard(user.folder, null, ['numpy'], 'numpy'), here, { python });
  const into = path.join(user.folder, 'site');
  await install(user.ctx, lock, into);
  const client = await runtimeClient(user.ctx, lock.interpreter);
  expect(await runtimeClient(user.ctx, lock.interpreter)).toBe(client);
  const code = `import sys; sys.path[:0] = sys.argv[1:]; import numpy, awslambdaric; print(numpy.__file__, awslambdaric.__file__)`;
  const { stdout } = await promisify(execFile)(lock.interpreter, ['-I', '-c', code, into, client ?? '']);
  expect(stdout).toContain(path.join(into, 'numpy'));
  expect(stdout).toContain(path.join(client ?? 'no client', 'awslambdaric'));
});

test('uv is brought once, by two at once, when PATH has none', async () => {
  const user = await makeLab({ PATH: '/nowhere' });
  const ctx = { ...user.ctx, env: { ...user.ctx.env, VIRTUAL_ENV: path.join(path.dirname(python), '..') } };
  const [one, two] = await Promise.all([findUv(ctx), findUv(ctx)]);
  expect(one).toEqual(two);
  expect(one).toMatchObject({ version: '0.13.8', source: 'mlfn' });
  const { stdout } = await promisify(execFile)(one.path, ['--version']);
  expect(stdout).toMatch(/^uv 0\.13\.8/);
});
