/** One thing that AWS refuses and ministack accepts. Its state is its own. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Call } from './calls.ts';
import type { Refusal } from './wire.ts';

/** A call on its way, as it came in. */
export interface Exchange {
  call: Call;
  headers: IncomingHttpHeaders;
  /** Names and values in turn. */
  rawHeaders: string[];
  body: Buffer;
}

export interface Rule {
  /** Before the call is passed on: what AWS would answer in its place, or nothing. It may change the exchange. */
  check(exchange: Exchange): Promise<Refusal | undefined> | Refusal | undefined;
  /** After the cloud's own answer. */
  learn?(exchange: Exchange, answer: { status: number; body: Buffer }): Promise<void> | void;
}
