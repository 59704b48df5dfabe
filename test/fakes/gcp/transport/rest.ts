/** JSON over HTTP for the small APIs: one port each, so that a call at the wrong API's address is seen. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Status } from '../status.ts';
import { Cut, type Gate } from './gate.ts';
import type { Admission, Caller } from './grpc.ts';

export interface Asked {
  /** The groups of the route's pattern. */
  parts: Record<string, string>;
  query: URLSearchParams;
  body: Record<string, never>;
  caller: Caller;
  headers: http.IncomingHttpHeaders;
}

export interface Endpoint {
  /** `serviceAccounts.create`, as the API's reference names it. */
  name: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Of the path, from `^` to `$`. Its first named group or the whole path is the resource. */
  path: RegExp;
  /** Fields that the body may have; anything else is refused. Undefined: no body is looked at. */
  fields?: string[];
  answer(asked: Asked): unknown;
}

export interface HttpServer {
  url: string;
  stop(): Promise<void>;
}

export async function startHttp(listener: http.RequestListener): Promise<HttpServer> {
  const server = http.createServer(listener);
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

export function startRest(api: string, endpoints: Endpoint[], gate: Gate, admit: Admission): Promise<HttpServer> {
  return startHttp(restListener(api, endpoints, gate, admit));
}

export function restListener(api: string, endpoints: Endpoint[], gate: Gate, admit: Admission): http.RequestListener {
  return (request, response) => void serve(request, response, api, endpoints, gate, admit).catch(() => request.socket.destroy());
}

async function serve(request: IncomingMessage, response: ServerResponse, api: string, endpoints: Endpoint[], gate: Gate, admit: Admission): Promise<void> {
  const bytes = await read(request);
  const url = new URL(request.url as string, 'http://127.0.0.1');
  const endpoint = endpoints.find(({ method, path }) => method === request.method && path.test(url.pathname));
  const groups = Object.entries(endpoint?.path.exec(url.pathname)?.groups ?? {});
  const parts = Object.fromEntries(groups.map(([name, text]) => [name, decodeURIComponent(text)]));
  const resource = parts['resource'] ?? url.pathname;
  const call = gate.open({ name: `${api}:${endpoint?.name ?? `${request.method} ${url.pathname}`}`, caller: '', resource, request: bytes.toString(), bytes: bytes.length });
  try {
    const answer = await gate.pass(call, async () => {
      if (!endpoint) throw new Status('NOT_FOUND', `The requested URL ${url.pathname} was not found on this server: ${api} has no such method in this fake.`);
      const caller = admit({ authorization: request.headers.authorization, resource: parts['resource'] ?? '', method: endpoint.name });
      call.caller = caller.member;
      const body = parsed(bytes, endpoint.fields);
      call.request = body;
      return endpoint.answer({ parts, query: url.searchParams, body, caller, headers: request.headers });
    });
    send(response, 200, answer ?? {});
  } catch (error) {
    if (error instanceof Cut) return void request.socket.destroy();
    const status = error instanceof Status ? error : new Status('INTERNAL', `The fake failed: ${String((error as Error).stack)}`);
    send(response, status.http, { error: { code: status.http, message: status.message, status: status.code, ...(status.details.length > 0 && { details: status.details }) } });
  }
}

/** Unknown names are refused, as by Google's JSON transcoding. */
function parsed(bytes: Buffer, fields: string[] | undefined): Record<string, never> {
  if (bytes.length === 0) return {};
  let body: Record<string, never>;
  try {
    body = JSON.parse(bytes.toString()) as Record<string, never>;
  } catch (error) {
    throw new Status('INVALID_ARGUMENT', `Invalid JSON payload received. ${(error as Error).message}`);
  }
  for (const key of Object.keys(body)) {
    if (fields && !fields.includes(key)) throw new Status('INVALID_ARGUMENT', `Invalid JSON payload received. Unknown name "${key}": Cannot find field.`);
  }
  return body;
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
