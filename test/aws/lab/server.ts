/** A program that listens on 127.0.0.1: started on a free port with a temporary folder, ready when it answers, stopped by pid. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import net, { type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';

const READY_WITHIN = 60_000;
const STOP_WITHIN = 5_000;
const LOG_KEPT = 200_000;

export interface Server {
  pid: number;
  /** What it wrote so far, its last 200,000 characters. */
  log(): string;
  /** Ends the process and removes its folder. Twice is once. */
  stop(): Promise<void>;
}

export interface Start {
  command: string;
  args: string[];
  /** Beside PATH, HOME and the temporary folder: nothing else of this process's environment is handed on. */
  env?: Record<string, string>;
  folder: string;
  /** True once it serves. */
  ready(): Promise<boolean>;
}

/** A folder below the system's temporary one, without symbolic links in its path. */
export function temporary(name: string): string {
  return realpathSync(mkdtempSync(path.join(os.tmpdir(), `mlfn-${name}-`)));
}

export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** True when the address answers HTTP at all. */
export async function answers(url: string): Promise<boolean> {
  return fetch(url).then(async (response) => (await response.arrayBuffer(), true), () => false);
}

export async function startServer(start: Start): Promise<Server> {
  const child = spawn(start.command, start.args, { cwd: start.folder, env: clean(start), stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log = (log + text).slice(-LOG_KEPT)));
  let failed = '';
  child.on('error', (error) => (failed = error.message));
  if (child.pid !== undefined) guard().write(`+ ${child.pid} ${start.folder}\n`);
  const stop = async () => {
    await end(child);
    if (child.pid !== undefined) guard().write(`- ${child.pid}\n`);
    await rm(start.folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const deadline = Date.now() + READY_WITHIN;
  while (!(await start.ready())) {
    const ended = failed || (child.exitCode ?? child.signalCode);
    if (ended === null && Date.now() < deadline) await wait(20);
    else {
      await stop();
      throw new Error(`${start.command} ${ended === null ? 'did not get ready' : `ended (${ended})`}:\n${log}`);
    }
  }
  return { pid: child.pid as number, log: () => log, stop };
}

let watching: Writable | undefined;

/** It ends what this process has started and not stopped, whichever way this process ends. */
function guard(): Writable {
  if (watching) return watching;
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'guard.mjs')], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  (child.stdin as Socket).unref();
  return (watching = child.stdin);
}

function clean(start: Start): NodeJS.ProcessEnv {
  const kept = ['PATH', 'SystemRoot', 'LANG'].flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return { ...Object.fromEntries(kept), HOME: start.folder, TMPDIR: start.folder, TEMP: start.folder, TMP: start.folder, ...start.env };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN);
  await ended;
  clearTimeout(timer);
}
