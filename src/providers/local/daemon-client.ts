/** Finds the daemon, starts it, replaces one of an older version, and ends it. */
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import type { LocalConfig } from './config.ts';
import type { DaemonInfo, StartMessage } from './daemon-info.ts';
import { readJson } from './files.ts';
import type { HttpReply } from '../http-reply.ts';
import { type HttpSend, send } from './http.ts';
import { isAlive, type Identity } from './identity.ts';
import { daemonProgram, layoutOf, packageVersion, type Layout } from './layout.ts';
import { spawnDaemon } from './spawn.ts';

const START_MS = 30_000;
const PING_MS = 5000;
export const STOP_MS = 25_000;

/** The running daemon, of this version; started when there is none. */
export async function ensureDaemon(ctx: Context, config: LocalConfig): Promise<DaemonInfo> {
  const layout = layoutOf(ctx.home.local);
  const running = await findDaemon(layout);
  if (running === null) return startDaemon(ctx, layout, config);
  if (config.port !== undefined && config.port !== running.port) {
    throw new MlfnError('LOCAL_PORT_DIFFERS', `The local daemon serves on port ${running.port}, not on ${config.port}.`, {
      hint: 'Run `mlfn stop` first to move it, or leave `port` out.',
    });
  }
  return isOlder(running.version, packageVersion()) ? replaceDaemon(ctx, layout, running) : running;
}

/** Null when none runs: no file, or one that a killed daemon left. */
export async function findDaemon(layout: Layout): Promise<DaemonInfo | null> {
  const info = await readJson<DaemonInfo>(layout.daemonFile);
  if (info === null || !(await isAlive(info))) return null;
  const signal = AbortSignal.timeout(PING_MS);
  while (!signal.aborted) {
    try {
      const reply = await callDaemon(info, 'GET', 'ping', { signal });
      if (reply.status === 200) return info;
    } catch {
      // It may have ended, or moved on, since the file was read.
    }
    const again = await readJson<DaemonInfo>(layout.daemonFile);
    if (again === null || !(await isAlive(again))) return null;
    if (again.pid !== info.pid) return findDaemon(layout);
    await sleep(100);
  }
  throw new MlfnError('LOCAL_DAEMON_SILENT', `The local daemon (process ${info.pid}, port ${info.port}) does not answer.`, {
    hint: 'Run `mlfn stop`, then the command again.',
  });
}

export function callDaemon(
  info: DaemonInfo,
  method: string,
  path: string,
  { headers, ...more }: Pick<HttpSend, 'body' | 'headers' | 'signal' | 'agent'> = {},
): Promise<HttpReply> {
  const all = { ...headers, authorization: `Bearer ${info.token}` };
  return send({ port: info.port, method, path: `/_mlfn/${path}`, headers: all, ...more });
}

/** Where no daemon runs there is nothing to tell. */
export async function tellDaemon(layout: Layout, method: string, path: string): Promise<void> {
  const daemon = await findDaemon(layout);
  if (daemon !== null) await callDaemon(daemon, method, path);
}

async function startDaemon(ctx: Context, layout: Layout, config: LocalConfig): Promise<DaemonInfo> {
  ctx.signal.throwIfAborted();
  const child = spawnDaemon(daemonProgram(), { local: layout.root, port: config.port ?? null }, layout.daemonLog);
  try {
    const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(START_MS)]);
    const message = await Promise.race([
      once(child, 'message', { signal }).then(([said]) => said as StartMessage),
      once(child, 'exit').then(() => null),
    ]);
    if (message?.type === 'ready') return message.info;
    if (message?.type === 'port-taken') throw portTaken(config.port);
    if (message?.type === 'lost') return await waitForOther(ctx, layout);
    throw await notStarted(layout);
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

/** Another command starts it at this moment. */
async function waitForOther(ctx: Context, layout: Layout): Promise<DaemonInfo> {
  const limit = Date.now() + START_MS;
  while (Date.now() < limit) {
    const info = await findDaemon(layout);
    if (info !== null) return info;
    await sleep(50, undefined, { signal: ctx.signal });
  }
  throw await notStarted(layout);
}

/** The old daemon starts the new one and gives it the port itself, so that no request is lost. */
async function replaceDaemon(ctx: Context, layout: Layout, old: DaemonInfo): Promise<DaemonInfo> {
  const body = Buffer.from(JSON.stringify(daemonProgram()));
  const reply = await callDaemon(old, 'POST', 'hand-over', { body, signal: ctx.signal });
  // Refused: another command has asked for the same a moment ago, or the new one does not start.
  for (const limit = Date.now() + PING_MS; Date.now() < limit; await sleep(100, undefined, { signal: ctx.signal })) {
    const info = await findDaemon(layout);
    if (info !== null && !isOlder(info.version, packageVersion())) return info;
  }
  throw new MlfnError('LOCAL_DAEMON_FAILED', `The local daemon of version ${old.version} could not be replaced.`, {
    hint: `Run \`mlfn stop\`, then the command again; ${layout.daemonLog} tells more.`,
    details: { status: reply.status, answer: reply.body.toString() },
  });
}

/** Ends the daemon and every worker; false when none ran. What is live is live again when it next starts. */
export async function stopDaemon(ctx: Context): Promise<boolean> {
  const layout = layoutOf(ctx.home.local);
  const info = await readJson<DaemonInfo>(layout.daemonFile);
  if (info === null) return false;
  const wasAlive = await isAlive(info);
  if (wasAlive) {
    const said = callDaemon(info, 'POST', 'stop', { signal: AbortSignal.timeout(PING_MS) });
    const heard = await said.then(() => true, () => false);
    if (!(await endedWithin(info, heard ? STOP_MS : 1000, ctx.signal))) {
      process.kill(info.pid, 'SIGKILL');
      await endedWithin(info, PING_MS, ctx.signal);
    }
  }
  await rm(layout.daemonFile, { force: true });
  return wasAlive;
}

export async function endedWithin(info: Identity, limitMs: number, signal: AbortSignal): Promise<boolean> {
  const limit = Date.now() + limitMs;
  while (await isAlive(info)) {
    if (Date.now() > limit) return false;
    await sleep(50, undefined, { signal });
  }
  return true;
}

/** A daemon that is newer than this command is left alone: it reads what this one writes. */
function isOlder(version: string, than: string): boolean {
  const [left, right] = [version, than].map((each) => each.split(/[.-]/).map(Number));
  for (let at = 0; at < 3; at++) {
    const difference = (left![at] || 0) - (right![at] || 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

export function portTaken(port: number | undefined): MlfnError {
  const message = port === undefined ? 'None of the ports 8750 to 8799 is free.' : `Port ${port} is taken by another program.`;
  return new MlfnError('LOCAL_PORT_TAKEN', message, {
    hint: 'Choose a free one with `--port`, or `local: {port: ...}` in mlfn.yaml.',
    details: { port: port ?? null },
  });
}

async function notStarted(layout: Layout): Promise<MlfnError> {
  const tail = await readFile(layout.daemonLog, 'utf8').then((text) => text.trim().split('\n').slice(-5).join('\n'), () => '');
  return new MlfnError('LOCAL_DAEMON_FAILED', 'The local daemon did not start.', {
    hint: `Run \`mlfn stop\`, then the command again; ${layout.daemonLog} tells more.`,
    details: { log: tail },
  });
}
