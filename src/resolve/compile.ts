/** One call of `uv pip compile`: roots and constraints -> exact wheels, or why there are none. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../events.ts';
import { MlfnError } from '../errors.ts';
import type { Platform } from '../types.ts';
import { redact } from './credentials.ts';
import { withScratch } from '../whole-files.ts';
import { parsePylock, type LockedWheel } from './pylock.ts';
import type { PythonChoice } from './pythons.ts';
import { run } from './run.ts';
import { findUv } from './uv.ts';
import { uvEnv, type Env } from './uv-env.ts';

/** Seconds. A network that swallows everything costs twice the first, then the cache is asked. */
const NETWORK = { UV_HTTP_TIMEOUT: '15', UV_HTTP_CONNECT_TIMEOUT: '5', UV_HTTP_RETRIES: '1' };

/** uv and its environment, for one resolution. Once the network has failed it is not asked again. */
export interface Session {
  ctx: Context;
  uv: string;
  env: Env;
  offline: boolean;
  /** What uv said when the network failed. */
  networkFailure: string | null;
}

export interface Question {
  roots: string[];
  constraints: string[];
  /** Lines such as `--index-url ...` of the user's requirements file. */
  options: string[];
  /** Indexes of the project, as a uv.toml. */
  uvConfig: string;
  /** ISO 8601: nothing that was published later. */
  cutoff: string | null;
  /** The roots alone. */
  alone?: boolean;
  lowest?: boolean;
  /** The index itself, not what uv remembers of it. */
  fresh?: boolean;
}

export type Compiled = { wheels: LockedWheel[]; reason: null } | { wheels: null; reason: string };

/** @throws MlfnError RESOLVE_UV_MISSING | RESOLVE_PYTHON_MISSING | DISK_FULL */
export async function openSession(ctx: Context): Promise<Session> {
  const uv = await findUv(ctx);
  const env: Env = { ...NETWORK, ...(await uvEnv(ctx)) };
  const offline = ['1', 'true'].includes(env['UV_OFFLINE']?.toLowerCase() ?? '');
  return { ctx, uv: uv.path, env, offline, networkFailure: offline ? 'UV_OFFLINE is set' : null };
}

/** @throws MlfnError RESOLVE_INDEX_UNREACHABLE | RESOLVE_INDEX_DENIED | DISK_FULL | INTERRUPTED */
export async function compile(session: Session, choice: PythonChoice, question: Question): Promise<Compiled> {
  return withScratch(session.ctx.home.cache, async (folder) => {
    const lock = path.join(folder, 'pylock.toml');
    await writeFile(path.join(folder, 'uv.toml'), question.uvConfig);
    await writeFile(path.join(folder, 'requirements.in'), [...question.options, ...question.roots, ''].join('\n'));
    await writeFile(path.join(folder, 'constraints.txt'), [...question.constraints, ''].join('\n'));
    const args = ['pip', 'compile', 'requirements.in', '-c', 'constraints.txt', '--output-file', lock];
    args.push('--format', 'pylock.toml', '--generate-hashes', '--only-binary', ':all:', '--no-header', '--no-annotate');
    args.push(...pythonArguments(choice), '--quiet');
    const { UV_EXCLUDE_NEWER: own } = session.ctx.env;
    const cutoff = [question.cutoff, own].filter((date) => date && !Number.isNaN(Date.parse(date))).toSorted()[0];
    if (cutoff) args.push('--exclude-newer', cutoff);
    if (question.alone) args.push('--no-deps');
    if (question.fresh) args.push('--refresh');
    if (question.lowest) args.push('--resolution', 'lowest-direct');
    const failure = await runUv(session, args, folder);
    if (failure === null)
      return {
        wheels: parsePylock(await readFile(lock, 'utf8'), folder, choice.python, choice.platform),
        reason: null,
      };
    if (session.offline && isOfflineFailure(failure)) throw unreachable(session, failure);
    return { wheels: null, reason: plain(failure) };
  });
}

/**
 * Whether the index cannot be reached; asked only where a lock made offline would do, hence with little patience.
 * @throws MlfnError RESOLVE_INDEX_DENIED | DISK_FULL | INTERRUPTED
 */
export async function isAway(session: Session, choice: PythonChoice, about: Pick<Question, 'roots' | 'options' | 'uvConfig'>): Promise<boolean> {
  if (session.offline) return true;
  const roots = about.roots.slice(0, 1).map((root) => /^[\w.-]+/.exec(root)?.[0] ?? root);
  const hasty = { ...session, env: { ...session.env, UV_HTTP_TIMEOUT: '3', UV_HTTP_CONNECT_TIMEOUT: '2', UV_HTTP_RETRIES: '0' } };
  const question = { ...about, roots, constraints: [], cutoff: null, alone: true, fresh: true };
  await compile(hasty, choice, question).catch((error: unknown) => {
    if (!hasty.offline) throw error;
  });
  return hasty.offline;
}

