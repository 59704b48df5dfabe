/**
 * Cloud Storage in front of fake-gcs-server: it records every call, fails or holds the calls that a test names, keeps what the
 * server does not (buckets, resumable uploads), and refuses what Cloud Storage refuses (README.md). Real sockets.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { type Fault, type Hold, type Point, Script } from '../../lab/script.ts';
import { Buckets } from './gate/buckets.ts';
import { type Call, identify, reads } from './gate/call.ts';
import { type Answer, refused } from './gate/refusal.ts';
import { Sessions } from './gate/sessions.ts';
import { served } from './gate/strict.ts';

export interface Gate {
  /** `http://127.0.0.1:PORT` */
  endpoint: string;
  buckets: Buckets;
  sessions: Sessions;
  /** All calls so far. */
  calls: Call[];
  /** Forgets the calls so far; faults and holds stay. */
  clear(): void;
  /** Names of the calls so far that change something, in order. */
  changes(): string[];
  /** Bytes of all request bodies so far. */
  sent(): number;
  fault(point: Point, fault: Fault): void;
  hold(point: Point, at: 'request' | 'answer'): Hold<Call>;
  answered(point: Point): Promise<Call>;
  stop(): Promise<void>;
}

export interface GateOptions {
  /** What stands behind: `http://127.0.0.1:PORT`. */
  target: string;
  /** Of the gate's own, for uploads on their way. */
  folder: string;
  /** Whose buckets are the caller's. */
  project: string;
}

/** A call on its way, as it came in. */
export interface Exchange {
  call: Call;
  query: URLSearchParams;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  /** The connection broke before the body was whole. */
  cut: boolean;
  buckets: Buckets;
  sessions: Sessions;
  /** The server's own answer to the call, or to another one. */
  forward(other?: { method: string; url: string }): Promise<Answer>;
}

export async function startGate({ target, folder, project }: GateOptions): Promise<Gate> {
  const calls: Call[] = [];
  const script = new Script<Call>();
  const buckets = new Buckets(project);
  const store = (query: string, contentType: string, body: Readable, length: number) => {
    const bucket = new URLSearchParams(query).get('bucket');
    const headers = { 'content-type': contentType, 'content-length': String(length) };
    return send(target, 'POST', `/upload/storage/v1/b/${bucket}/o?${query}`, headers, body);
  };
  const sessions = new Sessions(folder, store);
  const server = http.createServer((request, response) => {
    void serve(request, response, { target, calls, script, buckets, sessions }).catch(() => request.socket.destroy());
  });
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    buckets,
    sessions,
    calls,
    clear: () => void calls.splice(0),
    changes: () => calls.filter((call) => !reads(call)).map((call) => call.name),
    sent: () => calls.reduce((sum, call) => sum + call.bytes, 0),
    fault: (point, fault) => script.fault(point, fault),
    hold: (point, at) => script.hold(point, at),
    answered: (point) => script.answered(point),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Serving {
  target: string;
  calls: Call[];
  script: Script<Call>;
  buckets: Buckets;
  sessions: Sessions;
}

async function serve(request: IncomingMessage, response: ServerResponse, { target, calls, script, buckets, sessions }: Serving) {
  const [method, url, headers] = [request.method as string, request.url as string, request.headers];
  const { body, cut } = await read(request);
  const identified = identify(method, url);
  // A question about a session has no bytes.
  const name = identified.name === 'session.put' && /\*\//.test(headers['content-range'] ?? '') ? 'session.status' : identified.name;
  const call: Call = { ...identified, name, number: script.next(), method, url, bytes: body.length, status: 0 };
  calls.push(call);
  const fault = script.arrived(call);
  await script.pass(call, 'request');
  const query = new URL(url, 'http://gate').searchParams;
  // The Node client leaves `/storage/v1` out for an emulator; this one knows only the whole path.
  const place = url.startsWith('/b?') || url.startsWith('/b/') ? `/storage/v1${url}` : url;
  const forward: Exchange['forward'] = (other) =>
    other === undefined ? send(target, method, place, passed(headers, body), Readable.from([body])) : send(target, other.method, other.url);
  const exchange: Exchange = { call, query, headers, body, cut, buckets, sessions, forward };
  const answer = await answered(exchange, fault);
  await script.pass(call, 'answer');
  if (answer === null || cut) return void request.socket.destroy();
  call.status = answer.status;
  const bytes = Buffer.from(answer.body);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': bytes.length });
  response.end(method === 'HEAD' ? undefined : bytes, () => script.sent(call));
}

/** Null: the connection is to be reset. */
async function answered(exchange: Exchange, fault: Fault | undefined): Promise<Answer | null> {
  const { call } = exchange;
  if (fault && 'code' in fault && fault.kind !== 'error-after') return refuse(call, fault);
  if (fault?.kind === 'cut-before') return null;
  const answer = await served(exchange);
  if (fault?.kind === 'cut-after') return null;
  return fault && 'code' in fault ? refuse(call, fault) : answer;
}

function refuse(call: Call, refusal: Parameters<typeof refused>[0]): Answer {
  call.refusal = refusal.code;
  return refused(refusal);
}

async function read(request: IncomingMessage): Promise<{ body: Buffer; cut: boolean }> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return { body: Buffer.concat(chunks), cut: true };
  }
  return { body: Buffer.concat(chunks), cut: false };
}

/** The body is passed on whole: its length is its own. */
function passed(headers: http.IncomingHttpHeaders, body: Buffer): http.OutgoingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !['connection', 'expect', 'transfer-encoding', 'content-length', 'host', 'accept-encoding'].includes(name));
  return { ...Object.fromEntries(kept), ...(body.length === 0 ? {} : { 'content-length': String(body.length) }) };
}

function send(target: string, method: string, url: string, headers: http.OutgoingHttpHeaders = {}, body: Readable = Readable.from([])): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(new URL(url, target), { method, headers });
    request.on('error', reject);
    request.on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const { connection: _connection, 'transfer-encoding': _encoding, 'content-length': _length, ...rest } = answer.headers;
        resolve({ status: answer.statusCode as number, headers: rest as Record<string, string>, body: Buffer.concat(chunks) });
      });
    });
    body.on('error', reject);
    body.pipe(request);
  });
}
