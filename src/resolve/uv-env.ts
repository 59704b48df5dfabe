/** The environment that uv runs in: the user's index, proxy and certificates, and nothing that would bend a resolution. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Context } from '../events.ts';
import { homeFolder } from './candidates.ts';
import { withoutCredentials } from './credentials.ts';
import { readText } from '../whole-files.ts';
import { surveyInterpreters } from './interpreters.ts';
import { run } from './run.ts';

export type Env = Record<string, string | undefined>;

/** UV_ variables about reaching and keeping packages. UV_PYTHON, UV_RESOLUTION, UV_CONSTRAINT and the like are left out. */
const KEPT =
  /^UV_(DEFAULT_INDEX|INDEX|EXTRA_INDEX|FIND_LINKS|NO_INDEX|CACHE_DIR|NO_CACHE|HTTP_|REQUEST_|SSL|NATIVE_TLS|SYSTEM_CERTS|CERT|INSECURE|KEYRING|OFFLINE|CONCURRENT|LINK_MODE|CONFIG_FILE|NO_CONFIG|CREDENTIALS|AUTH|NO_VERIFY|LOCK_TIMEOUT)/;

const made = new WeakMap<Context, Promise<Env>>();

/** Read once per context: asking pip for its configuration takes a third of a second. */
export function uvEnv(ctx: Context): Promise<Env> {
  let env = made.get(ctx);
  if (env === undefined) {
    env = makeEnv(ctx);
    made.set(ctx, env);
    env.catch(() => made.delete(ctx));
  }
  return env;
}

/** What of the environment decides which index is asked, for the keys of the cache: a new password asks the same. */
export function indexSettings(env: Readonly<Env>): [string, string][] {
  const names = Object.keys(env).filter(
    (name) =>
      /^(UV|PIP)_(DEFAULT_INDEX|INDEX|EXTRA_INDEX|FIND_LINKS|NO_INDEX)/.test(name) && !/_(USERNAME|PASSWORD)$/.test(name),
  );
  return names.toSorted().map((name) => [name, withoutCredentials(env[name] ?? '')]);
}

async function makeEnv(ctx: Context): Promise<Env> {
  const env = plainUvEnv(ctx);
  return { ...fromPip(await pipConfiguration(ctx), env, await hasIndexOfItsOwn(ctx, env)), ...env };
}

/** Without what only pip was told: enough where no index is asked. */
export function plainUvEnv(ctx: Context): Env {
  const env: Env = {};
  for (const [name, value] of Object.entries(ctx.env)) {
    if (value !== undefined && (!name.startsWith('UV_') || KEPT.test(name))) env[name] = value;
  }
  return { ...env, UV_PYTHON_DOWNLOADS: 'never', UV_NO_PROGRESS: '1', NO_COLOR: '1' };
}

/** uv reads no pip.conf: a company that configured pip alone would otherwise be sent to the public index. */
function fromPip(pip: Map<string, string[]>, env: Env, ownIndex: boolean): Env {
  const add: Env = {};
  const text = (name: string, separator = ' ') => pip.get(name)?.join(separator);
  if (!ownIndex) {
    add['UV_DEFAULT_INDEX'] = text('index-url');
    add['UV_INDEX'] = text('extra-index-url');
    add['UV_NO_INDEX'] = pip.get('no-index')?.[0] === 'true' ? '1' : undefined;
    const places = pip.get('find-links')?.filter((place) => /^\w+:\/\//.test(place) || existsSync(place));
    add['UV_FIND_LINKS'] = places?.length ? places.join(',') : undefined;
  }
  add['UV_INSECURE_HOST'] = text('trusted-host');
  add['SSL_CERT_FILE'] = text('cert');
  const proxied = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'].some((name) => env[name]);
  if (!proxied) add['HTTPS_PROXY'] = text('proxy');
  return Object.fromEntries(Object.entries(add).filter(([, value]) => value));
}

/** Option -> words, of the first interpreter that has pip. Variables beat a command's section, which beats [global]. */
async function pipConfiguration(ctx: Context): Promise<Map<string, string[]>> {
  const options = new Map<string, string[]>();
  for (const python of (await surveyInterpreters(ctx)).usable.slice(0, 3)) {
    const ran = await run(ctx, python.path, ['-m', 'pip', 'config', 'list'], { timeoutMs: 30_000 });
    if (ran.code !== 0) continue;
    const lines = ran.stdout.split(/\r?\n/).toSorted((a, b) => rank(a) - rank(b));
    for (const line of lines) {
      const [, name, value] = /^(?:global|install|download|:env:)\.([\w-]+)=['"](.*)['"]$/.exec(line) ?? [];
      const words = value?.split(/\\n|\s+/).filter(Boolean);
      if (name !== undefined && words?.length) options.set(name, words);
    }
    break;
  }
  return options;
}

function rank(line: string): number {
  if (line.startsWith(':env:')) return 2;
  return line.startsWith('global.') ? 0 : 1;
}

/** Whether the user told uv itself about an index; then pip's is none of its business. */
async function hasIndexOfItsOwn(ctx: Context, env: Env): Promise<boolean> {
  if (Object.keys(env).some((name) => /^UV_(DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|NO_INDEX)$/.test(name)))
    return true;
  const { XDG_CONFIG_HOME, APPDATA, UV_CONFIG_FILE } = ctx.env;
  const files = [
    UV_CONFIG_FILE,
    path.join(XDG_CONFIG_HOME ?? path.join(homeFolder(ctx), '.config'), 'uv', 'uv.toml'),
    APPDATA && path.join(APPDATA, 'uv', 'uv.toml'),
    '/etc/uv/uv.toml',
  ];
  for (const file of files) {
    const text = file ? await readText(file) : null;
    if (text !== null && /^\s*(\[\[index\]\]|index-url|extra-index-url|no-index|index\s*=)/m.test(text)) return true;
  }
  return false;
}
