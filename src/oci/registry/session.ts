/** A registry that we talk to: over which scheme, as whom, and again when it only stumbled. */
import { setTimeout as pause } from 'node:timers/promises';
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import { type Challenge, parseChallenge } from './challenge.ts';
import { type Credentials, credentialsFor } from './credentials.ts';
import { basic, fetchToken, type Token } from './login.ts';
import { isPassing, passes, refused, speaksPlain, unreachable } from './refusals.ts';
import { type Reply, type Request, Transport } from './transport.ts';

/** Docker Hub is another host than its name. */
const HOSTS: Record<string, string> = { 'docker.io': 'registry-1.docker.io' };
const LOOPBACK = /^(([\w-]+\.)*localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/;
const TRIES = 5;
const LONGEST_PAUSE_MS = 5000;

/** Nobody listens: rarely for a moment only. */
function triesFor(error: unknown, tries: number): number {
  return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? Math.min(tries, 3) : tries;
}

export interface Ask extends Omit<Request, 'url' | 'body'> {
  /** Absolute, or below the registry: `/v2/...`. */
  url: string;
  /** Made anew for every try. */
  body?: () => NonNullable<Request['body']>;
  /** `repository:team/heart:pull` */
  scopes: readonly string[];
  /** For people. */
  doing: string;
  /** 1: it is for the caller to go on after a break. */
  tries?: number;
}

/** As who docker's files say, where no login is given. */
export class Session {
  readonly #ctx: Context;
  readonly #transport: Transport;
  readonly #tokens = new Map<string, Token>();
  #root: URL | null = null;
  #challenge: Challenge | null = null;
  #credentials: Promise<Credentials | null> | null = null;
  readonly #login: Credentials | (() => Promise<Credentials | null>);

  constructor(
    ctx: Context,
    readonly registry: string,
    readonly insecure: boolean,
    login?: Credentials | (() => Promise<Credentials | null>),
  ) {
    this.#ctx = ctx;
    this.#login = login ?? (async () => null);
    this.#transport = new Transport(ctx.signal, insecure);
  }

  close(): void {
    this.#transport.close();
  }

  /** The answer, whatever it says, but for 401 and what passes. @throws OCI_DENIED | OCI_UNREACHABLE | OCI_TLS | INTERRUPTED */
  async ask(ask: Ask): Promise<Reply> {
    const { tries = TRIES, doing } = ask;
    for (let attempt = 1; ; attempt++) {
      try {
        const reply = await this.#authorized(ask);
        if (!isPassing(reply.status) || attempt >= tries) return reply;
        const after = Number(reply.headers['retry-after']) * 1000 || 0;
        reply.stream.destroy();
        await this.#rest(attempt, after);
      } catch (error) {
        if (this.#ctx.signal.aborted) throw new MlfnError('INTERRUPTED', `Stopped while ${doing}.`);
        if (!passes(error) || attempt >= triesFor(error, tries)) throw unreachable(this.registry, doing, error);
        await this.#rest(attempt, 0);
      }
    }
  }

  /** Between two tries of the same. */
  async #rest(attempt: number, atLeast: number): Promise<void> {
    const wait = Math.max(Math.min(250 * 2 ** attempt, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2), Math.min(atLeast, 60_000));
    await pause(wait, undefined, { signal: this.#ctx.signal }).catch(() => undefined);
    if (this.#ctx.signal.aborted) throw new MlfnError('INTERRUPTED', `Stopped while waiting for ${this.registry}.`);
  }

  async #authorized(ask: Ask): Promise<Reply> {
    const root = (this.#root ??= await this.#greet());
    const url = new URL(ask.url, root);
    const send = async () => {
      // Where an upload goes on may be another host, whose address is its password.
      const authorization = url.origin === root.origin ? await this.#authorization(ask.scopes) : null;
      const headers = { ...ask.headers, ...(authorization === null ? {} : { authorization }) };
      const body = ask.body?.();
      return this.#transport.send({ method: ask.method, url, headers, ...(body === undefined ? {} : { body }) });
    };
    const reply = await send();
    if (reply.status !== 401) return reply;
    const challenge = parseChallenge(reply.headers['www-authenticate']);
    if (challenge === null) return reply;
    reply.stream.resume();
    this.#challenge = challenge;
    this.#tokens.clear();
    return send();
  }

  /** Finds out the scheme, and what the registry wants to know. */
  async #greet(): Promise<URL> {
    const host = HOSTS[this.registry] ?? this.registry;
    const local = LOOPBACK.test(host);
    const schemes = this.insecure || local ? ['https', 'http'] : ['https'];
    for (const scheme of schemes) {
      const root = new URL(`${scheme}://${host}/`);
      try {
        const reply = await this.#transport.send({ method: 'GET', url: new URL('/v2/', root) });
        reply.stream.resume();
        if (reply.status === 401) this.#challenge = parseChallenge(reply.headers['www-authenticate']);
        return root;
      } catch (error) {
        const plain = speaksPlain(error) || (this.insecure && (error as NodeJS.ErrnoException).code === 'ECONNREFUSED');
        if (scheme === schemes.at(-1) || !plain) throw error;
      }
    }
    throw new Error('no scheme was tried');
  }

  async #who(): Promise<Credentials | null> {
    if (typeof this.#login !== 'function') return this.#login;
    return (await credentialsFor(this.#ctx, this.registry)) ?? this.#login();
  }

  async #authorization(scopes: readonly string[]): Promise<string | null> {
    const challenge = this.#challenge;
    if (challenge === null) return null;
    const credentials = await (this.#credentials ??= this.#who());
    if (challenge.scheme === 'basic') return credentials === null || !('user' in credentials) ? null : basic(credentials);
    const key = scopes.join(' ');
    const known = this.#tokens.get(key);
    if (known !== undefined && known.ends > performance.now()) return `Bearer ${known.value}`;
    const token = await fetchToken(this.#transport, challenge, scopes, credentials);
    if ('status' in token) throw await refused(this.registry, 'asking for a token', token);
    this.#tokens.set(key, token);
    return `Bearer ${token.value}`;
  }
}
