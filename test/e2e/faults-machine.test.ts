/** The machine's side: ports, Pythons, folders, paths and the network. */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ask, bin, Lab, powerless } from './lab.ts';
import { linkTree, REQUIREMENT, warmUv, warmUvCache } from './warm.ts';

const NOWHERE = { HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9', ALL_PROXY: 'http://127.0.0.1:9', NO_PROXY: '' };

async function taken(port: number): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ host: '127.0.0.1', port, exclusive: true }, resolve));
  return { port: (server.address() as AddressInfo).port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

describe('a port that another program has', () => {
  test('and was asked for, by flag or file: an error that names it, and nothing was made', async () => {
    const lab = await Lab.open();
    const other = await taken(0);
    const flag = await lab.refused(['deploy', lab.app(1), '--name', 'fn', '--port', String(other.port)], 5);
    expect(flag.message).toContain(`Port ${other.port}`);
    expect(flag.hint).toContain('--port');
    lab.write({ 'mlfn.yaml': `name: fn\nmodel: app.py:predict\nlocal: {port: ${other.port}}\n` });
    expect((await lab.refused(['deploy'], 5)).message).toContain(String(other.port));
    expect((await lab.json(['status'])).functions).toEqual([]);
    await other.close();
    const { url } = await lab.json(['deploy']);
    expect(new URL(url).port).toBe(String(other.port));
    await lab.close();
  });

  test('and is the usual one: the next that is free', async () => {
    const lab = await Lab.open();
    const usual = await taken(8750).catch(() => null); // else another daemon of this machine has it
    const port = Number(new URL(await lab.deploy(lab.app(1))).port);
    expect(port).toBeGreaterThan(8750);
    expect(port).toBeLessThan(8800);
    await usual?.close();
    await lab.close();
  });
});

/** A folder with a program of that name, alone: for PATH. */
function programs(lab: Lab, files: Record<string, string>): string {
  const folder = path.join(lab.folder, `bin-${Math.random()}`);
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(path.join(folder, name), text);
    chmodSync(path.join(folder, name), 0o755);
  }
  return folder;
}

describe('a machine whose Python', () => {
  const fake = (says: string) => `#!/bin/sh\n${says}\n`;
  const old = JSON.stringify({ executable: '/old/python3', base: '/old/python3', virtual: false, version: '3.8.18', implementation: 'cpython', freeThreaded: false, os: 'linux', arch: 'x86_64', glibc: '2.36' });
  test.each<[what: string, files: Record<string, string>, says: RegExp]>([
    ['is missing', {}, /none was found/],
    ['is too old', { python3: fake(`echo '${old}'`) }, /3\.8\.18 is older than 3\.9/],
    ['is Python 2', { python: fake('echo "Unknown option: -I" >&2; exit 2') }, /it is Python 2/],
    ['crashes', { python3: fake('kill -SEGV $$') }, /ended with|said nothing/],
    ['fails', { python3: fake('echo "ImportError: no encodings" >&2; exit 1') }, /no encodings/],
    ['prints nonsense', { python3: fake('echo hello') }, /did not answer as a Python does/],
    ['hangs', { python3: fake('exec /bin/sleep 1000') }, /did not answer within/],
    ['is an empty file', { python3: '' }, /empty file/],
    ['is of another machine', { python3: '\x7fELF garbage' }, /cannot start|exec format|not found/i],
  ])('%s', async (what, files, says) => {
    const lab = await Lab.open();
    rmSync(path.join(lab.home, 'cache/interpreters'), { recursive: true, force: true });
    const env = { PATH: programs(lab, files), PYENV_ROOT: path.join(lab.folder, 'none'), UV_PYTHON_INSTALL_DIR: path.join(lab.folder, 'none') };
    const error = await lab.refused(['deploy', lab.app(1), '--name', 'fn'], 2, { env });
    expect(error.code).toBe('RESOLVE_PYTHON_MISSING');
    expect(error.message).toMatch(says);
    expect(error.hint).toContain('3.9');
    if (what === 'hangs') return lab.close(); // one wait of 20 s is enough
    const doctor = await lab.json(['doctor'], { env, code: 2 });
    expect(doctor.checks.find((check: { name: string }) => check.name === 'python')).toMatchObject({ state: 'fail' });
    await lab.close();
  });

  test('is only one of pyenv that is too old', async () => {
    const lab = await Lab.open();
    const pyenv = path.join(lab.folder, 'pyenv/versions');
    for (const version of ['2.7.18', '3.8.18']) {
      const folder = path.join(pyenv, version, 'bin');
      mkdirSync(folder, { recursive: true });
      const says = version.startsWith('2') ? 'echo "Unknown option: -I" >&2; exit 2' : `echo '${old}'`;
      writeFileSync(path.join(folder, 'python'), fake(says), { mode: 0o755 });
    }
    const env = { PATH: programs(lab, {}), PYENV_ROOT: path.dirname(pyenv), UV_PYTHON_INSTALL_DIR: path.join(lab.folder, 'none') };
    const { message } = await lab.refused(['deploy', lab.app(1)], 2, { env });
    expect(message).toContain('2.7.18');
    expect(message).toContain('3.8.18');
    await lab.close();
  });

  test('was taken away after a deploy: the calls say so, and a deploy mends it', async () => {
    const lab = await Lab.open();
    await lab.deploy(lab.app(0));
    const { interpreter } = JSON.parse(readFileSync(path.join(lab.home, 'local/functions/fn/releases/1/host.json'), 'utf8'));
    const link = path.join(lab.folder, 'python-of-mine');
    symlinkSync(interpreter, link);
    const url = await lab.deploy(lab.app(1), ['--python', link]);
    await lab.json(['stop']);
    rmSync(link);
    const gone = await lab.json(['invoke', 'fn', '--data', '{}'], { code: 5 });
    expect(gone.body.detail).toContain('deploy again');
    await lab.deploy(lab.app(2));
    expect((await ask(url)).json).toEqual({ version: 2 });
    await lab.close();
  });
});

