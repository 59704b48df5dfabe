/** Which versions are pinned, and what is said when none can be. Real uv against an index of the test's own. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findUv, resolve } from '../../src/resolve/index.ts';
import { python } from '../python.ts';
import { cloud, failure, here, makeLab, modelCard, pathWithUv, pins, warnings } from './lab.ts';
import { startRegistry, type Registry } from './registry.ts';

const CP312 = 'cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64';
let registry: Registry;
let PATH: string;

beforeAll(async () => {
  PATH = await pathWithUv();
  registry = await startRegistry([
    { name: 'frame', version: '1.0', requires: ['base>=1'], published: '2022-06-01' },
    { name: 'frame', version: '1.1', requires: ['base>=2'], published: '2024-06-01' },
    { name: 'base', version: '1.0', published: '2022-01-01' },
    { name: 'base', version: '1.5', published: '2022-06-20' },
    { name: 'base', version: '2.0', published: '2024-05-01' },
    { name: 'tool', version: '3.0', published: '2022-02-01' },
    { name: 'tool', version: '4.0', published: '2024-05-02' },
    { name: 'tool', version: '4.1', published: '2024-05-20' },
    { name: 'tool', version: '5.0', published: '2024-08-01' },
    { name: 'jupyter', version: '1.0', published: '2022-02-01' },
    { name: 'native', version: '1.0', tag: CP312, published: '2022-01-01' },
    { name: 'native', version: '2.0', tag: CP312.replaceAll('312', '313'), published: '2023-01-01' },
    { name: 'xgboost', version: '1.7.6', published: '2022-06-10' },
    { name: 'xgboost', version: '3.4.1', requires: ['nccl'], published: '2024-01-10' },
    { name: 'xgboost-cpu', version: '3.0.0', published: '2022-06-15' },
    { name: 'xgboost-cpu', version: '3.4.1', published: '2024-04-10' },
    { name: 'xgboost-cpu', version: '3.5.0', published: '2024-06-10' },
    { name: 'nccl', version: '1.0', published: '2022-01-01' },
    { name: 'numpy', version: '1.22.0', published: '2022-01-01' },
    { name: 'numpy', version: '1.24.0', published: '2023-01-01' },
    { name: 'numpy', version: '2.0.0', published: '2024-06-01' },
    { name: 'scipy', version: '1.7.0', published: '2022-01-01' },
    { name: 'scipy', version: '1.8.0', published: '2022-08-01' },
    { name: 'scipy', version: '1.18.0', published: '2026-06-01' },
    { name: 'picky', version: '1.0', requires: ['base>=2'], published: '2022-01-01' },
  ]);
});
afterAll(() => registry.close());

const lab = (env: Record<string, string | undefined> = {}) => makeLab({ PATH, UV_DEFAULT_INDEX: registry.url, ...env });

test('without a neighbour or an environment: the newest set up to a month after the framework came out', async () => {
  const { ctx, folder } = await lab();
  const lock = await resolve(ctx, modelCard(folder, '1.0', ['frame']), here, {});
  expect(pins(lock)).toEqual(['base==1.5', 'frame==1.0']);
  expect(lock).toMatchObject({
    source: 'model-date',
    offline: false,
    packages: [{ wheel: 'base-1.5-py3-none-any.whl' }, {}],
  });
  expect(lock.sourceDetail).toBe('what was newest a month after frame 1.0 came out (2022-07-02)');
  expect(lock.packages[0]?.size).toBeGreaterThan(300);
});

test('every version that the file names is exact, and the date is that of the last of them', async () => {
  const { ctx, folder, write } = await lab();
  const card = { ...modelCard(folder, '1.0', ['frame', 'xgboost']), versions: { xgboost: '3.4.1', frame: '1.0' } };
  const lock = await resolve(ctx, card, here, {});
  expect(pins(lock)).toEqual(['base==2.0', 'frame==1.0', 'xgboost-cpu==3.4.1']);
  expect(lock.sourceDetail).toBe('what was newest a month after xgboost-cpu 3.4.1 came out (2024-05-11)');
  // The small package is younger than some files; and who lists the other gets the other.
  const old = { ...card, versions: { ...card.versions, xgboost: '1.7.6' } };
  expect(pins(await resolve(ctx, old, here, {}))).toEqual(['base==1.5', 'frame==1.0', 'xgboost==1.7.6']);
  await write('requirements.txt', 'xgboost\n');
  expect(pins(await resolve(ctx, card, here, {}))).toEqual(['base==1.5', 'frame==1.0', 'nccl==1.0', 'xgboost==3.4.1']);
});

test('what reads the file is no older than the file', async () => {
  const { ctx, folder } = await lab();
  const card = { ...modelCard(folder, '1.0', ['frame', 'tool']), atLeast: { tool: '4.0' } };
  const lock = await resolve(ctx, card, here, {});
  expect(pins(lock)).toEqual(['base==2.0', 'frame==1.0', 'tool==4.1']);
  expect(lock.sourceDetail).toBe('what was newest a month after tool 4.0 came out (2024-06-02)');
});

test('what the pickle names proves how young its writer was, and the date follows the youngest', async () => {
  const { ctx, folder } = await lab();
  const named = (...globals: [string, string][]) => ({
    ...modelCard(folder, '1.0', ['frame', 'numpy', 'scipy']),
    globals: globals.map(([module, name]) => ({ module, name, offset: 0, origin: 'framework' as const })),
  });
  const csr: [string, string] = ['scipy.sparse._csr', 'csr_matrix'];
  const random: [string, string] = ['numpy.random._pickle', '__randomstate_ctor'];
  const generator: [string, string] = ['numpy.random._pickle', '__bit_generator_ctor'];
  const spline: [string, string] = ['scipy.interpolate._bsplines', '_BSpline'];
  const cases: [ReturnType<typeof named>, string[]][] = [
    [named(random, ['scipy.sparse.csr', 'csr_matrix']), ['numpy==1.22.0', 'scipy==1.7.0']],
    [named(csr), ['numpy==1.22.0', 'scipy==1.8.0']],
    [named(csr, random, generator), ['numpy==1.24.0', 'scipy==1.8.0']],
    [named(csr, spline, random, generator), ['numpy==2.0.0', 'scipy==1.18.0']],
    [{ ...named(random, generator), atLeast: { numpy: '2.0.0' } }, ['numpy==2.0.0', 'scipy==1.8.0']],
  ];
  for (const [card, expected] of cases) {
    expect(pins(await resolve(ctx, card, here, {})).filter((pin) => /^(num|sci)py/.test(pin))).toEqual(expected);
  }
});

test('requirements beside the model are respected whole; what they leave open is closed by the date', async () => {
  const { ctx, folder, write } = await lab();
  await write('requirements.txt', 'frame>=0.9  # any\nbase==1.0\ntool\n');
  const lock = await resolve(ctx, modelCard(folder, '1.0', ['frame']), here, {});
  expect(pins(lock)).toEqual(['base==1.0', 'frame==1.0', 'tool==3.0']);
  expect(lock.source).toBe('requirements');
  expect(lock.sourceDetail).toContain('requirements.txt; what it leaves open: what was newest a month after');
});

test('tools found in requirements are left out, and packed when the file was named', async () => {
  const user = await lab();
  await user.write('requirements.txt', 'tool\njupyter\n-e .\n');
  const card = modelCard(user.folder, '1.0', ['frame']);
  expect(pins(await resolve(user.ctx, card, here, {}))).toEqual(['base==1.5', 'frame==1.0', 'tool==3.0']);
  expect(warnings(user)).toEqual(
    [
      'requirements.txt: not locked, for there is no wheel of it: -e .',
      'requirements.txt lists tools that serving does not need; left out: jupyter.',
    ].map((text) => expect.stringContaining(text)),
  );
  await user.write('all.txt', 'tool\njupyter\n');
  const all = await resolve(user.ctx, card, here, { requirements: 'all.txt' });
  expect(pins(all)).toContain('jupyter==1.0');
  const refused = await failure(resolve(user.ctx, card, here, { requirements: 'requirements.txt' }));
  expect(refused).toMatchObject({
    code: 'RESOLVE_REQUIREMENT_UNSUPPORTED',
    message: expect.stringContaining('line 3: "-e ."'),
  });
});

test('an environment written out by pip freeze gives versions, not packages', async () => {
  const user = await lab();
  await user.write('requirements.txt', 'base==1.0\nframe==1.0\njupyter==1.0\npicky==1.0\ntool==3.0\n');
  const lock = await resolve(user.ctx, modelCard(user.folder, '1.0', ['frame']), here, {});
  expect(pins(lock)).toEqual(['base==1.0', 'frame==1.0']);
  expect(warnings(user)[0]).toContain('lists a whole environment');
});

test('requirements that exclude the version in the model file are an error', async () => {
  const { ctx, folder, write } = await lab();
  await write('requirements.txt', 'tool\nframe>1.0\n');
  const error = await failure(resolve(ctx, modelCard(folder, '1.0', ['frame']), here, {}));
  expect(error).toMatchObject({ code: 'RESOLVE_FRAMEWORK_CONFLICT', hint: expect.stringContaining('frame==1.0') });
  expect(error.message).toBe('requirements.txt line 2 asks for frame>1.0, but model.pkl was saved with frame 1.0.');
});

test('the same question again is answered without uv or an index, and another index is another question', async () => {
  const { ctx, folder } = await lab();
  const card = modelCard(folder, '1.0', ['frame']);
  const first = await resolve(ctx, card, here, {});
  const before = registry.asked.length;
  await rm(ctx.env['UV_CACHE_DIR'] ?? '', { recursive: true });
  expect(await resolve(ctx, card, here, {})).toEqual(first);
  expect(registry.asked.length).toBe(before);
  const elsewhere = { ...ctx, env: { ...ctx.env, UV_DEFAULT_INDEX: 'http://127.0.0.1:9/simple' } };
  expect((await failure(resolve(elsewhere, card, here, {}))).code).toBe('RESOLVE_INDEX_UNREACHABLE');
});

test('the lock text and digest tell nothing of this machine or this moment', async () => {
  const one = await lab();
  const other = await lab();
  const a = await resolve(one.ctx, modelCard(one.folder, '1.0', ['frame']), cloud, {});
  const b = await resolve(other.ctx, modelCard(other.folder, '1.0', ['frame']), cloud, {});
  expect(a).toEqual(b);
  expect(a).toMatchObject({ python: '3.12', platform: cloud.platform });
  expect(a.pylock).not.toMatch(/upload-time|\/tmp|requires-python = ">=/);
});

test('no wheel for the Python: the Pythons and versions that have one are named', async () => {
  const { ctx, folder } = await lab();
  const error = await failure(resolve(ctx, modelCard(folder, '1.0', ['native'], 'native'), cloud, { python: '3.13' }));
  expect(error.code).toBe('RESOLVE_NO_WHEEL');
  expect(error.message).toContain(
    'native 1.0 (needed by model.pkl) has no wheel for Python 3.13 on linux x86_64; it has wheels for Python 3.12',
  );
  expect(error.hint).toContain('--python 3.12');
  expect(error.hint).toContain('nearest with wheels for Python 3.13: 2.0');
  const found = await resolve(ctx, modelCard(folder, '2.0', ['native'], 'native'), cloud, {});
  expect(found.python).toBe('3.13');
});

test('conflicting requirements: who needs what, and what would work', async () => {
  const { ctx, folder, write } = await lab();
  await write('requirements.txt', 'picky\nbase==1.0\n');
  const error = await failure(resolve(ctx, modelCard(folder, '1.0', ['frame']), here, {}));
  expect(error.code).toBe('RESOLVE_CONFLICT');
  expect(error.message).toBe(
    'every version of picky needs base>=2, but base==1.0 is required (requirements.txt line 2).',
  );
  expect(error.hint).toContain('base==2.0 works');
});

test('a version or a package that the index does not have', async () => {
  const { ctx, folder, write } = await lab();
  const version = await failure(resolve(ctx, modelCard(folder, '1.0.5', ['frame']), here, {}));
  expect(version).toMatchObject({ code: 'RESOLVE_PACKAGE_UNKNOWN', hint: 'Nearest that it has: 1.0 and 1.1.' });
  await write('requirements.txt', 'nosuchthing\n');
  const name = await failure(resolve(ctx, modelCard(folder, '1.0', ['frame']), here, {}));
  expect(name.message).toBe('The package index has no package "nosuchthing" (needed by requirements.txt line 1).');
});

test('locks beside the model: pylock.toml with its hashes, and uv.lock', async () => {
  const user = await lab();
  await user.write('requirements.txt', 'base==1.0\n');
  const made = await resolve(user.ctx, modelCard(user.folder, '1.0', ['frame']), here, {});
  await user.write('pylock.toml', made.pylock);
  const again = await resolve(user.ctx, modelCard(user.folder, '1.0', ['frame']), here, {});
  expect(again).toMatchObject({ digest: made.digest, source: 'lockfile', sourceDetail: 'pinned by pylock.toml' });
  const sha = made.packages[0]?.sha256 ?? '';
  await user.write('pylock.toml', made.pylock.replaceAll(sha, 'a'.repeat(64)));
  const tampered = await failure(resolve(user.ctx, modelCard(user.folder, '1.0', ['frame']), here, {}));
  expect(tampered.message).toContain(
    'base-1.0-py3-none-any.whl is not one of the files whose hashes pylock.toml lists',
  );
});

test('uv.lock beside the model, read by uv: its main dependencies, not its development group', async () => {
  const user = await lab();
  const project = [
    '[project]',
    'name = "mine"',
    'version = "1"',
    'requires-python = ">=3.9"',
    'dependencies = ["frame", "base<1.5"]',
  ];
  await user.write('pyproject.toml', [...project, '[dependency-groups]', 'dev = ["tool"]', ''].join('\n'));
  const uv = await findUv(user.ctx);
  const env = user.ctx.env as NodeJS.ProcessEnv;
  await promisify(execFile)(uv.path, ['lock', '--quiet', '--python', python], { cwd: user.folder, env });
  const lock = await resolve(user.ctx, modelCard(user.folder, '1.0', ['frame']), here, {});
  expect(pins(lock)).toEqual(['base==1.0', 'frame==1.0']);
  expect(lock).toMatchObject({ source: 'lockfile', sourceDetail: 'pinned by uv.lock' });
  await rm(path.join(user.folder, 'uv.lock'));
  const open = await resolve(user.ctx, modelCard(user.folder, '1.0', ['frame']), here, {});
  expect(open).toMatchObject({ digest: lock.digest, source: 'requirements' });
});

test('the environment that holds the framework version gives the versions', async () => {
  const user = await lab();
  const site = path.join('env', 'lib', 'python3.12', 'site-packages');
  for (const [name, version] of [
    ['frame', '1.0'],
    ['base', '1.0'],
    ['tool', '3.0'],
  ]) {
    const file = path.join(site, `${name}-${version}.dist-info`, 'METADATA');
    await user.write(file, `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
  }
  await user.write('env/pyvenv.cfg', await readFile(path.join(path.dirname(python), '..', 'pyvenv.cfg'), 'utf8'));
  await mkdir(path.join(user.folder, 'env', 'bin'));
  await symlink(python, path.join(user.folder, 'env', 'bin', 'python'));
  const active = { ...user.ctx, env: { ...user.ctx.env, VIRTUAL_ENV: path.join(user.folder, 'env') } };
  const lock = await resolve(active, modelCard(user.folder, '1.0', ['frame']), here, {});
  expect(pins(lock)).toEqual(['base==1.0', 'frame==1.0']);
  expect(lock).toMatchObject({ source: 'environment', sourceDetail: 'the versions of the active virtual environment' });
  expect(lock.interpreter).not.toContain(user.folder);
  const other = await resolve(active, modelCard(user.folder, '1.1', ['frame']), here, {});
  expect(other.source).toBe('model-date');
});
