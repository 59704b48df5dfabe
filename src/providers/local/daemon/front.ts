/** One HTTP call through a release: the body in, the event to a worker, its answer out. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toAnswer, toEvent, traceId, type HttpAnswer } from './event.ts';
import type { Pool, Served } from './pool.ts';
import { ProblemError, renderProblem, type Problem } from './problem.ts';
import { WorkerFailure, type FailureKind } from './worker.ts';

/** Lambda's limit for a synchronous call, each way. For the event it holds too, in which a binary body is base64. */
const REQUEST_BYTES = 6 * 1024 * 1024;
const EVENT_BYTES = 6_291_556;
/** How long a refused client may go on sending: it should get to read why. */
const LINGER_MS = 3000;

export interface Route {
  name: string;
  /** `/heart` when the path began with it, else empty. */
  prefix: string;
  /** Path and query below the function's root. */
  target: string;
  pool(): Pool | Promise<Pool>;
}

/** Never rejects: what goes wrong is an answer. */
export async function serve(request: IncomingMessage, response: ServerResponse, route: Route): Promise<void> {
  const requestId = randomUUID();
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  let release: number | null = null;
  try {
    if (Number(request.headers['content-length'] ?? 0) > REQUEST_BYTES) throw tooLarge();
    if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
    const body = await readBody(request);
    const pool = await route.pool();
    release = pool.spec.release;
    const served = await callPool(pool, request, route, { requestId, body }, gone.signal);
    const answer = toAnswer(served.payload);
    send(response, answer, { release, timing: serverTiming(served) });
  } catch (error) {
    if (gone.signal.aborted) return;
    const problem = problemOf(error, route.name);
    const headers: [string, string][] = [['content-type', 'application/problem+json'], ...Object.entries(problem.headers ?? {})];
    const document = renderProblem(problem, { requestId });
    send(response, { status: problem.status, headers, body: document }, { release, timing: null }, request);
  }
}

async function callPool(
  pool: Pool,
  request: IncomingMessage,
  route: Route,
  { requestId, body }: { requestId: string; body: Buffer },
  signal: AbortSignal,
): Promise<Served> {
  const time = new Date();
  const call = {
    method: request.method ?? 'GET',
    target: route.target,
    rawHeaders: request.rawHeaders,
    body,
    protocol: `HTTP/${request.httpVersion}`,
    sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
    port: request.socket.localPort ?? 0,
    prefix: route.prefix,
    function: route.name,
    requestId,
    time,
  };
  const event = Buffer.from(JSON.stringify(toEvent(call)));
  if (event.length > EVENT_BYTES) throw tooLarge();
  const arn = `arn:aws:lambda:local:000000000000:function:${route.name}:${pool.spec.release}`;
  return pool.call((deadline) => ({ requestId, event, deadline, arn, trace: traceId({ requestId, time }) }), signal);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Not `for await`: leaving that loop early would destroy the request before the client has read why.
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= REQUEST_BYTES) chunks.push(chunk);
      else {
        chunks.length = 0;
        reject(tooLarge());
      }
    });
    request.once('end', resolve);
    request.once('error', reject);
    request.once('close', () => reject(new Error('the client has gone')));
  });
  return Buffer.concat(chunks);
}

function send(
  response: ServerResponse,
  answer: HttpAnswer,
  { release, timing }: { release: number | null; timing: string | null },
  refused?: IncomingMessage,
): void {
  if (response.headersSent || response.destroyed) return;
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of answer.headers) {
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  if (release !== null) headers['x-mlfn-release'] = String(release);
  if (timing !== null) headers['server-timing'] = timing;
  const bodiless = answer.status === 204 || answer.status === 304;
  if (!bodiless) headers['content-length'] = String(answer.body.length);
  const unread = refused !== undefined && !refused.complete;
  if (unread) headers['connection'] = 'close';
  response.writeHead(answer.status, headers);
  if (!unread) {
    response.end(bodiless ? undefined : answer.body);
    return;
  }
  // The answer is whole by its length; ending it would reset a connection on which the client still sends.
  response.write(answer.body);
  const timer = setTimeout(() => response.end(), LINGER_MS);
  refused.resume();
  refused.once('close', () => clearTimeout(timer));
  refused.once('end', () => response.end());
}

function serverTiming({ initMs, handlerMs }: Served): string {
  const handler = `handler;dur=${handlerMs.toFixed(2)}`;
  return initMs === null ? handler : `init;dur=${initMs.toFixed(2)}, ${handler}`;
}

const FAILURES: Record<FailureKind, { status: number; title: string }> = {
  'init-error': { status: 502, title: 'The function could not be started' },
  'init-timeout': { status: 504, title: 'The function took too long to start' },
  timeout: { status: 504, title: 'The function took too long' },
  memory: { status: 502, title: 'The function used more memory than it may' },
  crash: { status: 502, title: 'The function ended without an answer' },
  fault: { status: 502, title: 'The function failed' },
  'too-large': { status: 502, title: 'The answer is too large' },
  stopped: { status: 503, title: 'The function was stopped' },
};

function problemOf(error: unknown, name: string): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof WorkerFailure) {
    return { ...FAILURES[error.kind], kind: error.kind, detail: `${error.message} See \`mlfn logs ${name}\`.` };
  }
  return { status: 500, kind: 'internal', title: 'mlfn failed', detail: (error as Error).message };
}

function tooLarge(): ProblemError {
  return new ProblemError({
    status: 413,
    kind: 'request-too-large',
    title: 'The request is too large',
    detail: 'A request may have 6 MB, counted as base64 when it is not text.',
  });
}
