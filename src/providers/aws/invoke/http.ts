/** Signed HTTP to an endpoint of the account. */
import { type Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import { ProxyAgent } from 'proxy-agent';
import type { Call } from '../../../live.ts';
import { type HttpReply, replyTo } from '../../http-reply.ts';
import type { Session } from '../session.ts';

/**
 * Sends, signed for `service` unless that is null, by a connection of its own unless there is an agent. With AWS_ENDPOINT_URL the bytes go there, under the endpoint's own host
 * name.
 */
export async function send(session: Session, url: URL, call: Call, service: 'lambda' | 'execute-api' | null, agent?: Agent): Promise<HttpReply> {
  const body = call.body ?? new Uint8Array();
  const headers = { ...call.headers, host: url.host };
  const signed = service === null ? headers : await sign(session, url, { ...call, headers, body }, service);
  return transmit(session, url, { method: call.method, headers: signed, body, agent: agent ?? new ProxyAgent() });
}

interface Whole {
  method: string;
  headers: Record<string, string>;
  body: Uint8Array;
  agent: Agent;
}

async function sign(session: Session, url: URL, { method, headers, body }: Omit<Whole, 'agent'>, service: string): Promise<Record<string, string>> {
  const { region, credentials } = session;
  const signer = new SignatureV4({ service, region, credentials, sha256: Hash.bind(null, 'sha256') as never });
  const { protocol, hostname, pathname: path } = url;
  const signed = await signer.sign({ method, protocol, hostname, path, query: queryOf(url), headers, body });
  return signed.headers;
}

function transmit(session: Session, url: URL, call: Whole): Promise<HttpReply> {
  const custom = session.ctx.env['AWS_ENDPOINT_URL'];
  const to = custom === undefined ? url : new URL(custom);
  const ask = to.protocol === 'http:' ? httpRequest : httpsRequest;
  const request = ask({
    protocol: to.protocol,
    hostname: to.hostname,
    port: to.port,
    path: url.pathname + url.search,
    method: call.method,
    headers: call.headers,
    signal: session.ctx.signal,
    agent: call.agent,
  });
  return replyTo(request, call.body);
}

function queryOf(url: URL): Record<string, string[]> {
  const query: Record<string, string[]> = {};
  for (const [name, value] of url.searchParams) (query[name] ??= []).push(value);
  return query;
}
