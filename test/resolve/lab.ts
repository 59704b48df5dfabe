/** What the tests of resolve share: a context of their own, cards, and uv brought once for all of them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Context, Event } from '../../src/events.ts';
import { findUv } from '../../src/resolve/index.ts';
import type { ModelFileCard, PythonCard } from '../../src/card.ts';
import type { PlatformRequest } from '../../src/types.ts';
import { python } from '../python.ts';

export { failure } from '../failure.ts';

const SHARED = path.join(import.meta.dirname, '../../node_modules/.cache/mlfn-test');

export interface Lab {
  ctx: Context;
  events: Event[];
  /** Folder of the user's: made, empty. */
  folder: string;
  abort(): void;
  write(name: string, text: string): Promise<string>;
}

/** @param env joined to PATH, HOME and the machine's settings for reaching a registry; undefined takes one away */
export async function makeLab(env: Record<string, string | undefined> = {}): Promise<Lab> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'mlfn-resolve-'));
  onTestFinished(() => rm(root, { recursive: true, force: true, maxRetries: 3 }));
  const folder = path.join(root, 'project');
  await mkdir(folder);
  const events: Event[] = [];
  const stop = new AbortController();
  const inherited: Record<string, string | undefined> = { ...process.env };
  for (const name of ['VIRTUAL_ENV', 'CONDA_PREFIX']) delete inherited[name];
  const ctx: Context = {
    emit: (event) => void events.push(event),
    signal: stop.signal,
    env: { ...inherited, UV_CACHE_DIR: path.join(root, 'uv-cache'), ...env },
    cwd: folder,
    home: { root, cache: path.join(root, 'cache'), local: path.join(root, 'local') },
  };
  const write = async (name: string, text: string) => {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
    return path.join(folder, name);
  };
  return { ctx, events, folder, abort: () => stop.abort(), write };
}

/** PATH with the tests' interpreter and uv in front; uv is brought by the product itself into a cache that tests share. */
export async function pathWithUv(): Promise<string> {
  const env = { ...process.env };
  const home = { root: SHARED, cache: SHARED, local: SHARED };
  const ctx: Context = { emit: () => undefined, signal: new AbortController().signal, env, cwd: SHARED, home };
  await mkdir(SHARED, { recursive: true });
  const uv = await findUv(ctx);
  return [path.dirname(python), path.dirname(uv.path), process.env['PATH']].join(path.delimiter);
}

/** One uv cache for what comes from the real registry. */
export const sharedUvCache = path.join(SHARED, 'uv-cache');

export function modelCard(
  folder: string,
  version: string | null,
  distributions: string[],
  framework = 'frame',
): ModelFileCard {
  return {
    kind: 'model',
    path: path.join(folder, 'model.pkl'),
    size: 1,
    findings: [],
    format: 'pickle',
    compression: 'none',
    protocol: 5,
    globals: [],
    framework: { name: framework, version },
    estimator: null,
    featureNames: null,
    featureCount: null,
    classes: null,
    distributions,
    versions: version === null ? {} : { [framework]: version },
    atLeast: {},
    userClasses: [],
    safe: true, damaged: false,
  };
}

export function pythonCard(file: string): PythonCard {
  return { kind: 'python', path: file, size: 1, findings: [], attribute: 'f' };
}

export const here: PlatformRequest = { platform: 'this-machine', pythons: ['3.12', '3.13', '3.11', '3.10', '3.9'] };
export const cloud: PlatformRequest = {
  platform: { os: 'linux', arch: 'x86_64', glibc: '2.34' },
  pythons: ['3.12', '3.13'],
};

export function pins(lock: { packages: { name: string; version: string }[] }): string[] {
  return lock.packages.map(({ name, version }) => `${name}==${version}`);
}

export function warnings(lab: Lab): string[] {
  return lab.events.flatMap((event) => (event.type === 'warning' ? [event.text] : []));
}
