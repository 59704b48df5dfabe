/** An index that asks for a password: it reaches resolve and install, and nothing that is printed, kept or packed. */
import { readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { install, resolve } from '../../src/resolve/index.ts';
import { failure, here, makeLab, modelCard, pathWithUv, pins, type Lab } from './lab.ts';
import { startRegistry, type Registry } from './registry.ts';

const SECRET = 's3cret-t0ken';
let registry: Registry;
let PATH: string;
let index: string;

beforeAll(async () => {
  PATH = await pathWithUv();
  registry = await startRegistry([
    { name: 'frame', version: '1.0', requires: ['base'], published: '2022-06-01' },
    { name: 'base', version: '1.5', published: '2022-06-20' },
  ]);
  registry.mood.credentials = `ann:${SECRET}`;
  index = registry.url.replace('://', `://ann:${SECRET}@`);
});
afterAll(() => registry.close());

const lab = (env: Record<string, string | undefined> = {}) => makeLab({ PATH, UV_DEFAULT_INDEX: undefined, ...env });

/** Every file that holds the text, but what the user wrote. */
async function leaks(user: Lab): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(user.ctx.home.root, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || ['requirements.txt', 'pyproject.toml', 'pip.conf', '.netrc'].includes(entry.name)) continue;
    if ((await readFile(file, 'latin1')).includes(SECRET)) found.push(file);
  }
  return found;
}

/** Resolves, lays down with nothing in uv's cache, and gives the files that the secret is found in. */
async function goesThrough(user: Lab): Promise<string[]> {
  const card = modelCard(user.folder, '1.0', ['frame']);
  const lock = await resolve(user.ctx, card, here, {});
  expect(pins(lock)).toEqual(['base==1.5', 'frame==1.0']);
  await rm(user.ctx.env['UV_CACHE_DIR'] ?? '', { recursive: true });
  await install(user.ctx, lock, path.join(user.folder, 'site'));
  expect(await readdir(path.join(user.folder, 'site'))).toContain('frame');
  // A lock that is kept must lead to the wheels as well.
  const again = await resolve(user.ctx, card, here, {});
  await rm(user.ctx.env['UV_CACHE_DIR'] ?? '', { recursive: true });
  await install(user.ctx, again, path.join(user.folder, 'again'));
  expect(JSON.stringify([lock, again, user.events])).not.toContain(SECRET);
  return leaks(user);
}

test('in the requirements: --index-url', async () => {
  const user = await lab();
  await user.write('requirements.txt', `--index-url ${index}\nframe\n`);
  expect(await goesThrough(user)).toEqual([]);
});

test('in the requirements: --extra-index-url beside an index without a password', async () => {
  const other = await startRegistry([]);
  const user = await lab({ UV_DEFAULT_INDEX: other.url });
  await user.write('requirements.txt', `--extra-index-url=${index}\nframe\n`);
  expect(await goesThrough(user)).toEqual([]);
  await other.close();
});

test.each([
  ['UV_DEFAULT_INDEX', () => index],
  ['UV_INDEX_URL', () => index],
  ['PIP_INDEX_URL', () => index],
  ['UV_EXTRA_INDEX_URL', () => index],
])('in the environment: %s', async (name, value) => {
  expect(await goesThrough(await lab({ UV_NO_CONFIG: '1', [name]: value() }))).toEqual([]);
});

test('in the environment by the name of an index of the project; and in a netrc file', async () => {
  const named = await lab({ UV_INDEX_OURS_USERNAME: 'ann', UV_INDEX_OURS_PASSWORD: SECRET });
  await named.write('pyproject.toml', `[[tool.uv.index]]\nname = "ours"\nurl = "${registry.url}"\ndefault = true\n`);
  expect(await goesThrough(named)).toEqual([]);
  const netrc = await lab({ UV_DEFAULT_INDEX: registry.url });
  const file = await netrc.write('.netrc', `machine 127.0.0.1 login ann password ${SECRET}\n`);
  expect(await goesThrough({ ...netrc, ctx: { ...netrc.ctx, env: { ...netrc.ctx.env, NETRC: file } } })).toEqual([]);
});

test('in the project: an index of pyproject.toml, and the address of a wheel', async () => {
  const project = await lab();
  await project.write('pyproject.toml', `[[tool.uv.index]]\nname = "ours"\nurl = "${index}"\ndefault = true\n`);
  expect(await goesThrough(project)).toEqual([]);
  const direct = await lab({ UV_DEFAULT_INDEX: index });
  const base = index.replace('/simple', '/files/base-1.5-py3-none-any.whl');
  await direct.write('requirements.txt', `frame\nbase @ ${base}\n`);
  expect(await goesThrough(direct)).toEqual([]);
});

test('errors and warnings show the address without the password', async () => {
  const user = await lab({ UV_HTTP_TIMEOUT: '1', UV_HTTP_RETRIES: '0' });
  const card = modelCard(user.folder, '1.0', ['frame']);
  const told = async (requirements: string) => {
    await user.write('requirements.txt', requirements);
    const error = await failure(resolve(user.ctx, card, here, { requirements: 'requirements.txt' }));
    expect(JSON.stringify([error.message, error.hint, error.details, String(error.cause), user.events])).not.toContain(SECRET);
    return error.code;
  };
  const wrong = index.replace('ann:', 'bob:');
  expect(await told(`--index-url ${wrong}\nframe\n`)).toBe('RESOLVE_INDEX_DENIED');
  expect(await told(`--index-url ${index.replace(/:\d+\//, ':9/')}\nframe\n`)).toBe('RESOLVE_INDEX_UNREACHABLE');
  expect(await told(`mine @ git+http://ann:${SECRET}@127.0.0.1:9/x\n`)).toBe('RESOLVE_REQUIREMENT_UNSUPPORTED');
  expect(await told(`--index_url ${index}\n`)).toBe('RESOLVE_REQUIREMENT_UNSUPPORTED');
  expect(await told(`--index-url ${index}\nframe==7\n`)).toBe('RESOLVE_FRAMEWORK_CONFLICT');
  expect(await told(`--index-url ${index}\nframe\nnothing-such\n`)).toBe('RESOLVE_PACKAGE_UNKNOWN');
  expect(await told(`--index-url ${index}\nframe\nbase @ ${index}/x-1.0-py3-none-any.whl\nbase<1\n`)).toMatch(/^RESOLVE_/);
});
