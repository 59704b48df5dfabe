/** HTTP to this machine. `node:http` and not `fetch`: it starts faster and takes any header. */
import { type Agent, request as httpRequest } from 'node:http';
import { type HttpReply, replyTo } from '../http-reply.ts';

export interface HttpSend {
  port: number;
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array | null;
  signal?: AbortSignal;
  /** Keeps connections; without one each request has its own. */
  agent?: Agent;
}

export function send({ port, method, path, headers, body, signal, agent }: HttpSend): Promise<HttpReply> {
  // A kept connection would keep the command alive, or break under it when the daemon ends.
  const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, signal, agent: agent ?? false });
  return replyTo(request, body ?? new Uint8Array());
}
