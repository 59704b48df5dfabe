/** The one port: the front door of every function, and the control API. */
import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createListener, type AddressInfo, type Server as Listener, type Socket } from 'node:net';
import { CONTROL, control, type Control } from './control.ts';
import { serve } from './front.ts';
import { renderProblem, type Problem } from './problem.ts';

/**
 * Longer than clients keep an idle connection, so that none is closed under a request that is just being sent. A drain
 * waits as long.
 */
export const KEEP_ALIVE_MS = 65_000;

/**
 * HTTP over a listener of its own: the listener can be given to a successor, and closed, while the connections that
 * were made through it stay open until their clients have their answers.
 */
export class FrontDoor {
  readonly #http: Server;
  #listener: Listener | null = null;
  #closing = false;
  #open = 0;
  /** The response at work on a connection: one whose head is out must not be followed by another. */
  readonly #answering = new WeakMap<object, ServerResponse>();

  constructor(given: () => Control) {
    this.#http = createServer(
      {
        headersTimeout: 15_000,
        requestTimeout: 60_000,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: 5000,
        requireHostHeader: false, // refused below, in words
      },
      (request, response) => this.#route(request, response, given()),
    );
    this.#http.on('checkContinue', (request, response) => this.#route(request, response, given()));
    this.#http.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      if (this.#answering.get(socket)?.headersSent === true || error.code === 'HPE_CLOSED_CONNECTION') socket.end();
      else refuse(error, socket);
    });
    // Starts the checks of the time limits above, which wait for a listener of the server's own.
    this.#http.emit('listening');
  }

  /** Rejects with EADDRINUSE or EACCES. */
  async listen(port: number): Promise<void> {
    const listener = createListener();
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      // `exclusive` keeps Windows from sharing the port with a process that listens already.
      listener.listen({ host: '127.0.0.1', port, exclusive: true }, resolve);
    });
    this.adopt(listener);
  }

  adopt(listener: Listener): void {
    this.#listener = listener;
    listener.on('connection', (socket) => {
      this.#open += 1;
      socket.once('close', () => (this.#open -= 1));
      this.#http.emit('connection', socket);
    });
  }

  get listener(): Listener {
    if (this.#listener === null) throw new Error('the front door is not open');
    return this.#listener;
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** Takes no new connection. On those that are open the next answer is the last. */
  close(): void {
    this.#closing = true;
    this.#listener?.close();
  }

  get connections(): number {
    return this.#open;
  }

  #route(request: IncomingMessage, response: ServerResponse, given: Control): void {
    if (this.#closing) response.setHeader('connection', 'close');
    const { socket } = request;
    this.#answering.set(socket, response);
    response.once('close', () => this.#answering.delete(socket));
    // A connection that breaks is the client's affair.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    // RFC 9112, 3.2.
    if (request.httpVersion === '1.1' && request.headers.host === undefined) return answer(response, badRequest('It names no host.'));
    const target = originForm(request.url ?? '/');
    const name = /^([a-z0-9][a-z0-9_-]*)\.localhost(:\d+)?$/i.exec(request.headers.host ?? '')?.[1]?.toLowerCase();
    if (name !== undefined) {
      return void serve(request, response, { name, prefix: '', target, pool: () => given.fleet.live(name) });
    }
    if (target.startsWith(CONTROL)) return void control(request, response, given);
    this.#byPath(request, response, target, given);
  }

  #byPath(request: IncomingMessage, response: ServerResponse, target: string, given: Control): void {
    const [, name, rest] = /^\/([^/?]*)(.*)$/s.exec(target) ?? [];
    if (name === undefined || name === '') return notFound(response);
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (reads && !rest!.startsWith('/')) {
      // Else the page's own relative links would point beside the function.
      response.writeHead(308, { location: `/${name}/${rest}`, 'content-length': 0 });
      response.end();
      return;
    }
    const below = rest!.startsWith('/') ? rest! : `/${rest}`;
    void serve(request, response, { name, prefix: `/${name}`, target: below, pool: () => given.fleet.live(name) });
  }
}

/** A proxy sends the whole URL. */
function originForm(url: string): string {
  return url.replace(/^https?:\/\/[^/?]*/i, '') || '/';
}

function notFound(response: ServerResponse): void {
  answer(response, {
    status: 404,
    kind: 'no-such-function',
    title: 'No function is named here',
    detail: 'A function is at /NAME/; `mlfn status` lists them.',
  });
}

function answer(response: ServerResponse, problem: Problem): void {
  const body = renderProblem(problem);
  response.writeHead(problem.status, { 'content-type': 'application/problem+json', 'content-length': body.length });
  response.end(body);
}

/** What came in is not HTTP: there is a connection to answer on, and no request. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const problem = CLIENT_ERRORS[error.code ?? ''] ?? badRequest('It is not a request of HTTP/1.1.');
  const body = renderProblem(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'content-type: application/problem+json',
    `content-length: ${body.length}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body.toString()}`);
}

/** By the codes of Node's parser. */
const CLIENT_ERRORS: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: { status: 431, kind: 'headers-too-large', title: 'The headers are too large', detail: 'They may have 16 KB.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, kind: 'request-too-large', title: 'The request is too large', detail: 'Its chunks carry too much besides data.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, kind: 'request-timeout', title: 'The request did not come in time', detail: 'Headers may take 15 s, the whole request 60 s.' },
};

function badRequest(detail: string): Problem {
  return { status: 400, kind: 'bad-request', title: 'The request cannot be read', detail };
}
