/**
 * Passwords of package indexes: from where the user wrote them to uv, and nowhere else. What is printed, kept in the
 * cache or packed holds addresses without them.
 */
import type { Context } from '../events.ts';
import type { Env } from './uv-env.ts';

const USER_INFO = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#@'"`]+@/gi;

/** For messages: `https://****@host/simple`. */
export function redact(text: string): string {
  return text.replace(USER_INFO, '$1****@');
}

/** For what is kept: `https://host/simple`. */
export function withoutCredentials(text: string): string {
  return text.replace(USER_INFO, '$1');
}

/** Where the wheels of a resolution come from, as the project beside the model says. */
interface Sources {
  /** `--index-url ...` lines. */
  options: string[];
  /** Requirements; some are the address of a wheel. */
  roots: string[];
  /** A uv.toml. */
  uvConfig: string;
}

const known = new WeakMap<Context, Sources>();

/** A lock has no room for passwords, so what lays it down is told of them here, by the one that resolved it. */
export function rememberSources(ctx: Context, { options, roots, uvConfig }: Sources): void {
  known.set(ctx, { options, roots, uvConfig });
}

/** A uv.toml and variables with which uv may fetch what was resolved in this context. The first may hold passwords. */
export function reachingSources(ctx: Context, env: Env): { uvConfig: string; env: Env } {
  const sources = known.get(ctx);
  if (sources === undefined) return { uvConfig: '', env };
  const addresses = [...sources.options, ...sources.roots].flatMap((line) => [...line.matchAll(/\bhttps?:\/\/[^\s'"]+/g)]);
  const secret = addresses.map(([address]) => address).filter((address) => withoutCredentials(address) !== address);
  // Every wheel's address is in the lock: an index is only named for its password, which holds for its whole host.
  const indexes = [...secret.map((address) => new URL('/', address).href), env['UV_INDEX']].filter(Boolean);
  return { uvConfig: sources.uvConfig, env: indexes.length === 0 ? env : { ...env, UV_INDEX: indexes.join(' ') } };
}

/** `user:password` of the address that is of the same host in what uv is told of indexes; null where none has one. */
export function loginFor(ctx: Context, env: Readonly<Env>, { host }: URL): string | null {
  const { options = [], roots = [], uvConfig = '' } = known.get(ctx) ?? {};
  const told = [...options, ...roots, uvConfig, ...['UV_DEFAULT_INDEX', 'UV_INDEX', 'UV_EXTRA_INDEX_URL', 'UV_INDEX_URL', 'UV_FIND_LINKS'].map((name) => env[name] ?? '')];
  const addresses = told.flatMap((text) => [...text.matchAll(/\bhttps?:\/\/[^\s'",]+/g)]).filter(([address]) => URL.canParse(address));
  const found = addresses.map(([address]) => new URL(address)).find((address) => address.host === host && address.username !== '');
  return found === undefined ? null : `${decodeURIComponent(found.username)}:${decodeURIComponent(found.password)}`;
}
