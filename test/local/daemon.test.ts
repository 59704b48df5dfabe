import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DaemonInfo } from '../../src/providers/local/daemon-info.ts';
import { ensureDaemon, provider, stopDaemon } from '../../src/providers/local/index.ts';
import { isRunning, Lab, until } from './lab.ts';
import { Load } from './load.ts';

const repository = path.join(import.meta.dirname, '../..');

let lab: Lab;
beforeEach(() => void (lab = new Lab()));
afterEach(() => lab.close());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('one daemon', () => {
  test('is started once however many want it at once, and found again', async () => {
    const infos = await Promise.all(Array.from({ length: 5 }, () => ensureDaemon(lab.ctx, {})));
    expect(new Set(infos.map((info) => info.pid)).size).toBe(1);
    expect((await ensureDaemon(lab.ctx, {})).pid).toBe(infos[0]!.pid);
    await until('the others have gone', () => readdirSync(lab.layout.claims).length === 1);
  });

  test('outlives the command that started it, and its terminal', async () => {
    const script = `import { ensureDaemon } from './dist/providers/local/index.js';
      const ctx = { emit() {}, signal: new AbortController().signal, env: {}, cwd: '.', home: { root: '', cache: '', local: process.argv[1] } };
      console.log((await ensureDaemon(ctx, {})).pid);`;
    const command = spawn(process.execPath, ['--input-type=module', '-e', script, lab.layout.root], { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    const [out] = await once(command.stdout, 'data');
    await once(command, 'exit');
    const pid = Number(String(out));
    try {
      process.kill(-command.pid!, 'SIGHUP');
    } catch {
      // Its group has nobody left: the daemon is in one of its own.
    }
    expect((await ensureDaemon(lab.ctx, {})).pid).toBe(pid);
  });

  test('stops with everything of its own, and starts again where it was', async () => {
    const { live } = await lab.deploy('heart');
    const { pid } = (await lab.ask('heart', {})).json;
    const daemon = await ensureDaemon(lab.ctx, {});
    expect(await stopDaemon(lab.ctx)).toBe(true);
    expect([isRunning(pid), isRunning(daemon.pid)]).toEqual([false, false]);
    expect(existsSync(lab.layout.daemonFile)).toBe(false);
    expect(readdirSync(lab.layout.claims)).toEqual([]);
    expect(readdirSync(lab.layout.workers)).toEqual([]);
    await expect(fetch(live.url)).rejects.toThrow();
    expect(await stopDaemon(lab.ctx)).toBe(false);
    const again = await lab.ask('heart', {});
    expect(again).toMatchObject({ status: 200, release: 1 });
    expect(again.coldMs).toBeGreaterThan(5);
    expect((await fetch(live.url)).status).toBe(200);
  });

  test('finishes the calls at work before it stops', async () => {
    await lab.deploy('heart');
    const slow = lab.ask('heart', { do: 'sleep', seconds: 1 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await stopDaemon(lab.ctx);
    expect((await slow).status).toBe(200);
  });
});

describe('the port', () => {
  test('that was asked for and is taken is an error that names it', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const findings = await provider.preflight(lab.ctx, { port });
    expect(findings).toMatchObject([{ severity: 'error', code: 'port-taken', message: expect.stringContaining(String(port)) }]);
    await expect(ensureDaemon(lab.ctx, { port })).rejects.toMatchObject({ code: 'LOCAL_PORT_TAKEN', hint: expect.stringContaining('--port') });
    expect(readdirSync(lab.layout.claims)).toEqual([]);
    other.close();
    await once(other, 'close');
    expect((await ensureDaemon(lab.ctx, { port })).port).toBe(port);
    await expect(ensureDaemon(lab.ctx, { port: port === 65_535 ? 1024 : port + 1 })).rejects.toMatchObject({ code: 'LOCAL_PORT_DIFFERS' });
    expect(await provider.preflight(lab.ctx, { port })).toEqual([]);
  });

  test('is remembered, and given up for the next free one when somebody took it', async () => {
    const port = await freePort();
    await ensureDaemon(lab.ctx, { port });
    await stopDaemon(lab.ctx);
    expect((await ensureDaemon(lab.ctx, {})).port).toBe(port);
    await stopDaemon(lab.ctx);
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const moved = await ensureDaemon(lab.ctx, {});
    expect(moved.port).not.toBe(port);
    other.close();
    expect((await ensureDaemon(lab.ctx, {})).port).toBe(moved.port);
  });
});

describe('the control API', () => {
  test.each([
    ['no token', {}, 403],
    ['a wrong token', { authorization: 'Bearer x' }, 403],
    ['a foreign Host', { host: 'evil.example' }, 403, true],
    ['an Origin', { origin: 'http://localhost:3000' }, 403, true],
    ['the token', {}, 200, true],
  ])('%s', async (_, headers: Record<string, string>, status, withToken = false) => {
    const { port, token } = await ensureDaemon(lab.ctx, {});
    const all = withToken ? { authorization: `Bearer ${token}`, ...headers } : headers;
    const request = httpRequest({ host: '127.0.0.1', port, path: '/_mlfn/ping', headers: all });
    request.end();
    const [response] = await once(request, 'response');
    response.resume();
    expect(response.statusCode).toBe(status);
  });
});

describe('what was left behind', () => {
  test('a daemon that was killed under load: the next command mends it, its workers are gone', async () => {
    const { live } = await lab.deploy('heart', { settings: { concurrency: 2 } });
    const pids: { pid: number; child: number }[] = [];
    for (const _ of [1, 2]) pids.push((await lab.ask('heart', { do: 'child' })).json);
    const busy = [lab.ask('heart', { do: 'sleep', seconds: 4 }), lab.ask('heart', { do: 'sleep', seconds: 4 })].map((call) => call.catch(() => 'lost'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const daemon = await ensureDaemon(lab.ctx, {});
    process.kill(daemon.pid, 'SIGKILL');
    expect(await Promise.all(busy)).toEqual(['lost', 'lost']);
    await until('the workers and what they started end by themselves', () => pids.every(({ pid, child }) => !isRunning(pid) && !isRunning(child)));
    expect(await lab.ask('heart', {})).toMatchObject({ status: 200, release: 1 });
    expect((await fetch(live.url)).status).toBe(200);
    expect(readdirSync(lab.layout.workers)).toHaveLength(1);
    expect(readdirSync(lab.layout.claims)).toHaveLength(1);
  });

  test('a worker that did not notice is killed by the next daemon', async () => {
    await lab.deploy('heart');
    // It stops for good before the daemon does, so it cannot end itself.
    const { pid } = (await lab.ask('heart', {})).json;
    process.kill(pid, 'SIGSTOP');
    process.kill((await ensureDaemon(lab.ctx, {})).pid, 'SIGKILL');
    await until('the daemon is gone', async () => (await fetch(`http://127.0.0.1:${await lab.port()}/heart/`).catch(() => null)) === null);
    expect(isRunning(pid)).toBe(true);
    await ensureDaemon(lab.ctx, {});
    await until('the worker is gone', () => !isRunning(pid));
  });

  test('a daemon.json of a process id that now is somebody else’s', async () => {
    await lab.deploy('heart');
    await stopDaemon(lab.ctx);
    const stale: DaemonInfo = { pid: process.pid, started: 'long ago', port: 1, token: 't', version: '0.0.0', startedAt: '' };
    writeFileSync(lab.layout.daemonFile, JSON.stringify(stale));
    expect(await stopDaemon(lab.ctx)).toBe(false);
    writeFileSync(lab.layout.daemonFile, JSON.stringify(stale));
    expect((await lab.ask('heart', {})).status).toBe(200);
  });

  test('a daemon.json that is no JSON', async () => {
    mkdirSync(lab.layout.root, { recursive: true });
    writeFileSync(lab.layout.daemonFile, '{"pid": 12');
    expect((await ensureDaemon(lab.ctx, {})).pid).toBeGreaterThan(1);
  });

  test('a daemon that hangs is said to, and is ended by stop', { timeout: 60_000 }, async () => {
    const daemon = await ensureDaemon(lab.ctx, {});
    process.kill(daemon.pid, 'SIGSTOP');
    await expect(ensureDaemon(lab.ctx, {})).rejects.toMatchObject({ code: 'LOCAL_DAEMON_SILENT', hint: expect.stringContaining('mlfn stop') });
    expect(await stopDaemon(lab.ctx)).toBe(true);
    expect(isRunning(daemon.pid)).toBe(false);
  });
});

test('an upgrade replaces the daemon and loses no request', async () => {
  await lab.deploy('heart', { settings: { concurrency: 2 } });
  const old = await ensureDaemon(lab.ctx, {});
  const slow = lab.ask('heart', { do: 'sleep', seconds: 2 });
  const load = new Load(`http://127.0.0.1:${old.port}/heart/`, 4);
  await load.calls(50);

  // The package of tomorrow: the same files and a higher version.
  const tomorrow = path.join(lab.root, 'tomorrow');
  for (const folder of ['dist', 'templates']) cpSync(path.join(repository, folder), path.join(tomorrow, folder), { recursive: true });
  symlinkSync(path.join(repository, 'node_modules'), path.join(tomorrow, 'node_modules'), 'junction');
  writeFileSync(path.join(tomorrow, 'package.json'), JSON.stringify({ name: 'mlfn', version: '999.0.0', type: 'module' }));
  const upgraded = (await import(path.join(tomorrow, 'dist/providers/local/index.js'))) as { ensureDaemon: typeof ensureDaemon };
  const next = await upgraded.ensureDaemon(lab.ctx, {});
  expect(next).toMatchObject({ version: '999.0.0', port: old.port });
  expect(next.pid).not.toBe(old.pid);
  expect(isRunning(old.pid)).toBe(true);

  await load.calls(200);
  const { failures, count } = await load.end();
  expect(failures).toEqual([]);
  expect(count).toBeGreaterThan(250);
  expect((await slow).status).toBe(200);
  expect((await lab.ask('heart', {})).status).toBe(200);
  await until('the old daemon has ended', () => !isRunning(old.pid));
  rmSync(tomorrow, { recursive: true });
  // The older command still gets on with the newer daemon.
  expect((await ensureDaemon(lab.ctx, {})).pid).toBe(next.pid);
});
