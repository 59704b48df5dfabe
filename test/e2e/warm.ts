/** What a first deploy brings over the network, fetched once for all test files and kept in node_modules/.cache. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { python } from '../python.ts';

const root = path.join(import.meta.dirname, '../..');
const MAKES = ['src/resolve/uv.ts', 'src/resolve/runtime-client.ts', 'src/resolve/install.ts', 'test/e2e/warm.ts', 'templates/tools/byte_code.py'];
const version = createHash('sha256').update(MAKES.map((file) => readFileSync(path.join(root, file), 'utf8')).join('\0')).digest('hex').slice(0, 12);
const parent = path.join(root, 'node_modules', '.cache');
const folder = path.join(parent, `mlfn-e2e-${version}`);

/** A small package that is pure Python. */
export const REQUIREMENT = 'iniconfig==2.0.0';

/** uv's cache with the runtime client and `REQUIREMENT`: copies of it are warm. */
export async function warmUvCache(): Promise<string> {
  await warm();
  return path.join(folder, 'uv-cache');
}

/** The uv that mlfn brings for itself. */
export async function warmUv(): Promise<string> {
  await warm();
  return path.join(folder, 'cache', 'uv');
}

/** Fills the cache folder of a new home, but for uv: a function without requirements is deployed without it. */
export async function seed(cache: string): Promise<void> {
  await warm();
  for (const name of readdirSync(path.join(folder, 'cache'))) {
    if (name !== 'uv' && name !== 'bytecode') linkTree(path.join(folder, 'cache', name), path.join(cache, name));
  }
}

/** Hard links: two hundred files in a few milliseconds. */
export function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else {
      try {
        linkSync(source, target);
      } catch {
        copyFileSync(source, target); // another disk
      }
    }
  }
}

let made: Promise<void> | undefined;

function warm(): Promise<void> {
  made ??= make();
  return made;
}

/** Made aside and renamed: of two test files at once the first to finish wins. */
async function make(): Promise<void> {
  if (existsSync(folder)) return;
  mkdirSync(parent, { recursive: true });
  const home = mkdtempSync(path.join(parent, '.mlfn-e2e-'));
  try {
    writeFileSync(path.join(home, 'app.py'), 'def predict(body):\n    return body\n');
    writeFileSync(path.join(home, 'requirements.txt'), `${REQUIREMENT}\n`);
    const run = promisify(execFile);
    // A PATH without uv of the user's: mlfn brings its own.
    const env = { ...process.env, MLFN_HOME: home, UV_CACHE_DIR: path.join(home, 'uv-cache') };
    const mlfn = (...args: string[]) => run(process.execPath, [path.join(root, 'bin/mlfn.js'), ...args], { cwd: home, env });
    await mlfn('deploy', 'app.py:predict', '--name', 'warm').finally(() => mlfn('stop'));
    // The wheel itself was downloaded without uv, whose cache is to hold it too.
    const uv = readdirSync(path.join(home, 'cache', 'uv'), { recursive: true, withFileTypes: true }).find((each) => each.isFile() && /^uv(\.exe)?$/.test(each.name));
    await mlfn('build', 'app.py:predict', '--out', 'built');
    const install = ['pip', 'install', '--python', python, '--no-deps', '--require-hashes', '--target', 'site', '-r', 'built/pylock.toml'];
    await run(path.join(uv?.parentPath ?? '', uv?.name ?? 'uv'), install, { cwd: home, env });
    for (const left of ['site', 'built']) rmSync(path.join(home, left), { recursive: true });
    rmSync(path.join(home, 'local'), { recursive: true });
    rmSync(path.join(home, 'cache', 'wheels'), { recursive: true, force: true });
    rmSync(path.join(home, 'cache', 'locks'), { recursive: true, force: true });
    rmSync(path.join(home, 'cache', 'dependencies'), { recursive: true, force: true });
    renameSync(home, folder);
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}