describe('a home that', () => {
  test.each([
    ['is a file', (lab: Lab) => lab.write({ home: 'a file' })],
    ['is below a file', (lab: Lab) => path.join(lab.write({ file: '' }), 'home')],
    ['is in /proc', () => '/proc/mlfn/home'],
  ])('%s is refused by every command that needs one', async (_what, home) => {
    const lab = new Lab();
    const env = { MLFN_HOME: home(lab) };
    for (const args of [['deploy', lab.app(1)], ['status'], ['invoke', 'fn'], ['stop'], ['releases', 'fn']]) {
      expect(await lab.refused(args, 2, { env }), args[0]).toMatchObject({ code: 'CLI_HOME' });
    }
    rmSync(lab.folder, { recursive: true });
  });

  test('may not be written by this user', async () => {
    const lab = new Lab();
    mkdirSync(lab.home, { mode: 0o555 });
    expect(await lab.refused(['deploy', lab.app(1)], 2, { program: powerless })).toMatchObject({ code: 'CLI_HOME' });
    expect(readdirSync(lab.home)).toEqual([]);
    rmSync(lab.folder, { recursive: true });
  });

  test('has spaces, quotes and other letters in its path, as model and code have', async () => {
    const lab = await Lab.open({ home: "a home/ø 'né' \"日本\" $HOME;#%20" });
    const model = `${lab.write({ 'my models/é $(x) 模型/app.py': 'import part\ndef predict(body):\n    return part.VALUE\n', 'my models/é $(x) 模型/part.py': 'VALUE = "ß"\n', 'bo dy é.json': '{"ü": 1}' })}:predict`;
    const url = await lab.deploy(model, ['--sample', 'bo dy é.json']);
    expect((await ask(url)).json).toBe('ß');
    expect((await lab.json(['build', model, '--out', 'ou t é'])).files).toHaveLength(4);
    await lab.close();
  });

  test('is relative, and the command runs in another folder', async () => {
    const lab = await Lab.open();
    mkdirSync(path.join(lab.folder, 'deep/er'), { recursive: true });
    const env = { MLFN_HOME: '../../home' };
    lab.app(1);
    await lab.deploy('../../app.py:predict', [], { cwd: path.join(lab.folder, 'deep/er'), env });
    expect(await lab.json(['invoke', 'fn', '-C', 'deep', '--data', '{}'])).toMatchObject({ status: 200 });
    await lab.close();
  });
});

