/** Finds uv, or brings a pinned one. */
import { chmod, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { interpreterOf, whichAll } from './candidates.ts';
import { redact } from './credentials.ts';
import { makeFolder } from '../whole-files.ts';
import { noPython, surveyInterpreters } from './interpreters.ts';
import { lastLine, run } from './run.ts';

/** What mlfn was tested with, and brings. */
const PINNED = '0.13.8';
/** Writes and installs pylock.toml, knows every `manylinux_2_N` and reports upload times. Tried: 0.8.0 works. */
const OLDEST = [0, 8, 0] as const;
const PIP_TIMEOUT_MS = 10 * 60_000;

export interface Uv {
  path: string;
  version: string;
  source: 'PATH' | 'mlfn';
}

/**
 * The uv on PATH if it is recent enough, else mlfn's own, installed into the cache by pip when it is not there yet.
 * @throws MlfnError RESOLVE_UV_MISSING | RESOLVE_PYTHON_MISSING | DISK_FULL
 */
export async function findUv(ctx: Context): Promise<Uv> {
  for (const file of await whichAll(ctx, ['uv'])) {
    const version = await versionOf(ctx, file);
    if (version !== null && isRecent(version)) return { path: file, version, source: 'PATH' };
  }
  const folder = path.join(ctx.home.cache, 'uv', PINNED);
  const own = path.join(folder, executable('uv'));
  await makeFolder(folder, (temporary) => bring(ctx, temporary));
  return { path: own, version: PINNED, source: 'mlfn' };
}

async function versionOf(ctx: Context, file: string): Promise<string | null> {
  const ran = await run(ctx, file, ['--version'], { timeoutMs: 10_000 }).catch((error: unknown) => {
    if (ctx.signal.aborted) throw error;
    return null;
  });
  return ran === null ? null : (/^uv (\d+\.\d+\.\d+)/.exec(ran.stdout)?.[1] ?? null);
}

function isRecent(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, least] of OLDEST.entries()) {
    if ((parts[index] ?? 0) !== least) return (parts[index] ?? 0) > least;
  }
  return true;
}

/** Puts the uv executable, alone, into `folder`. */
async function bring(ctx: Context, folder: string): Promise<void> {
  const survey = await surveyInterpreters(ctx);
  if (survey.usable.length === 0) throw noPython(survey);
  ctx.emit({ type: 'progress', text: `bringing uv ${PINNED} into the cache` });
  const bases = [...new Set(survey.usable.map((python) => python.base))].slice(0, 3);
  const failures: string[] = [];
  for (const python of bases) {
    // Debian splits venv off, and a Python without pip has venv: one of the two is nearly always there.
    for (const way of [byVenv, byTarget]) {
      const build = path.join(folder, 'build');
      const failure = await way(ctx, python, build);
      const made = failure === null ? await firstFile([path.join(build, 'bin'), path.join(build, 'Scripts')]) : null;
      if (made !== null) {
        await rename(made, path.join(folder, executable('uv')));
        await chmod(path.join(folder, executable('uv')), 0o755);
      }
      await rm(build, { recursive: true, force: true, maxRetries: 3 });
      if (made !== null) return;
      failures.push(`${python}: ${failure ?? 'pip installed no uv'}`);
      if (isIndexAway(failure)) throw missing(failures, "Connect to the network or configure pip's index or proxy");
    }
  }
  throw missing(failures, "Install Python's venv module (Debian: `apt install python3-venv`)");
}

/** No other interpreter of this machine would reach the index either. */
function isIndexAway(failure: string | null): boolean {
  return /No matching distribution found for uv|ConnectionError|ProxyError|SSLError|Max retries exceeded/.test(
    failure ?? '',
  );
}

function missing(failures: string[], act: string): MlfnError {
  return new MlfnError('RESOLVE_UV_MISSING', `uv is not on PATH and could not be installed: ${failures[0] ?? ''}`, {
    hint: `${act}, or install uv by other means, then try again.`,
    details: { failures },
  });
}

const INSTALL = [
  '-m',
  'pip',
  'install',
  '--quiet',
  '--no-input',
  '--disable-pip-version-check',
  '--no-deps',
  '--retries',
  '1',
];

async function byVenv(ctx: Context, python: string, build: string): Promise<string | null> {
  const made = await attempt(ctx, python, ['-m', 'venv', build]);
  return (
    made ?? (await attempt(ctx, interpreterOf(build, true), [...INSTALL, '--only-binary', ':all:', `uv==${PINNED}`]))
  );
}

async function byTarget(ctx: Context, python: string, build: string): Promise<string | null> {
  return attempt(ctx, python, [...INSTALL, '--only-binary', ':all:', '--target', build, `uv==${PINNED}`]);
}

/** Null when it went well, else what it said. */
async function attempt(ctx: Context, command: string, args: string[]): Promise<string | null> {
  const ran = await run(ctx, command, args, { timeoutMs: PIP_TIMEOUT_MS }).catch((error: unknown) => {
    if (ctx.signal.aborted) throw error;
    return String(error);
  });
  if (typeof ran === 'string') return ran;
  if (/No space left on device|not enough space/i.test(ran.stderr)) {
    throw new MlfnError('DISK_FULL', 'The disk is full: uv could not be installed into the cache.', {
      hint: `Make room for about 100 MB in ${ctx.home.cache}, then run the same command again.`,
    });
  }
  return ran.code === 0 ? null : redact(lastLine(ran.stderr) || lastLine(ran.stdout)) || `${args[1]} failed`;
}

async function firstFile(folders: string[]): Promise<string | null> {
  for (const folder of folders) {
    const file = path.join(folder, executable('uv'));
    if (
      await stat(file).then(
        (facts) => facts.isFile(),
        () => false,
      )
    )
      return file;
  }
  return null;
}

function executable(name: string): string {
  return os.platform() === 'win32' ? `${name}.exe` : name;
}
