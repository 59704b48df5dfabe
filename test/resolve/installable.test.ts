/** A lock as requirements.txt: real pip and real uv take it, and nothing in the place of what was locked. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findUv, requirementsOf, resolve } from '../../src/resolve/index.ts';
import { python } from '../python.ts';
import { failure, here, type Lab, makeLab, modelCard, pathWithUv } from './lab.ts';
import { startRegistry, type Registry } from './registry.ts';

let registry: Registry;
let PATH: string;
beforeAll(async () => {
  PATH = await pathWithUv();
  registry = await startRegistry([
    { name: 'frame', version: '1.0', requires: ['Base_Kit>=1', 'server'], published: '2022-06-01' },
    { name: 'frame', version: '1.1', published: '2022-06-02' },
    { name: 'base-kit', version: '1.0', published: '2022-01-01' },
    { name: 'server', version: '3.1', published: '2022-08-01' },
  ]);
});
afterAll(() => registry.close());

const lab = () => makeLab({ PATH, UV_DEFAULT_INDEX: registry.url });

/** Not by a call that waits: the index is served by this process. */
const run = promisify(execFile);

async function install({ folder, ctx }: Lab, file: string, into: string, index: string[]) {
  const target = path.join(folder, into);
  const args = ['-I', '-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--require-hashes', '--target', target, '-r', file];
  const env = { PATH: ctx.env['PATH'], PIP_CONFIG_FILE: '/dev/null', PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  const { stderr } = await run(python, [...args, ...index], { encoding: 'utf8', env }).catch((error: { stderr: string }) => error);
  return { target, stderr };
}

test('pip and uv install exactly what was locked, and refuse another file of the same version', async () => {
  const made = await lab();
  const lock = await resolve(made.ctx, modelCard(made.folder, '1.0', ['frame']), here, {});
  const text = requirementsOf(lock);
  expect(text.split('\n').map((line) => line.replace(/[0-9a-f]{64}/, 'HASH'))).toEqual([
    'base-kit==1.0 --hash=sha256:HASH', 'frame==1.0 --hash=sha256:HASH', 'server==3.1 --hash=sha256:HASH', '',
  ]);
  const file = await made.write('requirements-out.txt', text);
  const pip = await install(made, file, 'pip', ['--index-url', registry.url]);
  expect(pip.stderr).toBe('');
  expect(existsSync(path.join(pip.target, 'frame-1.0.dist-info'))).toBe(true);
  const uv = (await findUv(made.ctx)).path;
  const target = path.join(made.folder, 'uv');
  await run(uv, ['pip', 'install', '-q', '--no-config', '--no-cache', '--require-hashes', '--python', python, '--target', target, '--index-url', registry.url, '-r', file]);
  expect(existsSync(path.join(target, 'base_kit-1.0.dist-info'))).toBe(true);
  const changed = await made.write('changed.txt', text.replace(/(frame==1.0 --hash=sha256:)../, '$1ff'));
  const refused = await install(made, changed, 'refused', ['--index-url', registry.url]);
  expect(refused.stderr).toMatch(/DO NOT MATCH THE HASHES|Can't verify hashes|hash/i);
});

test("the project's own indexes are named without their passwords; the machine's are not", async () => {
  const made = await lab();
  const secret = registry.url.replace('://', '://user:hidden@');
  await made.write('requirements.txt', `--extra-index-url ${secret}\n-i ${registry.url}\nframe\n`);
  const lock = await resolve(made.ctx, modelCard(made.folder, '1.0', ['frame']), here, {});
  expect(lock.indexes).toEqual([`--extra-index-url ${registry.url}`, `--index-url ${registry.url}`]);
  const file = await made.write('requirements-out.txt', requirementsOf(lock));
  expect(await readFile(file, 'utf8')).not.toContain('hidden');
  expect((await install(made, file, 'pip', [])).stderr).toBe('');
  const other = await lab();
  await other.write('pyproject.toml', `[tool.uv]\nindex = [{ name = "ours", url = "${secret}" }]\n[project]\nname = "x"\nversion = "1"\ndependencies = ["frame"]\n`);
  const ofUv = await resolve(other.ctx, modelCard(other.folder, '1.0', ['frame']), here, {});
  expect(ofUv.indexes).toEqual([`--extra-index-url ${registry.url}`]);
});

test('a wheel that is named by its address keeps it; one that lies on this machine is refused', async () => {
  const made = await lab();
  const indexed = await resolve(made.ctx, modelCard(made.folder, '1.0', ['frame']), here, {});
  const whole = /"(http[^"]*frame-1\.0[^"]*)"/.exec(indexed.pylock)?.[1] ?? '';
  await made.write('requirements.txt', `frame @ ${whole}\n`);
  const lock = await resolve(made.ctx, modelCard(made.folder, '1.0', ['frame']), here, {});
  expect(requirementsOf(lock)).toContain(`frame @ ${whole} --hash=sha256:`);
  const file = await made.write('requirements-out.txt', requirementsOf(lock));
  expect((await install(made, file, 'pip', ['--index-url', registry.url])).stderr).toBe('');
  const local = { ...lock, packages: lock.packages.map((one) => ({ ...one, local: true as const })) };
  const error = await failure(Promise.resolve().then(() => requirementsOf(local)));
  expect(error).toMatchObject({ code: 'RESOLVE_WHEEL_LOCAL', kind: 'config' });
  expect(error.message).toContain('frame-1.0');
});
