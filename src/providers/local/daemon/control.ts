/** The control API: how commands reach the daemon. Guarded by the token in daemon.json, and closed to browsers. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Program } from '../spawn.ts';
import type { Fleet } from './fleet.ts';
import { serve } from './front.ts';
import { ProblemError } from './problem.ts';
import { WorkerFailure } from './worker.ts';

export const CONTROL = '/_mlfn/';

export interface Control {
  fleet: Fleet;
  token: string;
  port: number;
  about: Record<string, unknown>;
  stop(): void;
  /** Gives the port to a daemon of another version; resolves when that one serves. */
  handOver(program: Program): Promise<void>;
}

type Handler = (control: Control, match: string[], request: IncomingMessage) => Promise<unknown>;

const ROUTES: [method: string, path: RegExp, handler: Handler][] = [
  ['GET', /^ping$/, async ({ about }) => about],
  ['GET', /^status$/, async ({ about, fleet }) => ({ ...about, functions: fleet.describe() })],
  ['POST', /^functions\/([a-z0-9][\w-]*)\/live\/(\d+)$/, async ({ fleet }, [name, number]) => fleet.switchTo(name!, Number(number))],
  ['DELETE', /^functions\/([a-z0-9][\w-]*)\/releases\/(\d+)$/, async ({ fleet }, [name, number]) => fleet.drop(name!, Number(number))],
  ['DELETE', /^functions\/([a-z0-9][\w-]*)$/, async ({ fleet }, [name]) => fleet.remove(name!)],
  ['POST', /^stop$/, async ({ stop }) => setImmediate(stop) && null],
  ['POST', /^hand-over$/, async ({ handOver }, _, request) => handOver((await readJsonBody(request)) as Program)],
];

export async function control(request: IncomingMessage, response: ServerResponse, given: Control): Promise<void> {
  if (!isAllowed(request, given)) return reply(response, 403, { title: 'Refused' });
  const path = (request.url ?? '').slice(CONTROL.length);
  const call = /^functions\/([a-z0-9][\w-]*)\/releases\/(\d+)\/(call|fresh)(\/.*)$/.exec(path);
  if (call !== null) {
    const [, name, number, way, target] = call as unknown as [string, string, string, string, string];
    const { fleet } = given;
    if (way === 'call') return serve(request, response, { name, prefix: '', target, pool: () => fleet.release(name, Number(number)) });
    return fleet.apart(name, Number(number), (pool) => serve(request, response, { name, prefix: '', target, pool }));
  }
  for (const [method, pattern, handler] of ROUTES) {
    const match = method === request.method ? pattern.exec(path) : null;
    if (match === null) continue;
    try {
      return reply(response, 200, (await handler(given, match.slice(1), request)) ?? {});
    } catch (error) {
      return replyError(response, error);
    }
  }
  reply(response, 404, { title: 'No such call' });
}

/** A page in a browser sends an Origin, or a Host that is not this machine's (DNS rebinding); and it has no token. */
function isAllowed(request: IncomingMessage, { token, port }: Control): boolean {
  const host = request.headers.host;
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return false;
  if (request.headers.origin !== undefined) return false;
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function replyError(response: ServerResponse, error: unknown): void {
  if (error instanceof ProblemError) return reply(response, error.problem.status, error.problem);
  if (error instanceof WorkerFailure) return reply(response, 502, { kind: error.kind, detail: error.message });
  reply(response, 500, { detail: (error as Error).message });
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > 65_536) throw new ProblemError({ status: 413, kind: 'too-large', title: 'Too large', detail: '' });
  }
  return JSON.parse(text);
}

