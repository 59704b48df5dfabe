/** What a registry says no with, and what stops us on the way to it, in our words. */
import * as z from 'zod';
import { type ErrorCode, MlfnError } from '../../errors.ts';
import { json } from '../base/layout.ts';
import { type Reply, textOf } from './transport.ts';

/** github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
const errorsSchema = z.object({ errors: z.array(z.looseObject({ code: z.string().nullish(), message: z.string().nullish(), detail: z.unknown().optional() })) });

const PASSING = new Set(['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'ERR_STREAM_PREMATURE_CLOSE']);
const UNTRUSTED = /^(CERT_|ERR_TLS_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/;

/** docker-registry tells its disk's error by its number on Linux, ENOSPC. */
const FULL = /no space left|quota|"Err":28\b/i;

/** Whether asking again may help. */
export function passes(error: unknown): boolean {
  return PASSING.has(codeOf(error));
}

export function isPassing(status: number): boolean {
  return [408, 429, 500, 502, 503, 504].includes(status);
}

/** Whether there is no TLS at the other end. */
export function speaksPlain(error: unknown): boolean {
  return ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  return code || (message === 'aborted' ? 'ECONNRESET' : '');
}

/** @param doing `sending sha256:... to HOST/REPOSITORY` */
export function unreachable(registry: string, doing: string, cause: unknown): unknown {
  if (cause instanceof MlfnError) return cause;
  const code = codeOf(cause);
  const { message } = cause as Error;
  if (UNTRUSTED.test(code)) {
    return new MlfnError('OCI_TLS', `${registry} is not trusted: ${message} (${code}).`, {
      hint: "Name its certificate authority's file in NODE_EXTRA_CA_CERTS, or give --insecure if you know that it is the right one.",
      details: { registry, code },
      cause,
    });
  }
  if (speaksPlain(cause)) {
    return new MlfnError('OCI_TLS', `${registry} does not speak HTTPS.`, { hint: 'Give --insecure to send it over HTTP.', details: { registry, code }, cause });
  }
  if (code === '') return cause;
  return new MlfnError('OCI_UNREACHABLE', `${registry} could not be reached while ${doing}: ${message}.`, {
    hint: 'Check the name, the network and the proxy settings (HTTPS_PROXY), then run the same command; it goes on from where it stopped.',
    details: { registry, code },
    cause,
  });
}

/** Reads the answer. @param doing as above */
export async function refused(registry: string, doing: string, reply: Reply, missing?: { code: ErrorCode; hint: string }): Promise<MlfnError> {
  const { status } = reply;
  const body = await textOf(reply).catch(() => Buffer.alloc(0));
  const read = errorsSchema.safeParse(json(body.toString()));
  const [first] = read.data?.errors ?? [];
  const said = [first?.code, first?.message, typeof first?.detail === 'string' ? first.detail : null].filter(Boolean).join(': ') || body.toString().replace(/<[^>]*>|\s+/g, ' ').trim().slice(0, 200);
  const told = `${registry} answered ${status} while ${doing}${said === '' ? '' : `: ${said}`}.`;
  const details = { registry, status, code: first?.code ?? null, body: body.toString().slice(0, 2000) };
  const { code, hint } = meaningOf(registry, status, body.toString(), missing);
  return new MlfnError(code, told, { hint, details });
}

function meaningOf(registry: string, status: number, body: string, missing?: { code: ErrorCode; hint: string }): { code: ErrorCode; hint: string } {
  if (status === 401 || status === 403) return { code: 'OCI_DENIED', hint: `Log in with \`docker login ${registry}\`, with an account that may do this.` };
  if (status === 405 || status === 501) return { code: 'OCI_READ_ONLY', hint: 'Push to another registry, or have this one take images again.' };
  if (status === 507 || FULL.test(body)) return { code: 'OCI_REGISTRY_FULL', hint: 'Make room in the registry, then run the same command; what has arrived is not sent again.' };
  if (status === 404 && missing !== undefined) return missing;
  if (status === 404) return { code: 'OCI_REPOSITORY_MISSING', hint: 'Make the repository in the registry first, or check its name.' };
  return { code: 'OCI_REGISTRY', hint: 'Run the same command again; what has arrived is not sent again.' };
}
