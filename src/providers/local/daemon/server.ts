/** The one port: the front door of every function, and the control API. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createListener, type AddressInfo, type Server as Listener } from 'node:net';
import { CONTROL, control, type Control } from './control.ts';
import { serve } from './front.ts';
import { renderProblem } from './problem.ts';

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

  constructor(given: () => Control) {
    this.#http = createServer(
      { headersTimeout: 15_000, requestTimeout: 60_000, keepAliveTimeout: KEEP_ALIVE_MS, connectionsCheckingInterval: 5000 },
      (request, response) => this.#route(request, response, given()),
    );
    this.#http.on('checkContinue', (request, response) => this.#route(request, response, given()));
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
    // A connection that breaks is the client's affair.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
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
  const body = renderProblem({
    status: 404,
    kind: 'no-such-function',
    title: 'No function is named here',
    detail: 'A function is at /NAME/; `mlfn status` lists them.',
  });
  response.writeHead(404, { 'content-type': 'application/problem+json', 'content-length': body.length });
  response.end(body);
}
