/** What a request is authorized with: distribution.github.io/distribution/spec/auth/token */
import * as z from 'zod';
import { json } from '../base/layout.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { type Reply, textOf, type Transport } from './transport.ts';

type Bearer = Extract<Challenge, { scheme: 'bearer' }>;

const tokenSchema = z.looseObject({ token: z.string(), access_token: z.string(), expires_in: z.number() }).partial();
/** Where it is not said. */
const SECONDS = 60;

export interface Token {
  value: string;
  /** By `performance.now()`. */
  ends: number;
}

export function basic({ user, password }: { user: string; password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** @returns the refusal where there is no token. Rejects as Node does. */
export async function fetchToken(transport: Transport, { realm, service }: Bearer, scopes: readonly string[], credentials: Credentials | null): Promise<Token | Reply> {
  const asked = new URLSearchParams(service === null ? {} : { service });
  const refreshed = credentials !== null && 'identityToken' in credentials;
  if (refreshed) asked.append('scope', scopes.join(' '));
  else for (const scope of scopes) asked.append('scope', scope);
  const reply = refreshed ? await refresh(transport, realm, asked, credentials.identityToken) : await get(transport, realm, asked, credentials);
  if (reply.status !== 200) return reply;
  const read = tokenSchema.safeParse(json((await textOf(reply)).toString()));
  const value = read.data?.token ?? read.data?.access_token;
  if (value === undefined) throw new Error(`${realm} answered with no token`);
  // Used until a fifth of its time is left: a clock and a slow request are allowed for.
  return { value, ends: performance.now() + Math.max(read.data?.expires_in ?? SECONDS, 1) * 800 };
}

function get(transport: Transport, realm: string, asked: URLSearchParams, credentials: { user: string; password: string } | null): Promise<Reply> {
  const url = new URL(realm);
  for (const [name, value] of asked) url.searchParams.append(name, value);
  return transport.send({ method: 'GET', url, headers: credentials === null ? {} : { authorization: basic(credentials) } });
}

function refresh(transport: Transport, realm: string, asked: URLSearchParams, identityToken: string): Promise<Reply> {
  const form = new URLSearchParams([['grant_type', 'refresh_token'], ['client_id', 'mlfn'], ['refresh_token', identityToken], ...asked]);
  const bytes = Buffer.from(form.toString());
  return transport.send({
    method: 'POST',
    url: new URL(realm),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: { size: bytes.length, pieces: (async function* () { yield bytes; })() },
  });
}
