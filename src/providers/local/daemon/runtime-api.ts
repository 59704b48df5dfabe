/**
 * The Lambda Runtime API (2018-06-01) for one worker: docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 * The worker asks for the next call and posts its answer; there is never more than one call at work.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Lambda's own figure for a response, from its error text: "maximum allowed payload size (6291556 bytes)". */
const RESPONSE_BYTES = 6_291_556;

export interface Delivery {
  requestId: string;
  event: Buffer;
  /** Unix milliseconds. */
  deadline: number;
  arn: string;
  trace: string;
}

export interface FunctionFault {
  errorType: string;
  errorMessage: string;
}

export interface RuntimeListener {
  /** The worker waits for a call: its start is over, or its last call is answered. */
  onNext(): void;
  onResponse(requestId: string, payload: Buffer | 'too-large'): void;
  onFault(requestId: string, fault: FunctionFault): void;
  onInitFault(fault: FunctionFault): void;
}

export class RuntimeApi {
  readonly #server: Server;
  #waiting: ServerResponse | null = null;

  private constructor(private readonly listener: RuntimeListener) {
    this.#server = createServer((request, response) => {
      void this.#route(request, response).catch(() => response.destroy());
    });
    // The worker's next call is answered when there is one, be it tomorrow.
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 0;
  }

  static async open(listener: RuntimeListener): Promise<RuntimeApi> {
    const api = new RuntimeApi(listener);
    await new Promise<void>((resolve, reject) => {
      api.#server.once('error', reject);
      api.#server.listen(0, '127.0.0.1', resolve);
    });
    return api;
  }

  /** `127.0.0.1:PORT`, for AWS_LAMBDA_RUNTIME_API. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Only while the worker waits. */
  deliver(call: Delivery): void {
    const response = this.#waiting;
    if (response === null) throw new Error('the worker does not wait for a call');
    this.#waiting = null;
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': call.event.length,
      'lambda-runtime-aws-request-id': call.requestId,
      'lambda-runtime-deadline-ms': String(call.deadline),
      'lambda-runtime-invoked-function-arn': call.arn,
      'lambda-runtime-trace-id': call.trace,
    });
    response.end(call.event);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A page in a browser could reach this port too, but not under this name.
    if (request.headers.host !== this.address || request.headers.origin !== undefined) return reply(response, 403);
    const url = request.url ?? '';
    const call = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/.exec(url);
    if (request.method === 'GET' && url === '/2018-06-01/runtime/invocation/next') return this.#next(response);
    if (request.method !== 'POST') return reply(response, 404);
    if (url === '/2018-06-01/runtime/init/error') {
      this.listener.onInitFault(readFault(await readBody(request)));
    } else if (call?.[2] === 'response') {
      const body = await readBody(request);
      const failed = request.headers['lambda-runtime-function-error-type'];
      if (failed === undefined) this.listener.onResponse(call[1]!, body);
      else this.listener.onFault(call[1]!, { errorType: String(failed), errorMessage: '' });
    } else if (call?.[2] === 'error') {
      this.listener.onFault(call[1]!, readFault(await readBody(request)));
    } else return reply(response, 404);
    // 202 for an answer that is too large as well: a client that gets 413 ends, and the worker with it.
    reply(response, 202);
  }

  #next(response: ServerResponse): void {
    this.#waiting?.destroy();
    this.#waiting = response;
    response.once('close', () => {
      if (this.#waiting === response) this.#waiting = null;
    });
    this.listener.onNext();
  }
}

function reply(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ status: status < 400 ? 'OK' : 'Refused' }));
}

/** Read to its end in any case, kept only up to the limit. */
async function readBody(request: IncomingMessage): Promise<Buffer | 'too-large'> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= RESPONSE_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return size <= RESPONSE_BYTES ? Buffer.concat(chunks) : 'too-large';
}

function readFault(body: Buffer | 'too-large'): FunctionFault {
  try {
    // awslambdaric encodes the fault of a start twice.
    let fault: unknown = JSON.parse(body.toString());
    if (typeof fault === 'string') fault = JSON.parse(fault);
    const { errorType, errorMessage } = fault as Record<string, unknown>;
    return { errorType: String(errorType ?? 'Unknown'), errorMessage: String(errorMessage ?? '') };
  } catch {
    return { errorType: 'Unknown', errorMessage: '' };
  }
}
