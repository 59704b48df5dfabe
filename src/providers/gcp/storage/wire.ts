/**
 * Requests to the URI of a resumable upload. The client has no call that sends a range of a file to a session that an earlier
 * process began, tells how far that had come, and can be stopped: its own upload keeps what it sends in memory, starts over when
 * it is given a session that is complete, and knows no signal. The URI stands for the credentials
 * (docs.cloud.google.com/storage/docs/resumable-uploads#session-uris).
 */
import http from 'node:http';
import https from 'node:https';
import { CHUNK, read, type FileRange } from '../../file-range.ts';

export interface Reply {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

export interface Request {
  method: 'PUT' | 'DELETE';
  uri: string;
  headers: Record<string, string>;
  /** Nothing is sent without it. */
  range?: FileRange;
  /** Told of bytes as they leave. */
  sent?: (bytes: number) => void;
  signal: AbortSignal;
}

const BUFFER = 4 * CHUNK;
/** Neither side said anything for so long: the connection is gone. */
const SILENT_MS = 60_000;

/** HTTPS_PROXY and NO_PROXY as the rest of the clients have it; connections are used again by the next piece. */
let agent: Promise<http.Agent> | undefined;

export async function ask({ method, uri, headers, range, sent = () => {}, signal }: Request): Promise<Reply> {
  agent ??= import('proxy-agent').then(({ ProxyAgent }) => new ProxyAgent({ keepAlive: true }));
  const through = await agent;
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(range?.size ?? 0) };
    const { request: send } = uri.startsWith('https:') ? https : http;
    const request = send(uri, { method, agent: through, signal, headers: { ...headers, ...length } });
    let answered = false;
    request.setTimeout(SILENT_MS, () => request.destroy(Object.assign(new Error(`nothing was heard for ${SILENT_MS / 1000} s`), { code: 'ETIMEDOUT' })));
    request.on('error', (error) => reject(error));
    request.on('response', (response) => {
      answered = true;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() });
        // An answer before the last byte is a refusal: the rest stays here, and the connection is of no use to anyone.
        if (!request.writableFinished) request.destroy();
      });
    });
    if (range === undefined) return void request.end();
    write(request, range, sent, () => answered).catch((error: Error) => request.destroy(error));
  });
}

/** Two buffers in turn: one is read into while the other is on its way. One for each piece of the file would be many until they are collected. */
async function write(request: http.ClientRequest, range: FileRange, sent: (bytes: number) => void, over: () => boolean): Promise<void> {
  const closed = new Promise<unknown>((resolve) => request.once('close', resolve));
  // What is written before there is a socket goes to a proxy with two heads.
  await Promise.race([new Promise((resolve) => request.once('socket', resolve)), closed]);
  const buffers = [Buffer.allocUnsafeSlow(BUFFER), Buffer.allocUnsafeSlow(BUFFER)] as const;
  let turn = 0;
  let left: Promise<unknown> = Promise.resolve();
  for await (const chunk of read(range, () => buffers[turn++ % 2 === 0 ? 0 : 1])) {
    await Promise.race([left, closed]);
    if (over() || request.destroyed) return;
    left = new Promise((resolve) => request.write(chunk, resolve));
    sent(chunk.length);
  }
  request.end();
}
