/** A company's proxy: whatever is said to a registry goes through it, images of megabytes too. */
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../e2e/lab.ts';
import { craneRegistry, judged, makeLab, layoutOf, MEMBERS, type Registry } from './lab.ts';
import { crane } from './programs.ts';

let lab: Lab;
let registry: Registry;
let proxy: string;
const asked: string[] = [];
/** Of a request to http: its whole address is in its first line (RFC 9112, 3.2.2). */
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  if (!URL.canParse(request.url ?? '')) return void response.writeHead(400).end();
  const through = httpRequest(request.url ?? '', { method: request.method, headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  through.on('error', () => response.destroy());
  request.pipe(through);
});

beforeAll(async () => {
  lab = await Lab.open();
  registry = await craneRegistry();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await registry?.stop();
  await lab?.close();
});

test('a registry is asked through HTTP_PROXY, and not where NO_PROXY names it', async () => {
  const folder = path.join(lab.folder, 'polo');
  mkdirSync(folder);
  layoutOf({ ...makeLab(), folder }, [[...MEMBERS, ['large', 'file', randomBytes(3_000_000).toString('latin1')]]]);
  const args = (tag: string) => ['image', lab.app(1), '--base', 'oci:base', '--push', `${registry.host}/polo:${tag}`];
  // What the packages come from is not asked for in this test's way.
  await lab.json([...args('0')], { cwd: folder });
  const off = { NO_PROXY: '', no_proxy: '', HTTPS_PROXY: '', https_proxy: '', http_proxy: '' };
  expect(asked).toEqual([]);
  await lab.json(args('1').map((word) => word.replace('/polo:', '/other:')), { cwd: folder, env: { ...off, HTTP_PROXY: proxy } });
  expect(asked.join('\n')).toContain(`PUT http://${registry.host}/v2/other/manifests/1`);
  expect(judged(crane, 'validate', '--remote', `${registry.host}/other:1`)).toContain('PASS');
  asked.length = 0;
  await lab.json(args('2'), { cwd: folder, env: { ...off, HTTP_PROXY: proxy, NO_PROXY: '127.0.0.1' } });
  expect(asked).toEqual([]);
});
