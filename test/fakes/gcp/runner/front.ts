/** The HTTP port of a service or of one of its tags: checks who asks, chooses a revision, and passes the request on. */
import { randomBytes } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cut, Gate } from '../transport/gate.ts';
import { claimsOf } from '../identity/tokens.ts';

/** Bytes. Source: https://cloud.google.com/run/quotas#cloud_run_limits (HTTP/1) */
const REQUEST_LIMIT = 32 * 1024 * 1024;

export interface Route {
  revision: string;
  /** Milliseconds. */
  timeout: number;
  port(): Promise<number>;
  /** The request was answered. */
  done(): void;
}

export interface Served {
  name: string;
  /** What the audience of an ID token may be. */
  audiences(): string[];
  /** True when the member may call; '' is nobody in particular. */
  invokable(member: string): boolean;
  /** Null: nothing is there to answer. */
  route(): Route | null;
  requestLog(entry: { method: string; url: string; status: number; latency: number; revision: string; agent: string; trace: string }): void;
}

export interface Front {
  url: string;
  stop(): Promise<void>;
}

export async function startFront(served: Served, gate: Gate): Promise<Front> {
  const server = http.createServer((request, response) => {
    void serve(request, response, served, gate).catch(() => request.socket.destroy());
  });
  server.requestTimeout = 0;
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

async function serve(request: IncomingMessage, response: ServerResponse, served: Served, gate: Gate): Promise<void> {
  const started = Date.now();
  const url = request.url as string;
  const call = gate.open({ name: `url:${request.method}`, caller: '', resource: served.name, request: url, bytes: Number(request.headers['content-length'] ?? 0) });
  await gate
    .pass(call, async () => {
      const refusal = admission(request, served, (member) => (call.caller = member));
      if (refusal) return refuse(response, ...refusal);
      if (Number(request.headers['content-length'] ?? 0) > REQUEST_LIMIT) return refuse(response, 413, 'Request Entity Too Large');
      const route = served.route();
      if (!route) return refuse(response, 404, 'Page not found');
      const trace = traceOf(request);
      await relay(request, response, route, trace).finally(() => route.done());
      served.requestLog({ method: request.method as string, url, status: response.statusCode, latency: Date.now() - started, revision: route.revision, agent: request.headers['user-agent'] ?? '', trace });
    })
    .catch((error: Error | Cut) => {
      if (response.headersSent || !('http' in error)) return void request.socket.destroy();
      refuse(response, error.http as number, error.message);
    });
}

/** The audience of every ID token of a person who signed in with gcloud; Cloud Run takes it. Source: github.com/GoogleCloudPlatform/cloud-run-proxy */
const GCLOUD = '32555940559.apps.googleusercontent.com';

function isAccount(email: string): boolean {
  return email.endsWith('.gserviceaccount.com');
}

/**
 * Cloud Run answers 403 where no credentials are sent, and 401 to those that it cannot verify. Sources:
 * https://cloud.google.com/run/docs/troubleshooting#401 and https://cloud.google.com/run/docs/authenticating/service-to-service
 */
function admission(request: IncomingMessage, served: Served, known: (member: string) => void): [number, string, string?] | null {
  const own = request.headers['x-serverless-authorization'];
  const token = /^Bearer (\S+)$/i.exec(String(own ?? request.headers.authorization ?? ''))?.[1];
  const open = served.invokable('');
  if (token === undefined) return open ? null : [403, 'Forbidden: your client does not have permission to get this URL from this server.'];
  const claims = claimsOf(token);
  const right = claims !== null && (served.audiences().includes(claims.aud.replace(/\/$/, '')) || (claims.aud === GCLOUD && !isAccount(claims.email)));
  if (open) return null;
  if (!right) return [401, 'Unauthorized: your client does not have permission to the requested URL.', 'Bearer error="invalid_token" error_description="The access token could not be verified"'];
  const member = `${isAccount(claims.email) ? 'serviceAccount' : 'user'}:${claims.email}`;
  known(member);
  if (served.invokable(member)) return null;
  return [403, 'Forbidden: your client does not have permission to get this URL from this server.', 'Bearer error="insufficient_scope" error_description="The access token does not have the required permission"'];
}

function refuse(response: ServerResponse, status: number, text: string, challenge?: string): void {
  const body = `<html><head><title>${status}</title></head><body><h1>Error: ${text}</h1></body></html>\n`;
  response.writeHead(status, { 'content-type': 'text/html; charset=UTF-8', 'content-length': Buffer.byteLength(body), ...(challenge && { 'www-authenticate': challenge }) });
  response.end(body);
}

async function relay(request: IncomingMessage, response: ServerResponse, route: Route, trace: string): Promise<void> {
  let port: number;
  try {
    port = await route.port();
  } catch {
    return refuse(response, 503, 'Service Unavailable: the container failed to start.');
  }
  await new Promise<void>((resolve) => {
    // A connection of its own: one that is kept may be closed by the other side at the moment it is used.
    const upstream = http.request({ agent: false, host: '127.0.0.1', port, method: request.method, path: request.url, headers: forwarded(request, trace) });
    const give = (status: number, text: string) => {
      clearTimeout(timer);
      upstream.removeAllListeners('error').on('error', () => {});
      if (response.headersSent) response.destroy();
      else refuse(response, status, text);
      upstream.destroy();
    };
    const timer = setTimeout(() => give(504, 'upstream request timeout'), route.timeout);
    let sent = 0;
    request.on('data', (chunk: Buffer) => {
      sent += chunk.length;
      if (sent > REQUEST_LIMIT) give(413, 'Request Entity Too Large');
    });
    upstream.on('response', (answer) => {
      clearTimeout(timer);
      response.writeHead(answer.statusCode as number, answer.rawHeaders.length > 0 ? pairs(answer.rawHeaders) : {});
      answer.pipe(response);
    });
    upstream.on('error', () => give(503, 'Service Unavailable: the container instance could not be reached.'));
    request.on('aborted', () => upstream.destroy());
    response.on('close', resolve);
    request.pipe(upstream);
  });
}

/** The caller's, or a new one. Source: https://cloud.google.com/run/docs/trace#context-propagation */
function traceOf({ headers }: IncomingMessage): string {
  const given = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(String(headers['traceparent'] ?? ''))?.[1] ?? /^([0-9a-f]{32})/.exec(String(headers['x-cloud-trace-context'] ?? ''))?.[1];
  return given ?? randomBytes(16).toString('hex');
}

const HOPS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'x-serverless-authorization']);

/** The signature of a token does not reach the container. Source: https://cloud.google.com/run/docs/tutorials/identity-platform */
function forwarded(request: IncomingMessage, trace: string): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers)) if (!HOPS.has(name) && value !== undefined) headers[name] = value;
  const { authorization } = headers;
  if (typeof authorization === 'string') headers['authorization'] = authorization.replace(/^(Bearer [^.]+\.[^.]+\.).*$/i, '$1SIGNATURE_REMOVED_BY_GOOGLE');
  return { ...headers, 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https', forwarded: 'for="127.0.0.1";proto=https', 'x-cloud-trace-context': `${trace}/1;o=0`, ...(request.headers['transfer-encoding'] && { 'transfer-encoding': 'chunked' }) };
}

function pairs(raw: string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) if (!HOPS.has((raw[index] as string).toLowerCase())) kept.push(raw[index] as string, raw[index + 1] as string);
  return kept;
}
