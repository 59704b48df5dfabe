/** One thing that AWS does and ministack does not. Its state is its own. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Call } from './calls.ts';
import type { Refusal } from './wire.ts';

/** A call on its way, as it came in. */
export interface Exchange {
  call: Call;
  /** Path and query that are passed on; the call's own until a rule changes them. */
  url: string;
  headers: IncomingHttpHeaders;
  /** Names and values in turn. */
  rawHeaders: string[];
  body: Buffer;
}

export interface Upstream {
  status: number;
  /** Names and values in turn, as received. */
  headers: string[];
  body: Buffer;
}

export interface Rule {
  /** Before the call is passed on: what AWS would answer in its place, or nothing. It may change the exchange. */
  check(exchange: Exchange): Promise<Refusal | undefined> | Refusal | undefined;
  /** After the cloud's own answer, which it may change. */
  learn?(exchange: Exchange, answer: Upstream): Promise<void> | void;
}

/** The body of a JSON call. */
export function json(exchange: Exchange): Record<string, unknown> {
  return JSON.parse(exchange.body.toString() || '{}') as Record<string, unknown>;
}

/** A function's name and qualifier from what a path names: `f`, `f:live`, or an ARN of either. */
export function functionOf(call: Call): { name: string; qualifier: string | undefined } {
  const given = call.names['FunctionName'] ?? '';
  const parts = given.split(':');
  const [name = '', qualifier] = given.startsWith('arn:') ? parts.slice(6) : parts;
  return { name, qualifier: qualifier ?? call.names['Qualifier'] };
}

/** Another body for the call that is passed on. */
export function rewriteCall(exchange: Exchange, body: object): void {
  exchange.body = Buffer.from(JSON.stringify(body));
  const at = exchange.rawHeaders.findIndex((field, index) => index % 2 === 0 && field.toLowerCase() === 'content-length');
  exchange.rawHeaders = exchange.rawHeaders.with(at + 1, String(exchange.body.length));
}

/** Answers of these operations with another body, once `from` was done: a state that does not pass. */
export function changed(operations: RegExp, from: string, change: (body: Record<string, unknown>) => object): Rule {
  let begun = false;
  return {
    check: () => undefined,
    learn: ({ call }, answer) => {
      begun ||= call.name === from && answer.status < 300;
      if (begun && answer.status < 300 && operations.test(call.name)) rewrite(answer, change);
    },
  };
}

export function rewrite(answer: Upstream, change: (body: Record<string, unknown>) => object): void {
  answer.body = Buffer.from(JSON.stringify(change(JSON.parse(answer.body.toString()))));
  const at = answer.headers.findIndex((field, index) => index % 2 === 0 && field.toLowerCase() === 'content-length');
  if (at >= 0) answer.headers[at + 1] = String(answer.body.length);
}
