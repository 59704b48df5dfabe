/** Every way a command can fail, as one shape with an exit code. */
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ChalkInstance } from 'chalk';
import { MlfnError } from '../errors.ts';
import type { Home } from '../events.ts';
import { EXIT } from './exit.ts';
import { makeFolder } from './home.ts';
import { labelled } from './lines.ts';

export interface Failure {
  exitCode: number;
  /** As `--json` prints it. */
  error: { code: string; kind: string; message: string; hint: string | null; details: Record<string, unknown> };
  stack: string | undefined;
}

/** What the system says in the user's own words, wherever it comes up. */
const SYSTEM: Record<string, { code: 'DISK_FULL' | 'FILE_DENIED'; hint: string }> = {
  ENOSPC: { code: 'DISK_FULL', hint: 'Make room (the cache in ~/.mlfn/cache may be deleted), and run it again.' },
  EDQUOT: { code: 'DISK_FULL', hint: 'Make room within your quota, and run it again.' },
  EACCES: { code: 'FILE_DENIED', hint: 'Mend the permissions, or set MLFN_HOME to a folder of your own.' },
  EPERM: { code: 'FILE_DENIED', hint: 'Mend the permissions, or set MLFN_HOME to a folder of your own.' },
  EROFS: { code: 'FILE_DENIED', hint: 'Set MLFN_HOME to a folder that can be written.' },
};

export function failureOf(thrown: unknown, run: { aborted: boolean; argv: string[]; version: string; home: Home | null }): Failure {
  const error = run.aborted ? interrupted(thrown) : known(thrown);
  if (error === null) return bug(thrown, run);
  const { code, kind, message, hint, details } = error;
  return { exitCode: EXIT[kind], error: { code, kind, message, hint: hint ?? null, details }, stack: chain(error) };
}

export function failureText(failure: Failure, paint: ChalkInstance, debug: boolean): string[] {
  const { code, message, hint } = failure.error;
  const lines = labelled(paint.red.bold, 'error', `${message}  ${paint.dim(`[${code}]`)}`, hint ?? undefined);
  return debug && failure.stack !== undefined ? [...lines, paint.dim(failure.stack)] : lines;
}

/** Whatever breaks after Ctrl-C breaks because of it. */
function interrupted(thrown: unknown): MlfnError {
  if (thrown instanceof MlfnError && thrown.code === 'INTERRUPTED') return thrown;
  return new MlfnError('INTERRUPTED', 'Stopped.', { hint: 'Run the same command again; it goes on from there.', cause: thrown });
}

function known(thrown: unknown): MlfnError | null {
  if (thrown instanceof MlfnError) return thrown;
  const { code, message } = thrown as { code?: unknown; message?: string };
  const system = typeof code === 'string' ? SYSTEM[code] : undefined;
  if (system === undefined) return null;
  return new MlfnError(system.code, message ?? String(code), { hint: system.hint, cause: thrown });
}

/** A bug is told in two lines; the trace goes to a file that can be sent along. */
function bug(thrown: unknown, run: { argv: string[]; version: string; home: Home | null }): Failure {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const stack = chain(thrown);
  const file = writeTrace(stack, run);
  return {
    exitCode: EXIT.bug,
    error: {
      code: 'BUG',
      kind: 'bug',
      message: `This is a bug of mlfn: ${message.split('\n')[0]}`,
      hint: file === null ? 'Run it again with --debug, and report what it prints.' : `Report it with the file ${file}.`,
      details: file === null ? {} : { trace: file },
    },
    stack,
  };
}

function writeTrace(stack: string, run: { argv: string[]; version: string; home: Home | null }): string | null {
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  const text = [
    `mlfn ${run.version}  node ${process.version}  ${os.platform()} ${os.release()} ${os.arch()}`,
    `mlfn ${run.argv.map((word) => JSON.stringify(word)).join(' ')}`,
    '',
    stack,
    '',
  ].join('\n');
  for (const folder of [run.home === null ? null : path.join(run.home.cache, 'bugs'), os.tmpdir()]) {
    if (folder === null) continue;
    try {
      makeFolder(folder);
      const file = path.join(folder, `mlfn-${stamp}.txt`);
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    } catch {
      continue;
    }
  }
  return null;
}

function chain(thrown: unknown): string {
  const lines: string[] = [];
  for (let error = thrown; error instanceof Error; error = error.cause) lines.push(error.stack ?? error.message);
  return lines.length === 0 ? String(thrown) : lines.join('\ncaused by: ');
}
