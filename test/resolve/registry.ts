/** A package index (PEP 691) on 127.0.0.1, with wheels made for the test: real uv talks to it as to any other. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { python } from '../python.ts';

export interface Spec {
  name: string;
  version: string;
  tag?: string;
  requires?: string[];
  python?: string;
  script?: boolean;
  padding?: number;
  /** Day of upload. */
  published?: string;
}

export interface Registry {
  /** The simple index. */
  url: string;
  /** Paths asked for so far. */
  asked: string[];
  /** From now on: every request gets this status; `hang` never answers; `user:password` that it asks for, if any. */
  mood: { status: number; hang: boolean; credentials: string | null };
  close(): Promise<void>;
}

export async function startRegistry(specs: Spec[]): Promise<Registry> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'mlfn-registry-'));
  const input = JSON.stringify(specs.map(({ published: _published, ...spec }) => spec));
  execFileSync(python, [path.join(import.meta.dirname, 'wheels.py'), folder], { input });
  const asked: string[] = [];
  const mood: Registry['mood'] = { status: 200, hang: false, credentials: null };
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://registry');
    asked.push(pathname);
    if (mood.hang) return;
    const sent = Buffer.from(request.headers.authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
    if (mood.credentials !== null && sent !== mood.credentials) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="packages"' }).end();
      return;
    }
    void respond(response, answer(folder, specs, mood.status, pathname));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    await rm(folder, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${port}/simple`, asked, mood, close };
}

async function respond(response: http.ServerResponse, found: ReturnType<typeof answer>): Promise<void> {
  const { status, type, body } = await found;
  response.writeHead(status, { 'content-type': type, 'content-length': body.length }).end(body);
}

async function answer(folder: string, specs: Spec[], status: number, pathname: string) {
  const failed = { type: 'text/plain', body: Buffer.from('no') };
  if (status !== 200) return { status, ...failed };
  const file = /^\/files\/([^/]+\.whl)$/.exec(pathname)?.[1];
  if (file !== undefined)
    return { status, type: 'application/octet-stream', body: await readFile(path.join(folder, file)) };
  const name = /^\/simple\/([^/]+)\/$/.exec(pathname)?.[1] ?? '';
  const wheels = (await readdir(folder)).filter((one) => one.startsWith(`${name.replaceAll('-', '_')}-`));
  if (wheels.length === 0) return { status: 404, ...failed };
  const files = await Promise.all(wheels.map(async (wheel) => describe(folder, specs, wheel)));
  const page = { meta: { 'api-version': '1.1' }, name, files, versions: [...new Set(files.map((one) => one.version))] };
  return { status, type: 'application/vnd.pypi.simple.v1+json', body: Buffer.from(JSON.stringify(page)) };
}

async function describe(folder: string, specs: Spec[], wheel: string) {
  const bytes = await readFile(path.join(folder, wheel));
  const [module, version] = wheel.split('-');
  const spec = specs.find((one) => one.name.toLowerCase().replaceAll('-', '_') === module && one.version === version);
  return {
    filename: wheel,
    version,
    url: `/files/${wheel}`,
    hashes: { sha256: createHash('sha256').update(bytes).digest('hex') },
    size: bytes.length,
    'upload-time': `${spec?.published ?? '2020-01-01'}T12:00:00Z`,
    ...(spec?.python === undefined ? {} : { 'requires-python': spec.python }),
  };
}
