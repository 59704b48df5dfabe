/** Lays locked wheels into a folder. */
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Lock } from '../types.ts';
import { codeCompiler } from './byte-code.ts';
import { isOfflineFailure, openSession, plain, pythonArguments, runUv, unreachable } from './compile.ts';
import { reachingSources } from './credentials.ts';
import { makeFolder, withScratch } from '../whole-files.ts';
import { fromUser, usePython } from './interpreters.ts';
import { plainUvEnv } from './uv-env.ts';
import { findUv } from './uv.ts';

/**
 * Lays the lock's wheels into `into` as `sys.path` wants them: console scripts left out, every other file as the wheel
 * has it, so that the same lock gives the same tree on any machine. Files may be hard links into uv's cache: replace
 * them, never write into them. A folder that holds something is taken to be complete: give each lock its own.
 * Network is used only for wheels that uv's cache lacks.
 * @throws MlfnError RESOLVE_INDEX_UNREACHABLE | RESOLVE_INDEX_DENIED | RESOLVE_INSTALL_FAILED | DISK_FULL | INTERRUPTED
 */
export async function install(
  ctx: Context,
  lock: Pick<Lock, 'python' | 'platform' | 'packages' | 'pylock' | 'interpreter'>,
  into: string,
) {
  await makeFolder(fromUser(ctx, into), async (temporary) => {
    if (lock.packages.length === 0) return;
    await withScratch(ctx.home.cache, (folder) => layDown(ctx, lock, temporary, folder));
    await tidy(temporary);
    await (await codeCompiler(ctx, lock))?.compile(temporary);
  });
}

async function layDown(
  ctx: Context,
  lock: Parameters<typeof install>[1],
  into: string,
  scratch: string,
): Promise<void> {
  const interpreter = await usePython(ctx, lock.interpreter);
  const { os, arch, glibc } = interpreter.platform;
  const same = os === lock.platform.os && arch === lock.platform.arch && glibc === lock.platform.glibc;
  const choice = {
    python: lock.python,
    platform: lock.platform,
    interpreter,
    native: same && interpreter.minor === lock.python,
  };
  await writeFile(path.join(scratch, 'pylock.toml'), lock.pylock);
  const { env, uvConfig } = reachingSources(ctx, plainUvEnv(ctx));
  await writeFile(path.join(scratch, 'uv.toml'), uvConfig);
  const args = ['pip', 'install', '--target', into, '--no-deps', '--require-hashes', '--only-binary', ':all:'];
  args.push('-r', 'pylock.toml', ...pythonArguments(choice));
  // A warm cache needs no network, not even to be found missing.
  const { path: uv } = await findUv(ctx);
  const cached = await runUv({ ctx, uv, env, offline: true, networkFailure: null }, args, scratch);
  if (cached === null) return;
  const opened = await openSession(ctx);
  const session = { ...opened, env: reachingSources(ctx, opened.env).env };
  // uv's own default is patient with a slow download; the short limits of openSession are for questions.
  for (const name of ['UV_HTTP_TIMEOUT', 'UV_HTTP_RETRIES']) session.env[name] = ctx.env[name];
  const failure = await runUv(session, args, scratch, downloads(ctx));
  if (failure === null) return;
  if (session.offline && isOfflineFailure(failure)) throw unreachable(session, failure);
  throw new MlfnError(
    'RESOLVE_INSTALL_FAILED',
    `The locked wheels could not be laid down: ${plain(failure).slice(0, 300)}`,
    {
      hint: 'Run the same command again; when it stays, delete the cache (`uv cache clean`) and try once more.',
      details: { uv: plain(failure) },
    },
  );
}

/** uv tells of each large wheel when it begins and ends: `Downloading scipy (39.0MiB)`, ` Downloaded scipy`. */
function downloads(ctx: Context): (line: string) => void {
  const sizes = new Map<string, number>();
  const inFlight = new Set<string>();
  let done = 0;
  return (line) => {
    const [, state, name = '', size, unit] =
      /^\s*(Downloading|Downloaded) (\S+)(?: \(([\d.]+)([KMG])iB\))?/.exec(line) ?? [];
    if (state === undefined) return;
    if (state === 'Downloading') {
      sizes.set(name, Math.round(Number(size ?? 0) * 1024 ** ' KMG'.indexOf(unit ?? ' ')));
      inFlight.add(name);
    } else {
      done += sizes.get(name) ?? 0;
      inFlight.delete(name);
    }
    const total = [...sizes.values()].reduce((sum, one) => sum + one, 0);
    ctx.emit({ type: 'progress', text: `downloading ${[...inFlight].join(', ') || 'wheels'}`, done, total });
  };
}

/** Console scripts name this machine's interpreter in their first line, and the RECORD holds their hashes. */
async function tidy(folder: string): Promise<void> {
  await rm(path.join(folder, '.lock'), { force: true });
  for (const scripts of ['bin', 'Scripts']) await rm(path.join(folder, scripts), { recursive: true, force: true });
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.dist-info')) continue;
    const record = path.join(folder, name, 'RECORD');
    const text = await readFile(record, 'utf8').catch(() => '');
    const rows = text.split(/\r?\n/).filter((row) => !/^"?((\.\.\/)*(bin|Scripts)[/\\])/.test(row));
    const tidied = rows.join('\n');
    if (tidied === text) continue;
    await writeFile(`${record}.tidy`, tidied); // beside and renamed: the old one may be a link into uv's cache
    await rename(`${record}.tidy`, record);
  }
}
