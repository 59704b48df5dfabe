/** Uploads over a network that breaks: what got across is never sent again. Bytes are counted behind the bad network. */
import { GetObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { bundled } from '../../scripts/sources.mjs';
import { hasObject, putObject } from '../../src/providers/aws/storage/objects.ts';
import { ACCOUNT } from './lab/credentials.ts';
import { startToxiproxy, type Network } from '../lab/toxiproxy.ts';
import { deployerOf, failure, fileOf, makeBucket, MB, startCounter, startS3, takenParts, until, type Counter, type Deployer, type S3Lab } from './storage-lab.ts';

/** Seven parts; at 20 MB a second they take three seconds. */
const SIZE = 56 * MB;
const SLOW = { type: 'bandwidth', stream: 'upstream', attributes: { rate: 20_000 } } as const;
/** Headers, listings and the call that completes. */
const OVERHEAD = 64 * 1024;

const sender = await bundled(path.join(import.meta.dirname, 'sender.mjs'));

let s3: S3Lab;
let counter: Counter;
let network: Network;
let near: Deployer;
let through: Deployer;

beforeAll(async () => {
  s3 = await startS3();
  near = await deployerOf(s3.env);
  await makeBucket(near);
  await near.s3.config.endpoint?.();
  counter = await startCounter(s3.endpoint);
  network = await startToxiproxy(counter.endpoint);
});
afterAll(async () => {
  await network.stop();
  await counter.stop();
  await s3.stop();
});
beforeEach(async () => {
  through = await deployerOf({ ...s3.env, AWS_ENDPOINT_URL: network.endpoint });
  await through.s3.config.endpoint?.();
});

async function isWhole(key: string, sha256: string): Promise<void> {
  const { Body } = await near.s3.send(new GetObjectCommand({ Bucket: await near.bucket(), Key: key }));
  expect(createHash('sha256').update(await Body!.transformToByteArray()).digest('hex')).toBe(sha256);
  const { Uploads } = await near.s3.send(new ListMultipartUploadsCommand({ Bucket: await near.bucket(), Prefix: key }));
  expect(Uploads).toBeUndefined();
}

test('connections that are reset in the middle: the same call gets through, and parts that were across stay', async () => {
  const upload = fileOf(s3.folder, 'reset', SIZE);
  const away = await network.add(SLOW);
  const [parts, bytes] = [takenParts(s3).length, counter.bytes()];
  const sending = putObject(through, upload);
  for (const after of [1, 3]) {
    await until(() => takenParts(s3).length >= parts + after);
    await network.enable(false);
    await network.enable(true);
  }
  const { size, sent } = await sending;
  expect(size).toBe(SIZE);
  // A part whose answer was lost may be found there by the next try: it counts as there before.
  expect(sent).toBeLessThanOrEqual(SIZE);
  expect(sent).toBeGreaterThan(0);
  await away();
  const taken = takenParts(s3).slice(parts);
  expect(new Set(taken)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7]));
  // Twice four parts on their way, or the answers to them, were lost at most; and the three that were across before stay.
  expect(taken.length).toBeLessThan(7 + 4);
  expect(counter.bytes() - bytes).toBeLessThan(SIZE + 8 * 8 * MB + OVERHEAD);
  await isWhole(upload.key, upload.sha256);
});

