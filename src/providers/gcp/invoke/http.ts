/** One HTTP call to an endpoint, through the proxy that the variables name. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { ProxyAgent } from 'proxy-agent';
import type { Call } from '../../../types.ts';
import type { Session } from '../session.ts';

export interface HttpReply {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** @param own header fields beside those of the call */
export function send({ ctx }: Session, url: URL, call: Call, own: Record<string, string>): Promise<HttpReply> {
  const ask = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const body = call.body ?? new Uint8Array();
  const length = body.length > 0 ? { 'content-length': String(body.length) } : {};
  const headers = { ...call.headers, ...length, ...own };
  return new Promise((resolve, reject) => {
    const request = ask(url, { method: call.method, headers, signal: ctx.signal, agent: new ProxyAgent() });
    request.once('error', reject);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const flat = Object.entries(response.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]);
        resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(flat), body: Buffer.concat(chunks) });
      });
    });
    request.end(body);
  });
}
