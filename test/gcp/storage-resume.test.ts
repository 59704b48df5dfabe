/** Uploads over a network that breaks: what got across is never sent again. Bytes are counted behind the bad network. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { bundled } from '../../scripts/sources.mjs';
import { startToxiproxy, type Network } from '../lab/toxiproxy.ts';
import { ensureBucket } from '../../src/providers/gcp/storage/bucket.ts';
import { headObject, putObject } from '../../src/providers/gcp/storage/objects.ts';
import type { Upload } from '../../src/providers/gcp/storage/upload.ts';
import { startStorage, type StorageLab } from './lab/storage.ts';
import { deployerOf, failure, fileOf, MB, REGION, stored, until, type Deployer } from './storage-lab.ts';

/** Seven pieces; at 20 MB a second they take three seconds. */
const SIZE = 56 * MB;
const SLOW = { type: 'bandwidth', stream: 'upstream', attributes: { rate: 20_000 } } as const;
/** Fields of the object, and the frame of a request. */
const OVERHEAD = 2000;
const sender = await bundled(path.join(import.meta.dirname, 'sender.mjs'));
/** What of a piece that broke comes again at most: Cloud Storage keeps whole quarters of a megabyte. */
const QUANTUM = 256 * 1024;

let lab: StorageLab;
let network: Network;
let near: Deployer;
let through: Deployer;

beforeAll(async () => {
  lab = await startStorage();
  near = await deployerOf(lab);
  await ensureBucket(near);
  network = await startToxiproxy(lab.endpoint);
});
afterAll(async () => {
  await network.stop();
  await lab.stop();
});
beforeEach(async () => {
  through = await deployerOf(far());
  lab.clear();
});

function far(): Pick<StorageLab, 'env' | 'folder'> {
  return { env: { ...lab.env, STORAGE_EMULATOR_HOST: network.endpoint }, folder: lab.folder };
}

/** Bytes that the upload on its way has got across. */
function across(): number {
  return Math.max(0, ...lab.sessions.ids().map((id) => lab.sessions.kept(id)));
}

function done({ events }: Deployer): number[] {
  return events.flatMap((event) => (event.type === 'progress' ? [event.done ?? 0] : []));
}

