/** Processes of the fake, each the leader of a group of its own, so that what they start ends with them. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';

const STOP_WITHIN = 3_000;

export interface Program {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Each line that it writes, as it writes it. */
  line(text: string, stream: 'stdout' | 'stderr'): void;
}

export interface Running {
  pid: number;
  /** Null while it runs; then how it ended: `exit status 1`, `signal SIGTERM`. */
  ended(): string | null;
  exited: Promise<void>;
  stop(): Promise<void>;
}

let watching: Writable | undefined;

function guard(): Writable {
  if (watching) return watching;
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'guard.mjs')], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  (child.stdin as Socket).unref();
  return (watching = child.stdin);
}

/** Removed when this process has ended, whichever way. */
export function removeAtEnd(folder: string): void {
  guard().write(`folder ${folder}\n`);
}

export function run({ command, args, cwd, env, line }: Program): Running {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  if (child.pid !== undefined) guard().write(`+ ${child.pid}\n`);
  let ended: string | null = null;
  for (const name of ['stdout', 'stderr'] as const) createInterface({ input: child[name] }).on('line', (text) => line(text, name));
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => ((ended = error.message), resolve()));
    child.once('close', (code, signal) => {
      ended = signal ? `signal ${signal}` : `exit status ${code}`;
      guard().write(`- ${child.pid}\n`);
      resolve();
    });
  });
  return { pid: child.pid ?? 0, ended: () => ended, exited, stop: () => end(child, exited) };
}

async function end(child: ChildProcess, exited: Promise<void>): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const kill = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal);
    } catch {
      // The whole group has ended.
    }
  };
  if (child.exitCode === null && child.signalCode === null) kill('SIGTERM');
  const timer = setTimeout(() => kill('SIGKILL'), STOP_WITHIN);
  await exited;
  clearTimeout(timer);
  kill('SIGKILL');
}
