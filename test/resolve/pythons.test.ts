/** Which interpreters are found, and which is taken. */
import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { findInterpreters, resolve } from '../../src/resolve/index.ts';
import { python } from '../python.ts';
import { cloud, failure, here, makeLab, pythonCard, type Lab } from './lab.ts';

/** A lab whose machine has only what the test puts into its bin/. */
async function bareLab(): Promise<Lab & { bin: string }> {
  const user = await makeLab({ PYENV_ROOT: '/nowhere', HOME: '/nowhere', XDG_DATA_HOME: '/nowhere' });
  const bin = path.join(user.folder, 'bin');
  await mkdir(bin);
  const env = { ...user.ctx.env, PATH: `${bin}:/nowhere`, UV_PYTHON_INSTALL_DIR: '/nowhere' };
  return { ...user, ctx: { ...user.ctx, env }, bin };
}

async function script(bin: string, name: string, body: string): Promise<void> {
  await writeFile(path.join(bin, name), `#!/bin/sh\n${body}\n`);
  await chmod(path.join(bin, name), 0o755);
}

test('a working interpreter is found among shims that fail, an old one, an empty file and a crash', async () => {
  const user = await bareLab();
  await script(user.bin, 'python3.14', 'echo "pyenv: python3.14: command not found" >&2; exit 127');
  await script(user.bin, 'python3.11', 'echo "Unknown option: -I" >&2; exit 2');
  await script(user.bin, 'python3.10', 'kill -SEGV $$');
  await writeFile(path.join(user.bin, 'python3.9'), '');
  await symlink(python, path.join(user.bin, 'python3'));
  const found = await findInterpreters(user.ctx);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({
    implementation: 'cpython',
    source: 'PATH',
    version: expect.stringMatching(/^3\.\d+\.\d+$/),
  });
  const broken = { ...user.ctx, env: { ...user.ctx.env, VIRTUAL_ENV: path.join(user.folder, 'gone') } };
  expect(await findInterpreters(broken)).toHaveLength(1);
});

test('nothing usable: what was found and why it does not serve', async () => {
  const user = await bareLab();
  const none = await failure(findInterpreters(user.ctx));
  expect(none).toMatchObject({
    code: 'RESOLVE_PYTHON_MISSING',
    message: 'No usable Python on this machine: none was found.',
  });
  await script(user.bin, 'python3', 'echo "Unknown option: -I" >&2; exit 2');
  const old =
    '{"executable":"/old","base":"/old","virtual":false,"version":"3.7.16","implementation":"cpython","freeThreaded":false,"os":"linux","arch":"x86_64","glibc":"2.36"}';
  await script(user.bin, 'python3.9', `echo '${old}'`);
  const error = await failure(findInterpreters(user.ctx));
  expect(error.message).toContain(`${path.join(user.bin, 'python3.9')} (Python 3.7.16 is older than 3.9)`);
  expect(error.message).toContain('(it is Python 2)');
  expect(error.hint).toContain('Install CPython');
});

test('a shim that starts Python 2 today is asked again tomorrow', async () => {
  const user = await bareLab();
  const target = path.join(user.folder, 'target');
  await writeFile(target, '/nowhere\n');
  await script(user.bin, 'python3', `read -r to < '${target}'; [ -x "$to" ] || { echo "Unknown option: -I" >&2; exit 2; }; exec "$to" "$@"`);
  await failure(findInterpreters(user.ctx));
  await writeFile(target, `${python}\n`);
  const later = { ...user.ctx, home: { ...user.ctx.home } };
  expect(await findInterpreters(later)).toHaveLength(1);
});

test('--python takes a version, a command and a path; anything else says what is there', async () => {
  const user = await bareLab();
  const app = await user.write('app.py', 'def f(x):\n    return x\n');
  await symlink(python, path.join(user.bin, 'mypython'));
  const byCommand = await resolve(user.ctx, pythonCard(app), here, { python: 'mypython' }).catch(
    (error: unknown) => error,
  );
  expect(byCommand).toMatchObject({ code: 'RESOLVE_PYTHON_MISSING' });
  await symlink(python, path.join(user.bin, 'python3'));
  const lock = await resolve(user.ctx, pythonCard(app), here, { python: 'mypython' });
  expect((await resolve(user.ctx, pythonCard(app), here, { python: lock.python })).digest).toBe(lock.digest);
  expect((await resolve(user.ctx, pythonCard(app), here, { python: './bin/mypython' })).digest).toBe(lock.digest);
  const say = async (wish: string) =>
    (await failure(resolve(user.ctx, pythonCard(app), here, { python: wish }))).message;
  expect(await say('3.8')).toMatch(/^There is no Python 3\.8 on this machine: it has 3\.\d+\.\d+\.$/);
  expect(await say('./nope')).toContain('there is no such file');
  expect(await say('/bin')).toContain('it is a folder');
  await copyFile('/bin/ls', path.join(user.folder, 'ls'));
  expect(await say('./ls')).toContain('did not answer as a Python does');
  const refused = await failure(resolve(user.ctx, pythonCard(app), cloud, { python: '3.9' }));
  expect(refused).toMatchObject({ code: 'RESOLVE_PYTHON_UNUSABLE', hint: 'Give --python one of 3.12, 3.13.' });
});

test('a cloud may run a Python that this machine lacks; .python-version and requires-python are heard', async () => {
  const user = await bareLab();
  await symlink(python, path.join(user.bin, 'python3'));
  const app = await user.write('app.py', 'def f(x):\n    return x\n');
  const locks = async (wish?: string) => (await resolve(user.ctx, pythonCard(app), cloud, { python: wish })).python;
  expect(await locks('3.13')).toBe('3.13');
  await user.write('.python-version', '3.13.1\n');
  expect(await locks()).toBe('3.13');
  await user.write('pyproject.toml', '[project]\nname = "x"\nversion = "1"\nrequires-python = "<3.13"\n');
  expect(await locks()).toBe('3.12');
  await user.write('pyproject.toml', '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.15"\n');
  const error = await failure(locks());
  expect(error.message).toContain('the project requires Python >=3.15');
});