/** Resolves once the figure has not changed for half a second. */
async function still(figure: () => number): Promise<void> {
  for (let before = Number.NaN, now = figure(); now !== before; now = figure()) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

test('connections that are reset in the middle of a piece: the same call gets through, and no byte that was kept goes again', async () => {
  const upload = fileOf(lab.folder, 'reset', SIZE);
  const away = await network.add(SLOW);
  const sending = putObject(through, upload);
  for (const after of [12 * MB, 37 * MB]) {
    await until(() => done(through).some((each) => each > after));
    await network.enable(false);
    await network.enable(true);
  }
  expect(await sending).toMatchObject({ size: SIZE, sent: SIZE });
  await away();
  expect(lab.sent()).toBeGreaterThanOrEqual(SIZE);
  expect(lab.sent()).toBeLessThan(SIZE + 2 * QUANTUM + OVERHEAD);
  expect(lab.calls.filter(({ name }) => name === 'session.start')).toHaveLength(1);
  expect(await stored(near, upload.key)).toBe(upload.sha256);
});

test('a network that stays away: GCP_UNREACHABLE, and the next run sends the rest only', async () => {
  const upload = fileOf(lab.folder, 'away', SIZE);
  const away = await network.add(SLOW);
  const sending = failure(putObject(through, upload));
  await until(() => done(through).some((each) => each > 20 * MB));
  await network.enable(false);
  expect(await sending).toMatchObject({ code: 'GCP_UNREACHABLE', kind: 'remote' });
  await network.enable(true);
  await away();
  await still(across);
  const kept = across();
  expect(kept).toBeGreaterThan(8 * MB);
  lab.clear();
  expect((await putObject(through, upload)).sent).toBe(SIZE - kept);
  expect(lab.sent()).toBeLessThan(SIZE - kept + OVERHEAD);
  expect(await stored(near, upload.key)).toBe(upload.sha256);
});

interface Sent {
  size: number;
  sent: number;
  maxRssKb: number;
  code?: string;
}

function startSender(upload: Upload, env: Record<string, string> = far().env) {
  const request = path.join(lab.folder, 'request.json');
  writeFileSync(request, JSON.stringify({ upload, cache: path.join(lab.folder, 'cache-of-senders'), region: REGION }));
  const child = spawn(process.execPath, ['--no-warnings', sender, request], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  const ended = once(child, 'close').then(() => (output === '' ? null : (JSON.parse(output) as Sent)));
  return { child, ended };
}

test('killed in the middle of a piece: the next process sends the rest only', async () => {
  const upload = fileOf(lab.folder, 'killed', SIZE);
  const away = await network.add(SLOW);
  const first = startSender(upload);
  await until(() => across() >= 16 * MB || first.child.exitCode !== null);
  // Past the beginning of the third piece.
  await new Promise((resolve) => setTimeout(resolve, 150));
  first.child.kill('SIGKILL');
  expect(await first.ended).toBeNull();
  await away();
  // What was on its way when the process died arrives still.
  await still(across);
  const kept = across();
  expect(kept).toBeGreaterThanOrEqual(16 * MB);
  expect(await headObject(near, upload.key)).toBeNull();
  lab.clear();
  expect(await startSender(upload).ended).toMatchObject({ size: SIZE, sent: SIZE - kept });
  expect(lab.sent()).toBeLessThan(SIZE - kept + OVERHEAD);
  expect(lab.calls.map(({ name }) => name)).not.toContain('session.start');
  expect(await stored(near, upload.key)).toBe(upload.sha256);
});

test('a process that is still at it keeps its session: another sends for itself', async () => {
  const upload = fileOf(lab.folder, 'side by side', 24 * MB);
  const held = lab.hold({ operation: 'session.put', nth: 2 }, 'request');
  const first = startSender(upload);
  await held.reached;
  const second = await startSender(upload).ended;
  held.release();
  expect(second).toMatchObject({ size: 24 * MB, sent: 24 * MB });
  expect(await first.ended).toMatchObject({ size: 24 * MB });
  expect(await stored(near, upload.key)).toBe(upload.sha256);
});

test('latency on every answer and torn packets: slower, and as whole', async () => {
  const upload = fileOf(lab.folder, 'latency', 20 * MB);
  const away = [
    await network.add({ type: 'latency', stream: 'downstream', attributes: { latency: 80, jitter: 40 } }),
    await network.add({ type: 'slicer', stream: 'upstream', attributes: { average_size: 8000, size_variation: 3000, delay: 10 } }),
  ];
  expect(await putObject(through, upload)).toMatchObject({ sent: 20 * MB });
  for (const each of away) await each();
  expect(await stored(near, upload.key)).toBe(upload.sha256);
});

test('a small file whose connection is cut goes again', async () => {
  const upload = fileOf(lab.folder, 'small cut', MB);
  const away = await network.add({ type: 'limit_data', stream: 'upstream', attributes: { bytes: 200_000 } });
  const sending = putObject(through, upload);
  await until(() => lab.calls.some(({ name, bytes }) => name === 'objects.insert' && bytes > 0 && bytes < MB));
  await away();
  expect(await sending).toMatchObject({ size: MB, sent: MB });
  expect(await stored(near, upload.key)).toBe(upload.sha256);
});

test('a connection that goes silent is given up after a minute, and what was on it is sent again', async () => {
  const upload = fileOf(lab.folder, 'silent', 24 * MB);
  const slow = await network.add(SLOW);
  const sending = putObject(through, upload);
  await until(() => done(through).some((each) => each > 10 * MB));
  const silent = await network.add({ type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } });
  await slow();
  await until(() => done(through).some((each, index) => each < (done(through)[index - 1] ?? 0)));
  await silent();
  expect(await sending).toMatchObject({ size: 24 * MB, sent: 24 * MB });
  expect(await stored(near, upload.key)).toBe(upload.sha256);
}, 200_000);

test('a file is never held in memory: a large one takes hardly more than a small one', async () => {
  const peak = async (name: string, size: number) => {
    const sent = await startSender(fileOf(lab.folder, name, size), lab.env).ended;
    expect(sent).toMatchObject({ size, sent: size });
    return sent!.maxRssKb / 1000;
  };
  const small = await peak('peak of 3 MB', 3 * MB);
  const large = await peak('peak of 160 MB', 160 * MB);
  expect(large).toBeLessThan(150);
  expect(large - small).toBeLessThan(60);
});

test('through a proxy: every call, those with the bytes too', async () => {
  const upload = fileOf(lab.folder, 'proxy', 20 * MB);
  const asked: string[] = [];
  const proxy = http.createServer((request, response) => {
    asked.push(`${request.method} ${new URL(request.url ?? '').pathname}`);
    const { headers, method } = request;
    const onward = http.request(request.url ?? '', { headers, method: method ?? 'GET' }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  // Some clients ask for a tunnel also where none is needed.
  proxy.on('connect', (request, client: net.Socket) => {
    asked.push(`CONNECT ${request.url}`);
    const { hostname, port } = new URL(`http://${request.url}`);
    const server = net.connect(Number(port), hostname, () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    server.pipe(client).pipe(server);
    for (const [one, other] of [[client, server], [server, client]] as const) one.on('error', () => other.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const env = { ...lab.env, http_proxy: url, HTTP_PROXY: url, https_proxy: url, HTTPS_PROXY: url, no_proxy: '', NO_PROXY: '' };
  expect(await startSender(upload, env).ended).toMatchObject({ size: 20 * MB, sent: 20 * MB });
  expect(asked.filter((each) => each.startsWith('PUT '))).toHaveLength(3);
  expect(asked.length).toBeGreaterThanOrEqual(lab.calls.length - 1);
  expect(await stored(near, upload.key)).toBe(upload.sha256);
  proxy.closeAllConnections();
  proxy.close();
});