test('a model in a read-only folder, through a link, by a linked mlfn, from a folder that is gone', async () => {
  const lab = await Lab.open();
  lab.write({ 'store/app.py': 'def predict(body):\n    return {"version": "linked"}\n' });
  symlinkSync('store', path.join(lab.folder, 'current'));
  symlinkSync('store/app.py', path.join(lab.folder, 'linked.py'));
  chmodSync(path.join(lab.folder, 'store/app.py'), 0o444);
  chmodSync(path.join(lab.folder, 'store'), 0o555);
  const link = path.join(lab.folder, 'mlfn');
  symlinkSync(bin, link);
  const before = statSync(path.join(lab.folder, 'store')).mtimeMs;
  const program: [string, ...string[]] = [process.execPath, link];
  const url = await lab.deploy('current/app.py:predict', [], { program });
  expect((await ask(url)).json).toEqual({ version: 'linked' });
  expect(await lab.json(['deploy', 'linked.py:predict', '--name', 'linked'], { program })).toMatchObject({ status: 'deployed' });
  expect(statSync(path.join(lab.folder, 'store')).mtimeMs).toBe(before);
  expect(readdirSync(path.join(lab.folder, 'store'))).toEqual(['app.py']);
  chmodSync(path.join(lab.folder, 'store'), 0o755);
  const gone = ['-c', 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', 'sh', process.execPath, bin];
  expect(await lab.mlfn(['status'], { program: ['sh', ...gone] })).toMatchObject({ code: 2, stdout: '' });
  await lab.close();
});

describe('without a network', () => {
  async function project(warm: boolean): Promise<{ lab: Lab; env: Record<string, string> }> {
    const lab = await Lab.open();
    lab.write({ 'app.py': 'def predict(body):\n    return __import__("iniconfig").__name__\n', 'requirements.txt': `${REQUIREMENT}\n` });
    rmSync(path.join(lab.home, 'cache/runtime-client'), { recursive: true });
    linkTree(await warmUv(), path.join(lab.home, 'cache/uv'));
    const cache = path.join(lab.folder, 'uv-cache');
    if (warm) cpSync(await warmUvCache(), cache, { recursive: true });
    return { lab, env: { ...NOWHERE, UV_CACHE_DIR: cache } };
  }

  test('but with a warm cache a deploy works, and says so', async () => {
    const { lab, env } = await project(true);
    const ran = await lab.mlfn(['deploy', 'app.py:predict', '--name', 'fn'], { env });
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toMatch(/offline|network|cache/i);
    expect(await lab.json(['invoke', 'fn', '--data', '{}'], { env })).toMatchObject({ body: 'iniconfig' });
    await lab.close();
  });

  test('and with UV_OFFLINE as well', async () => {
    const { lab, env } = await project(true);
    await lab.deploy('app.py:predict', [], { env: { UV_CACHE_DIR: env['UV_CACHE_DIR'], UV_OFFLINE: '1' } });
    await lab.close();
    expect(existsSync(lab.folder)).toBe(false);
  });

  test.each<Record<string, string>>([NOWHERE, { UV_OFFLINE: '1' }])('and with a cold cache it says so, with %j', async (network) => {
    const { lab, env } = await project(false);
    const error = await lab.refused(['deploy', 'app.py:predict', '--name', 'fn'], 5, { env: { UV_CACHE_DIR: env['UV_CACHE_DIR'], ...network } });
    expect(error.code).toBe('RESOLVE_INDEX_UNREACHABLE');
    expect(error.message).toContain('iniconfig');
    await lab.close();
  });

  test('and without uv, it says that, too', async () => {
    const { lab, env } = await project(false);
    rmSync(path.join(lab.home, 'cache/uv'), { recursive: true });
    const pip = { ...env, PIP_NO_CACHE_DIR: '1', PIP_NO_INDEX: undefined, PIP_FIND_LINKS: undefined };
    const error = await lab.refused(['deploy', 'app.py:predict', '--name', 'fn'], 2, { env: { ...pip, PATH: process.env['PATH']! } });
    expect(error.code).toBe('RESOLVE_UV_MISSING');
    expect(error.hint).toMatch(/network|index/i);
    await lab.close();
  });
});
