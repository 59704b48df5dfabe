/** Wheels laid down: the same tree everywhere, whole or not at all. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { install, resolve } from '../../src/resolve/index.ts';
import { failure, here, makeLab, modelCard, pathWithUv, type Lab } from './lab.ts';
import { startRegistry, type Registry } from './registry.ts';

const installer = path.join(import.meta.dirname, 'installer.mjs');
let registry: Registry;
let PATH: string;

beforeAll(async () => {
  PATH = await pathWithUv();
  registry = await startRegistry([
    { name: 'frame', version: '1.0', requires: ['base', 'heavy'], script: true },
    { name: 'base', version: '1.5' },
    { name: 'heavy', version: '1.0', padding: 30_000_000 },
  ]);
});
afterAll(() => registry.close());

const lab = () => makeLab({ PATH, UV_DEFAULT_INDEX: registry.url });
const made = async (user: Lab) => resolve(user.ctx, modelCard(user.folder, '1.0', ['frame']), here, {});

async function tree(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    files[path.relative(folder, file)] = (await readFile(file, 'latin1')).slice(0, 2000);
  }
  return files;
}

test('two installs are equal, name no path of this machine, hold no scripts and can be imported', async () => {
  const user = await lab();
  const lock = await made(user);
  await install(user.ctx, lock, path.join(user.folder, 'a'));
  await install(user.ctx, lock, 'b');
  const a = await tree(path.join(user.folder, 'a'));
  expect(await tree(path.join(user.folder, 'b'))).toEqual(a);
  expect(Object.keys(a).filter((name) => /^(bin|Scripts|\.lock)/.test(name))).toEqual([]);
  expect(a['frame-1.0.dist-info/RECORD']).toContain('frame/__init__.py,sha256=');
  expect(Object.values(a).filter((text) => text.includes(user.folder) || /^(\.\.\/)*bin\//m.test(text))).toEqual([]);
  const code =
    'import sys; sys.path.insert(0, "a"); import frame, base, heavy; print(frame.__version__, base.__version__)';
  const { stdout } = await promisify(execFile)(lock.interpreter, ['-I', '-c', code], { cwd: user.folder });
  expect(stdout.trim()).toBe('1.0 1.5');
});

test('an empty lock makes an empty folder, and a folder that is complete is left as it is', async () => {
  const user = await lab();
  const lock = await made(user);
  await install(user.ctx, { ...lock, packages: [] }, path.join(user.folder, 'empty'));
  expect(await readdir(path.join(user.folder, 'empty'))).toEqual([]);
  await user.write('done/mine.txt', 'x');
  await install(user.ctx, lock, path.join(user.folder, 'done'));
  expect(await readdir(path.join(user.folder, 'done'))).toEqual(['mine.txt']);
});

test('two processes at once, and one killed at any moment: the folder is whole and nothing else is left', async () => {
  const user = await lab();
  const lock = await made(user);
  const target = path.join(user.folder, 'lay', 'it');
  const { env, home, cwd } = user.ctx;
  const given = (into: string) => [installer, JSON.stringify({ env, home, cwd, lock, into })];
  for (const after of [60, 120, 180, 240, 300]) {
    const child = spawn(process.execPath, given(target), { stdio: 'ignore' });
    await new Promise((next) => setTimeout(next, after));
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  await Promise.all([1, 2].map(() => promisify(execFile)(process.execPath, given(target))));
  await install(user.ctx, lock, path.join(user.folder, 'reference'));
  expect(await tree(target)).toEqual(await tree(path.join(user.folder, 'reference')));
  await install(user.ctx, lock, target);
  expect(await readdir(path.dirname(target))).toEqual(['it']);
});

test('a full disk is named as such, and nothing half-made stays', async () => {
  const user = await lab();
  const lock = await made(user);
  const bin = path.join(user.folder, 'bin');
  await mkdir(bin);
  const says =
    '#!/bin/sh\n[ "$1" = --version ] && echo "uv 0.13.8" && exit 0\necho "error: Failed to install: No space left on device (os error 28)" >&2\nexit 2\n';
  await writeFile(path.join(bin, 'uv'), says);
  await chmod(path.join(bin, 'uv'), 0o755);
  const ctx = { ...user.ctx, env: { ...user.ctx.env, PATH: `${bin}:${PATH}` } };
  const error = await failure(install(ctx, lock, path.join(user.folder, 'full', 'x')));
  expect(error).toMatchObject({ code: 'DISK_FULL', kind: 'limit' });
  expect(await readdir(path.join(user.folder, 'full'))).toEqual([]);
});