/** Null when it went well, else stderr. The network gone, the cache alone is asked. */
export async function runUv(session: Session, args: string[], cwd: string, onLine?: (line: string) => void) {
  const { ctx, uv, env } = session;
  if (!session.offline) {
    const ran = await run(ctx, uv, args, { env, cwd, onStderrLine: onLine });
    if (ran.code === 0) return null;
    assertUsable(ctx, ran.stderr);
    if (!isNetworkFailure(ran.stderr)) return ran.stderr;
    session.offline = true;
    session.networkFailure = plain(ran.stderr);
  }
  const ran = await run(ctx, uv, [...args, '--offline'], { env, cwd, onStderrLine: onLine });
  assertUsable(ctx, ran.stderr);
  return ran.code === 0 ? null : ran.stderr || `uv ended with ${ran.code}`;
}

/** A cache that lacks a package says "No solution", as a true conflict does; one that lacks a wheel says so. */
export function isOfflineFailure(failure: string): boolean {
  return /network was disabled|connectivity is disabled|not found in the cache|n't found in the cache/i.test(failure);
}

export function unreachable(session: Session, failure: string): MlfnError {
  const missing =
    /(?:Because|Failed to download) `?([^\s`]+)`? (?:was not found in the cache|.*connectivity is disabled)/.exec(
      plain(failure),
    )?.[1];
  const what = missing === undefined ? 'everything that is needed' : missing;
  const message = `The package index cannot be reached, and the cache does not hold ${what}.`;
  return new MlfnError('RESOLVE_INDEX_UNREACHABLE', message, {
    hint: 'Connect to the network or configure the index or proxy (UV_DEFAULT_INDEX, pip.conf, HTTPS_PROXY), then try again.',
    details: { network: session.networkFailure, uv: plain(failure) },
  });
}

export function pythonArguments(choice: PythonChoice): string[] {
  const args = ['--python', choice.interpreter.path, '--no-python-downloads'];
  if (choice.native) return args;
  return [...args, '--python-version', choice.python, '--python-platform', uvPlatform(choice.platform)];
}

/** glibc minor versions that uv has a `manylinux_2_N` platform for (uv 0.8 and 0.13, `--python-platform`). */
const MANYLINUX = [17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40];

function uvPlatform(platform: Platform): string {
  if (platform.os === 'macos') return `${platform.arch}-apple-darwin`;
  if (platform.os === 'windows') return `${platform.arch}-pc-windows-msvc`;
  if (platform.glibc === null) return `${platform.arch}-unknown-linux-musl`;
  const minor = Number(platform.glibc.split('.')[1]);
  return `${platform.arch}-manylinux_2_${MANYLINUX.findLast((known) => known <= minor) ?? 17}`;
}

function isNetworkFailure(stderr: string): boolean {
  return /Failed to fetch|error sending request|Request failed after|dns error|tcp connect error|Could not connect|timed out/i.test(
    stderr,
  );
}

function assertUsable(ctx: Context, stderr: string): void {
  if (/No space left on device|not enough space on the disk|Disk quota exceeded/i.test(stderr)) {
    throw new MlfnError('DISK_FULL', 'The disk is full: uv could not keep or lay down a wheel.', {
      hint: `Make room where ${ctx.home.cache} and uv's cache lie, then run the same command again.`,
      details: { uv: plain(stderr) },
    });
  }
  const denied = /\b(401|403|407)\b.*(Unauthorized|Forbidden|Proxy)|HTTP status client error \((401|403|407)/i.exec(
    stderr,
  );
  if (denied !== null) {
    throw new MlfnError('RESOLVE_INDEX_DENIED', `The package index refuses access (${denied[1] ?? denied[3]}).`, {
      hint: 'Give uv or pip the credentials of the index, for example in UV_DEFAULT_INDEX, a netrc file or a keyring.',
      details: { uv: plain(stderr) },
    });
  }
}

/** uv draws its messages as a tree and wraps them: one line per thought reads better and is easier to search. */
export function plain(stderr: string): string {
  const lines = stderr
    .replace(/[╰─▶├│×]/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.trim());
  const said = lines.filter((line) => line !== '' && !/^(warning:|Using CPython)/.test(line));
  return redact(said.join(' ').replace(/\s+/g, ' '));
}