test('a network that stays away: AWS_UNREACHABLE with the host, and the next run sends the rest only', async () => {
  const upload = fileOf(s3.folder, 'away', SIZE);
  const away = await network.add(SLOW);
  const before = takenParts(s3).length;
  const sending = putObject(through, upload).catch((reason: unknown) => reason);
  await until(() => takenParts(s3).length >= before + 2);
  await network.enable(false);
  expect(await sending).toMatchObject({ code: 'AWS_UNREACHABLE', message: expect.stringContaining(new URL(network.endpoint).host) });
  await network.enable(true);
  await away();
  // What the network still held when it went may arrive after the error was told.
  await still(() => counter.bytes());
  const across = takenParts(s3).slice(before);
  const bytes = counter.bytes();
  const { sent } = await putObject(through, upload);
  expect(sent).toBe(SIZE - across.length * 8 * MB);
  expect(counter.bytes() - bytes).toBeLessThan(sent + OVERHEAD);
  expect(takenParts(s3).slice(before).toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  await isWhole(upload.key, upload.sha256);
});

/** Resolves once the figure has not changed for half a second. */
async function still(figure: () => number): Promise<void> {
  for (let before = Number.NaN, now = figure(); now !== before; now = figure()) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

test('killed in the middle: the next process sends the rest only', async () => {
  const upload = fileOf(s3.folder, 'killed', SIZE);
  const request = path.join(s3.folder, 'request.json');
  writeFileSync(request, JSON.stringify({ upload, account: ACCOUNT }));
  const away = await network.add(SLOW);
  const before = takenParts(s3).length;
  const env = { ...process.env, ...s3.env, AWS_ENDPOINT_URL: network.endpoint };
  const run = () => spawn(process.execPath, ['--no-warnings', sender, request], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const killed = run();
  await until(() => takenParts(s3).length >= before + 2 || killed.exitCode !== null);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  await away();
  // What was on its way when the process died arrives still; what the gateway had in full counts as well.
  await still(() => counter.bytes());
  const across = takenParts(s3).length - before;
  const bytes = counter.bytes();
  const second = run();
  let output = '';
  second.stdout.on('data', (text) => (output += text));
  await once(second, 'close');
  const { sent, size } = JSON.parse(output) as { sent: number; size: number };
  expect(size).toBe(SIZE);
  expect(sent).toBeLessThanOrEqual(SIZE - across * 8 * MB);
  expect(counter.bytes() - bytes).toBeLessThan(sent + OVERHEAD);
  await isWhole(upload.key, upload.sha256);
});

test('latency on every answer and torn packets: slower, and as whole', async () => {
  const upload = fileOf(s3.folder, 'latency', 20 * MB);
  const away = [
    await network.add({ type: 'latency', stream: 'downstream', attributes: { latency: 80, jitter: 40 } }),
    await network.add({ type: 'slicer', stream: 'upstream', attributes: { average_size: 8000, size_variation: 3000, delay: 10 } }),
  ];
  expect(await putObject(through, upload)).toMatchObject({ sent: 20 * MB });
  for (const each of away) await each();
  await isWhole(upload.key, upload.sha256);
});

test('a server that is slow to say "go on" gets the bytes all the same', async () => {
  const upload = fileOf(s3.folder, 'slow', 3 * MB);
  const away = await network.add({ type: 'latency', stream: 'downstream', attributes: { latency: 1300 } });
  expect(await putObject(through, upload)).toMatchObject({ sent: 3 * MB });
  await away();
  await isWhole(upload.key, upload.sha256);
});

test('a refusal comes before the bytes are sent', async () => {
  let received = 0;
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (received += chunk.length));
    response.writeHead(request.method === 'HEAD' ? 404 : 403).end();
  });
  server.on('checkContinue', (_, response) => response.writeHead(403, { connection: 'close' }).end('<Error><Code>AccessDenied</Code></Error>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const refused = await deployerOf({ ...s3.env, AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  expect(await failure(putObject(refused, fileOf(s3.folder, 'refused', 12 * MB)))).toMatchObject({ code: 'AWS_DENIED', message: expect.stringContaining('s3:PutObject') });
  expect(received).toBe(0);
  server.closeAllConnections();
  server.close();
});

test('a connection that goes silent is given up after a minute, and what was on it is sent again', async () => {
  const upload = fileOf(s3.folder, 'silent', 24 * MB);
  const slow = await network.add(SLOW);
  const done = () => through.events.flatMap((event) => (event.type === 'progress' ? [event.done ?? 0] : []));
  const sending = putObject(through, upload);
  await until(() => done().some((each) => each > 4 * MB));
  const silent = await network.add({ type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } });
  await slow();
  await until(() => done().some((each, index) => each < (done()[index - 1] ?? 0)));
  await silent();
  expect(await sending).toMatchObject({ size: 24 * MB, sent: 24 * MB });
  await isWhole(upload.key, upload.sha256);
});

test('an answer that gets lost: the upload is known to be done', async () => {
  const upload = fileOf(s3.folder, 'answer', 5 * MB);
  const away = await network.add({ type: 'latency', stream: 'downstream', attributes: { latency: 300 } });
  const puts = (status: number) => s3.log().split('\n').filter((line) => line.includes(`| ${status} |`) && line.includes(`| PUT | `) && line.includes(upload.key)).length;
  const sending = putObject(through, upload);
  await until(() => puts(200) === 1);
  await network.enable(false);
  await network.enable(true);
  const there = { size: 5 * MB, sha256: Buffer.from(upload.sha256, 'hex').toString('base64') };
  expect(await sending).toMatchObject(there);
  await away();
  expect(puts(200)).toBe(1);
  expect(puts(412)).toBeGreaterThan(0);
  expect(await hasObject(near, upload.key.slice(8, 72))).toEqual(there);
});
