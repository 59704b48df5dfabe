/** HTTP to this machine. `node:http` and not `fetch`: it starts faster and takes any header. */
import { request as httpRequest } from 'node:http';

export interface HttpReply {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export interface HttpSend {
  port: number;
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array | null;
  signal?: AbortSignal;
}

export function send({ port, method, path, headers, body, signal }: HttpSend): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    // No agent: a kept connection would keep the command alive, or break under it when the daemon ends.
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, signal, agent: false });
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
    if (body && body.length > 0) request.setHeader('content-length', body.length);
    request.end(body ?? undefined);
  });
}
