/** One HTTP call to an endpoint, through the proxy that the variables name. */
import { type Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Call } from '../../../live.ts';
import { type HttpReply, replyTo } from '../../http-reply.ts';
import type { Session } from '../session.ts';

/**
 * @param own header fields beside those of the call
 * @param agent keeps connections; without one the call has its own
 */
export async function send({ ctx }: Session, url: URL, call: Call, own: Record<string, string>, agent?: Agent): Promise<HttpReply> {
  const ask = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const body = call.body ?? new Uint8Array();
  const headers = { ...call.headers, ...own };
  const through = agent ?? new (await import('proxy-agent')).ProxyAgent();
  return replyTo(ask(url, { method: call.method, headers, signal: ctx.signal, agent: through }), body);
}
