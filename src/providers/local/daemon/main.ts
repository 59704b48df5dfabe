/**
 * The background process of the local target: `node main.js '{"local": FOLDER, "port": N | null}'`.
 * It tells whoever started it how that went, over IPC, and then lives without them.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import type { DaemonInfo, StartMessage, StartRequest } from '../daemon-info.ts';
import { readJson, writeJson } from '../files.ts';
import { ownIdentity } from '../identity.ts';
import { layoutOf, packageVersion } from '../layout.ts';
import type { Program } from '../spawn.ts';
import { claim, release } from './claim.ts';
import type { Control } from './control.ts';
import { DaemonLog } from './daemon-log.ts';
import { Fleet } from './fleet.ts';
import { handOver } from './hand-over.ts';
import { choosePort } from './port.ts';
import { FrontDoor, KEEP_ALIVE_MS } from './server.ts';
import { sweepWorkers } from './worker-process.ts';

const request = JSON.parse(process.argv[2] ?? '{}') as StartRequest;
const layout = layoutOf(request.local);
mkdirSync(layout.root, { recursive: true });
const log = new DaemonLog(layout.daemonLog);
const fleet = new Fleet(layout, log);
const version = packageVersion();
const door = new FrontDoor(() => control);
let control: Control;
let leaving = false;

process.on('uncaughtException', (error) => {
  log.write('error', 'the daemon failed', { error });
  process.exit(1);
});
// The terminal's end is not the daemon's.
process.on('SIGHUP', () => undefined);
process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());

function tell(message: StartMessage): void {
  if (process.connected) process.send?.(message);
}

async function start(): Promise<void> {
  if (!(await claim(layout.claims, request.successorOf ?? null))) {
    tell({ type: 'lost' });
    return process.disconnect?.();
  }
  await sweepWorkers(layout);
  await fleet.restore();
  if (request.successorOf !== undefined) return takeOver();
  if (!(await choosePort(door, request.port, layout))) {
    await release(layout.claims);
    tell({ type: 'port-taken', port: request.port ?? 0 });
    return process.disconnect?.();
  }
  await open();
}

/** What has workers there has them here too before the first call comes. */
async function takeOver(): Promise<void> {
  await Promise.all((request.warm ?? []).map(async ({ name, number }) => (await fleet.release(name, number)).warm()));
  process.once('message', (_, listener) => {
    door.adopt(listener as Server);
    void open();
  });
  tell({ type: 'prepared' });
}

async function open(): Promise<void> {
  const identity = await ownIdentity();
  const token = randomBytes(32).toString('hex');
  const info: DaemonInfo = { ...identity, port: door.port, token, version, startedAt: new Date().toISOString() };
  const about = { pid: info.pid, version, startedAt: info.startedAt };
  control = { fleet, token, port: info.port, about, stop: () => void stop(), handOver: giveUp };
  await writeJson(layout.portFile, { port: info.port });
  await writeJson(layout.daemonFile, info, 0o600);
  log.write('info', 'serving', { port: info.port, version });
  tell({ type: 'ready', info });
  process.disconnect?.();
}

async function stop(): Promise<void> {
  if (leaving) return;
  leaving = true;
  log.write('info', 'stopping');
  const info = await readJson<DaemonInfo>(layout.daemonFile);
  if (info?.pid === process.pid) await rm(layout.daemonFile, { force: true });
  door.close();
  await fleet.stop();
  await release(layout.claims);
  log.write('info', 'stopped');
  process.exit(0);
}

/** The successor serves from here on; this process ends when its last connection has. */
async function giveUp(program: Program): Promise<void> {
  if (leaving) throw new Error('the daemon is stopping');
  leaving = true;
  try {
    const order = { local: request.local, port: door.port, successorOf: process.pid, warm: fleet.warmOnes() };
    await handOver(program, order, door, layout);
  } catch (error) {
    leaving = false;
    throw error;
  }
  log.write('info', 'handed over', { version });
  door.close();
  await release(layout.claims);
  const limit = Date.now() + KEEP_ALIVE_MS + 5000;
  const watch = setInterval(() => {
    if (door.connections > 0 && Date.now() < limit) return;
    clearInterval(watch);
    void fleet.stop().then(() => process.exit(0));
  }, 100);
}

await start();
