import { spawn } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';

export interface RunOptions {
  /** Whole environment of the child; default `ctx.env`. */
  env?: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  /** After this the child is killed and `timedOut` is set. */
  timeoutMs?: number;
  onStderrLine?: (line: string) => void;
}

export interface Ran {
  /** Null when it was killed by a signal. */
  code: number | null;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

/**
 * Runs a program to its end and gives what it printed; a non-zero exit is a value, not an error.
 * @throws MlfnError INTERRUPTED when ctx.signal aborts (the child is killed); the system's error when it cannot start.
 */
export async function run(ctx: Context, command: string, args: string[], options: RunOptions = {}): Promise<Ran> {
  if (ctx.signal.aborted) throw interrupted();
  const ran = await new Promise<Ran>((settle, fail) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? ctx.cwd,
      env: options.env ?? ctx.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let stdout = '';
    let stderr = '';
    let line = '';
    let timedOut = false;
    const kill = () => child.kill('SIGKILL');
    const onTimeout = () => {
      timedOut = true;
      kill();
    };
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(onTimeout, options.timeoutMs);
    setMaxListeners(0, ctx.signal); // one for each child, however many run at once
    ctx.signal.addEventListener('abort', kill, { once: true });
    const release = () => {
      clearTimeout(timer);
      ctx.signal.removeEventListener('abort', kill);
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      const lines = (line + text).split(/\r?\n/);
      line = lines.pop() ?? '';
      for (const one of lines) options.onStderrLine?.(one);
    });
    child.once('error', (error) => {
      release();
      fail(error);
    });
    child.once('close', (code) => {
      release();
      settle({ code, stdout, stderr, timedOut });
    });
    // A grandchild that outlives its killed parent would hold the pipes open and `close` would never come.
    child.once('exit', (_code, signal) => {
      if (signal !== 'SIGKILL') return;
      child.stdout.destroy();
      child.stderr.destroy();
    });
  });
  if (ctx.signal.aborted) throw interrupted();
  return ran;
}

function interrupted(): MlfnError {
  return new MlfnError('INTERRUPTED', 'Stopped while the versions were being resolved.');
}

/** Absolute path of a Python script of templates/tools, beside src/ in the repository and beside dist/ in the package. */
export function tool(name: string): string {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'templates', 'tools', name);
    if (existsSync(file)) return file;
    if (folder === path.dirname(folder)) throw new Error(`templates/tools/${name} is not part of this installation`);
  }
}

/** The last line that says something: of a Python traceback, the error itself. */
export function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1)?.trim() ?? '';
}
