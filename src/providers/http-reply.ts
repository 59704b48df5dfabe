/** The answer to an HTTP request, whole. */
import type { ClientRequest } from 'node:http';

export interface HttpReply {
  status: number;
  /** A field that came several times is one, with commas between. */
  headers: Record<string, string>;
  body: Buffer;
}

/** Sends the request with its body, and resolves when the last byte of the answer is there. */
export function replyTo(request: ClientRequest, body: Uint8Array): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
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
    if (body.length > 0) request.setHeader('content-length', body.length);
    request.end(body);
  });
}
