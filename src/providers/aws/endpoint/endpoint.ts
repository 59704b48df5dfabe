/** The one door of a function: its Function URL, or the HTTP API in front of it. */
import { MlfnError } from '../../../errors.ts';
import { readPolicy } from './alias-policy.ts';
import type { HttpApiState } from './http-api-state.ts';
import { PERMISSION } from './http-api-state.ts';
import type { Session } from '../session.ts';
import { observeUrl } from './url.ts';
import type { UrlState } from './url-state.ts';

export interface Endpoint {
  url: string;
  /** Unsigned calls are let in. */
  open: boolean;
  /** What a call is signed for. */
  service: 'lambda' | 'execute-api';
}

export interface Doors {
  url: UrlState | null;
  api: HttpApiState | null;
}

/**
 * Both, should a deploy have been stopped between opening one and closing the other. API Gateway is asked only where the
 * configuration or the alias's policy names an API, or where `thoroughly` everything is to be found.
 */
export async function observeDoors(session: Session, name: string, thoroughly = false): Promise<Doors> {
  const policy = readPolicy(session, name);
  const url = await observeUrl(session, name, policy);
  const wanted = session.config.httpApi !== false;
  const told = (await policy).some(({ Sid }) => Sid === PERMISSION);
  if (!wanted && !told && !thoroughly) return { url, api: null };
  const { observeHttpApi } = await import('./http-api.ts');
  const api = await observeHttpApi(session, name, await policy).catch((error: unknown) => {
    // Who may not look for APIs has made none.
    if (!wanted && !told && error instanceof MlfnError && error.code === 'AWS_DENIED') return null;
    throw error;
  });
  return { url, api };
}

export async function observeEndpoint(session: Session, name: string): Promise<Endpoint | null> {
  return endpointOf(await observeDoors(session, name));
}

/** An API that is not let in yet answers nobody. */
function endpointOf({ url, api }: Doors): Endpoint | null {
  if (api?.permitted === true) return { url: api.url, open: api.open, service: 'execute-api' };
  return url === null ? null : { url: url.url, open: url.open, service: 'lambda' };
}

export async function ensureHttpApi(session: Session, name: string): Promise<void> {
  await (await import('./http-api-apply.ts')).ensureHttpApi(session, name);
}

export async function removeHttpApi(session: Session, name: string): Promise<void> {
  await (await import('./http-api.ts')).removeHttpApi(session, name);
}
