/**
 * A proxy in front of ministack: it records every API call, fails or holds the calls that a test names, and refuses what AWS
 * refuses and ministack accepts. Real sockets; bodies and header fields pass unchanged, so signatures hold.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { actionOf, type Call, reads } from './gate/calls.ts';
import { identify } from './gate/operations.ts';
import type { Exchange, Rule, Upstream } from './gate/rule.ts';
import { type Fault, type Hold, type Point, Script } from '../../lab/script.ts';
import { type Answer, refused } from './gate/wire.ts';
import { awsEnv, type Lab } from './credentials.ts';

export interface Gate extends Lab {
  /** All calls so far. */
  calls: Call[];
  /** Forgets the calls so far; faults and holds stay. */
  clear(): void;
  /** Names of the calls so far that change something, in order: `lambda:UpdateAlias`. */
  changes(): string[];
  /** IAM actions of the calls so far, sorted, each once. */
  actions(): string[];
  /** Bytes of all request bodies so far. */
  sent(): number;
  fault(point: Point, fault: Fault): void;
  hold(point: Point, at: 'request' | 'answer'): Hold<Call>;
  answered(point: Point): Promise<Call>;
}

export interface GateOptions {
  /** What stands behind: `http://127.0.0.1:PORT`. */
  target: string;
  /** Checked in order; the first refusal is the answer. */
  rules?: Rule[];
  /** Calls count as sent over TLS, as all calls of AWS are: with `auth` ministack evaluates aws:SecureTransport. */
  secure?: boolean;
}

export async function startGate(options: GateOptions): Promise<Gate> {
  const calls: Call[] = [];
  const script = new Script<Call>();
  const server = http.createServer((request, response) => {
    void serve(request, response, { ...options, calls, script }).catch(() => request.socket.destroy());
  });
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    env: awsEnv(endpoint),
    calls,
    clear: () => void calls.splice(0),
    changes: () => calls.filter((call) => !reads(call) && call.service !== 'url').map((call) => call.name),
    actions: () => [...new Set(calls.filter((call) => call.service !== 'url').map(actionOf))].sort(),
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

interface Serving extends GateOptions {
  calls: Call[];
  script: Script<Call>;
}

async function serve(request: IncomingMessage, response: ServerResponse, { target, rules = [], secure = false, calls, script }: Serving) {
  const method = request.method as string;
  const url = request.url as string;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const identified = identify(method, url, request.headers, () => body.toString());
  const name = `${identified.service}:${identified.operation}`;
  const call: Call = { ...identified, number: script.next(), name, method, url, bytes: body.length, status: 0, done: false };
  const exchange: Exchange = { call, url, headers: request.headers, rawHeaders: secure ? [...request.rawHeaders, 'x-forwarded-proto', 'https'] : request.rawHeaders, body };
  calls.push(call);
  const fault = script.arrived(call);
  await script.pass(call, 'request');
  const answer = await answered(exchange, target, rules, fault);
  await script.pass(call, 'answer');
  if (answer === null) return void request.socket.destroy();
  call.status = answer.status;
  response.writeHead(answer.status, answer.headers as http.OutgoingHttpHeaders);
  response.end(answer.body, () => script.sent(call));
}

/** Null: the connection is to be reset. */
async function answered(exchange: Exchange, target: string, rules: Rule[], fault: Fault | undefined): Promise<Answer | Upstream | null> {
  const { call } = exchange;
  if (fault && 'code' in fault && fault.kind !== 'error-after') return refuse(call, fault);
  if (fault?.kind === 'cut-before') return null;
  for (const rule of rules) {
    const refusal = await rule.check(exchange);
    if (refusal) return refuse(call, refusal);
  }
  const answer = await forward(exchange, target);
  call.done = answer.status >= 200 && answer.status < 300;
  for (const rule of rules) await rule.learn?.(exchange, answer);
  if (fault?.kind === 'cut-after') return null;
  if (fault && 'code' in fault) return refuse(call, fault);
  return answer;
}

function refuse(call: Call, refusal: Parameters<typeof refused>[1]): Answer {
  call.refusal = refusal.code;
  return refused(call.service, refusal);
}

function forward({ call, url, rawHeaders, body }: Exchange, target: string): Promise<Upstream> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(target);
    const headers = withoutHops(rawHeaders);
    const request = http.request({ hostname, port, method: call.method, path: url, headers, setHost: false });
    request.on('error', reject);
    request.on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode as number, headers: withoutHops(answer.rawHeaders), body: Buffer.concat(chunks) }));
    });
    request.end(body);
  });
}

/** The body is passed on whole: its length is its own, and Expect was answered here. */
function withoutHops(raw: string[]): string[] {
  const hops = new Set(['connection', 'keep-alive', 'expect', 'transfer-encoding']);
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    if (!hops.has((raw[index] as string).toLowerCase())) kept.push(raw[index] as string, raw[index + 1] as string);
  }
  return kept;
}
