/**
 * A registry to the letter of the distribution specification, as far as a push needs one: it keeps what arrived of a piece that was cut,
 * tells how much that is, and takes nothing out of order. The registries that run here do not.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

export interface Strict {
  host: string;
  blobs: Map<string, Buffer>;
  /** `PATCH 202`, in the order of the answers. */
  answers: string[];
  /** It is forgetful no more. */
  mend(): void;
}

interface Options {
  /** Refuses every piece. */
  whole?: boolean;
  /** Asks again later, so often. */
  busy?: number;
  /** Says of an upload for ever what it said after its first piece, as ECR does. */
  stale?: boolean;
  /** Takes the body of that piece (1 is the first), and is gone before it says so. */
  deaf?: number;
  /** Whoever sends on before it said that a piece is misplaced does not hear it: the connection is gone. */
  curt?: boolean;
  /** Takes pieces, and keeps other bytes than it was sent. */
  forgetful?: boolean;
}

const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export async function strictRegistry({ whole = false, busy = 0, stale = false, deaf = 0, curt = false, forgetful = false }: Options = {}): Promise<Strict> {
  const blobs = new Map<string, Buffer>();
  const uploads = new Map<string, Buffer[]>();
  const answers: string[] = [];
  const state = { busy, pieces: 0, uploads: 0, forgetful };
  const told = new Map<string, number>();
  const lengthOf = (id: string) => (uploads.get(id) ?? []).reduce((sum, part) => sum + part.length, 0);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://registry');
    const end = (status: number, headers: Record<string, string> = {}) => {
      answers.push(`${request.method} ${status}`);
      response.writeHead(status, headers).end();
    };
    const id = /\/blobs\/uploads\/(\d+)$/.exec(url.pathname)?.[1] ?? '';
    const standing = () => {
      const length = lengthOf(id);
      if (!told.has(id) && length > 0) told.set(id, length);
      return { location: `/v2/x/blobs/uploads/${id}`, range: `0-${Math.max((stale ? (told.get(id) ?? 0) : length) - 1, 0)}` };
    };
    if (url.pathname === '/v2/') return end(200);
    if (state.busy > 0) {
      state.busy -= 1;
      return end(429, { 'retry-after': '1' });
    }
    if (request.method === 'HEAD') return end(blobs.has(url.pathname.split('/').at(-1) ?? '') ? 200 : 404);
    if (request.method === 'POST') {
      state.uploads += 1;
      const fresh = String(state.uploads);
      uploads.set(fresh, []);
      return end(202, { location: `/v2/x/blobs/uploads/${fresh}`, range: '0-0' });
    }
    if (url.pathname.includes('/manifests/')) {
      const bytes = await received(request, []);
      return end(201, { 'docker-content-digest': sha256(Buffer.concat(bytes)) });
    }
    const parts = uploads.get(id);
    if (parts === undefined) return end(404);
    if (request.method === 'GET') return end(204, standing());
    if (request.method === 'PATCH') {
      const start = Number(String(request.headers['content-range']).split('-')[0]);
      if (whole) return end(405);
      if (start !== lengthOf(id)) {
        if (curt && (await speaksOn(request))) return void request.socket.destroy();
        return end(416, standing());
      }
      await received(request, parts);
      state.pieces += 1;
      if (state.forgetful) parts.splice(0, parts.length, Buffer.alloc(lengthOf(id)));
      if (state.pieces === deaf) return void response.destroy();
      return end(202, standing());
    }
    const bytes = Buffer.concat(await received(request, parts));
    if (sha256(bytes) !== url.searchParams.get('digest')) return end(400);
    blobs.set(sha256(bytes), bytes);
    uploads.delete(id);
    return end(201);
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, blobs, answers, mend: () => (state.forgetful = false) };
}

/** Whether more comes within a moment. */
async function speaksOn(request: IncomingMessage): Promise<boolean> {
  return Promise.race([once(request, 'readable').then(() => true), pause(100, false)]);
}

/** Into `parts`, also when the connection ends early. */
async function received(request: IncomingMessage, parts: Buffer[]): Promise<Buffer[]> {
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return parts;
}
