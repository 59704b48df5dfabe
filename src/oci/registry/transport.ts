/** One HTTP request to a registry or to what it sends us to, through the proxy that the variables name. */
import dns from 'node:dns';
import { setMaxListeners } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ProxyAgent } from 'proxy-agent';

export interface Body {
  size: number;
  pieces: AsyncIterable<Uint8Array>;
  /** Told of bytes as they leave. */
  sent?: (bytes: number) => void;
  /** Milliseconds that a refusal of the head alone has, before the first byte: one that comes later may be lost with the connection. */
  heardFor?: number;
}

export interface Request {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
  url: URL;
  headers?: Record<string, string>;
  body?: Body;
}

export interface Reply {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** To be read or destroyed. */
  stream: http.IncomingMessage;
  url: URL;
}

/** Neither side said anything for so long: the connection is gone. */
const SILENT_MS = 60_000;
const REDIRECTS = 5;

export class Transport {
  readonly #agents: Record<'http:' | 'https:', ProxyAgent>;
  readonly #signal: AbortSignal;

  /** HTTPS_PROXY and NO_PROXY as everywhere; certificates of Node's store and NODE_EXTRA_CA_CERTS, or any where `insecure`. */
  constructor(signal: AbortSignal, insecure: boolean) {
    this.#signal = signal;
    setMaxListeners(0, signal); // one for each request, however many run at once
    // What a proxy of plain HTTP is asked on a connection that was used before has no host in its first line (http-proxy-agent 8).
    this.#agents = { 'http:': new ProxyAgent(), 'https:': new ProxyAgent({ keepAlive: true, rejectUnauthorized: !insecure }) };
  }

  /** Follows redirections of what has no body; whoever we are sent to is told no password. Rejects as Node does. */
  async send(request: Request): Promise<Reply> {
    let { url, headers = {} } = request;
    for (let redirects = 0; ; redirects++) {
      const reply = await this.#once({ ...request, url, headers });
      const { location } = reply.headers;
      const redirected = [301, 302, 303, 307, 308].includes(reply.status) && location !== undefined && request.body === undefined;
      if (!redirected || redirects === REDIRECTS) return reply;
      reply.stream.resume();
      const next = new URL(location, url);
      if (next.origin !== url.origin) {
        const { authorization: _, ...rest } = headers;
        headers = rest;
      }
      url = next;
    }
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  #once({ method, url, headers, body }: Request): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const secure = url.protocol === 'https:';
      const { request: ask } = secure ? https : http;
      const agent = this.#agents[secure ? 'https:' : 'http:'];
      // Without a length an empty POST is refused by some.
      const length = body === undefined && (method === 'GET' || method === 'HEAD') ? {} : { 'content-length': String(body?.size ?? 0) };
      const request = ask(url, { method, agent, lookup, signal: this.#signal, headers: { 'user-agent': 'mlfn', ...headers, ...length } });
      let answered = false;
      request.setTimeout(SILENT_MS, () => request.destroy(Object.assign(new Error(`nothing was heard for ${SILENT_MS / 1000} s`), { code: 'ETIMEDOUT' })));
      request.on('error', reject);
      request.on('response', (stream) => {
        answered = true;
        resolve({ status: stream.statusCode ?? 0, headers: stream.headers, stream, url });
        // An answer before the last byte is a refusal: the rest stays here, and the connection is of no use to anyone.
        stream.on('end', () => void (request.writableFinished || request.destroy()));
      });
      if (body === undefined) return void request.end();
      write(request, body, () => answered).catch((error: Error) => {
        reject(error);
        request.destroy(error);
      });
    });
  }
}

/** RFC 6761 6.3: what ends with `.localhost` is this machine, whether or not the system's resolver knows it. */
const lookup: LookupFunction = (name, options, done) => dns.lookup(/\.localhost$/i.test(name) ? 'localhost' : name, options, done);

async function write(request: http.ClientRequest, { pieces, sent, heardFor = 0 }: Body, over: () => boolean): Promise<void> {
  const closed = new Promise<unknown>((resolve) => request.once('close', resolve));
  // What is written before there is a socket goes to a proxy with two heads.
  await Promise.race([new Promise((resolve) => request.once('socket', resolve)), closed]);
  if (heardFor > 0) {
    request.flushHeaders();
    await Promise.race([new Promise((resolve) => request.once('response', resolve)), closed, pause(heardFor)]);
  }
  for await (const piece of pieces) {
    if (over() || request.destroyed) return;
    await Promise.race([new Promise((resolve) => request.write(piece, resolve)), closed]);
    sent?.(piece.length);
  }
  request.end();
}

/** A small answer, whole. Larger ones are cut: nobody's document is so large. */
export async function textOf({ stream }: Reply, atMost = 4 << 20): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > atMost) throw new Error(`an answer of more than ${atMost} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
