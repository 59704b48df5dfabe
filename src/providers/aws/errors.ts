/** What the SDK throws, in words that name the act, the thing and the way out. */
import { MlfnError, type ErrorExtras } from '../../errors.ts';
import type { Context } from '../../events.ts';
import { type Quota, quotaOf } from './quotas.ts';

export interface Need {
  /** IAM action: `s3:PutObject`. */
  action: string;
  /** ARN, or `*`. */
  resource: string;
  /** Variables of the caller: proxies and endpoints are named when nothing can be reached. */
  env?: Context['env'];
}

/** The fields of SDK and system errors that are looked at; none is sure to be there. */
interface Thrown {
  name?: string;
  code?: unknown;
  message?: string;
  hostname?: string;
  address?: string;
  port?: number;
  errors?: unknown[];
  /** Of Lambda's TooManyRequestsException. */
  Reason?: string;
  $metadata?: { httpStatusCode?: number; requestId?: string };
}

type Row = (error: Thrown, tried: Need) => MlfnError;

/**
 * The MlfnError for what a client threw. What is no error of AWS or of the network comes back as it is: a bug of ours, or
 * an MlfnError already.
 */
export function explainAws(error: unknown, tried: Need): Error {
  if (!(error instanceof Error) || error instanceof MlfnError) return error as Error;
  const thrown = error as Thrown;
  const quota = thrown.$metadata === undefined ? null : quotaOf(toldBy(thrown, tried));
  if (quota !== null) return exceeded(thrown, tried, quota);
  const known = ROWS.find(([matches]) => matches(thrown))?.[1];
  if (known !== undefined) return known(thrown, tried);
  if (thrown.$metadata?.httpStatusCode === undefined) return error;
  return failed(thrown, tried);
}

/** The code AWS gave, whichever field the client put it in; `404` for an answer to HEAD, which has no body to say more. */
export function awsCode(error: unknown): string {
  const { name, $metadata } = error as Thrown;
  if (name !== undefined && !/^(Error|Unknown|UnknownError|\d{3})$/.test(name)) return name;
  return String($metadata?.httpStatusCode ?? name ?? '');
}

export function awsStatus(error: unknown): number | null {
  return (error as Thrown | null)?.$metadata?.httpStatusCode ?? null;
}

const named = (pattern: RegExp) => (error: Thrown) => pattern.test(awsCode(error));

/** The first that matches counts. */
const ROWS: [(error: Thrown) => boolean, Row][] = [
  [named(/^AbortError$/), (cause) => new MlfnError('INTERRUPTED', 'Stopped.', { hint: 'Run the same command again; it goes on from there.', cause })],
  [(error) => /expired|refresh failed|refresh this SSO session/i.test(error.message ?? '') && named(/^(CredentialsProvider|TokenProvider)Error$/)(error), expired],
  [named(/^(ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired|UnauthorizedException)$/), expired],
  [named(/^(CredentialsProviderError|TokenProviderError)$/), noCredentials],
  [named(/^(InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|AuthFailure|InvalidToken|MissingAuthenticationToken(Exception)?)$/), unknownKey],
  [named(/^(RequestTimeTooSkewed|RequestInTheFuture)$/), clock],
  [named(/^(SignatureDoesNotMatch|InvalidSignatureException)$/), (error, tried) => (isClock(error) ? clock(error) : badSignature(error, tried))],
  [named(/^(AccessDenied|AccessDeniedException|AllAccessDisabled|UnauthorizedOperation|403)$/), denied],
  [isThrottled, throttled],
  [isNetwork, unreachable],
];

function extras(cause: Thrown, hint: string, more: Record<string, unknown> = {}): ErrorExtras {
  const requestId = cause.$metadata?.requestId;
  return { hint, cause, details: { aws: awsCode(cause), ...more, ...(requestId === undefined ? {} : { requestId }) } };
}

function expired(cause: Thrown): MlfnError {
  const hint = 'Sign in again (`aws sso login`, or new keys), then run the same command; it goes on from where it stopped.';
  return new MlfnError('AWS_CREDENTIALS_EXPIRED', `The AWS credentials have expired: ${sentence(cause)}`, extras(cause, hint));
}

function noCredentials(cause: Thrown): MlfnError {
  const hint = 'Sign in with `aws sso login` or `aws configure`, or name a profile with --profile.';
  return new MlfnError('AWS_CREDENTIALS', `There are no AWS credentials: ${sentence(cause)}`, extras(cause, hint));
}

function unknownKey(cause: Thrown): MlfnError {
  const hint = 'Check which keys are set (AWS_ACCESS_KEY_ID, AWS_PROFILE), and that they are of this account and active.';
  return new MlfnError('AWS_CREDENTIALS', `AWS does not know these credentials: ${sentence(cause)}`, extras(cause, hint));
}

function badSignature(cause: Thrown, { action }: Need): MlfnError {
  const hint = 'Check that AWS_SECRET_ACCESS_KEY belongs to AWS_ACCESS_KEY_ID, and the clock of this machine.';
  return new MlfnError('AWS_CREDENTIALS', `AWS refused the signature of ${action}: ${sentence(cause)}`, extras(cause, hint));
}

/** STS and Lambda say so in the text only: "Signature expired: 20260101T000000Z is now earlier than ...". */
function isClock(error: Thrown): boolean {
  return /signature (expired|not yet current)|skew|too large/i.test(error.message ?? '');
}

function clock(cause: Thrown): MlfnError {
  const message = `The clock of this machine (${new Date().toISOString()}) differs too much from that of AWS: ${sentence(cause)}`;
  return new MlfnError('AWS_CLOCK', message, extras(cause, 'Set the clock of this machine, then run it again.'));
}

function denied(cause: Thrown, { action, resource }: Need): MlfnError {
  // The text of AWS names who asked and what kind of policy refuses, where it has one.
  const said = /not authorized|explicit deny|because/i.test(cause.message ?? '') ? ` ${sentence(cause)}` : '';
  const without = /Layer/.test(`${action} ${said}`) ? ', or do without layers: --one-zip' : '';
  const hint = `Have ${action} on ${resource} allowed for the user or role you use (docs/aws.md has the whole policy)${without}.`;
  return new MlfnError('AWS_DENIED', `AWS does not allow ${action} on ${resource}.${said}`, extras(cause, hint, { action, resource }));
}

function toldBy(error: Thrown, { action }: Need): Parameters<typeof quotaOf>[0] {
  return { code: awsCode(error), message: error.message ?? '', service: action.split(':')[0] ?? '', reason: error.Reason ?? '' };
}

function exceeded(cause: Thrown, { action, resource }: Need, { name, service, room }: Quota): MlfnError {
  const message = `${action} on ${resource} exceeds the quota "${name}" of ${service}: ${sentence(cause)}`;
  return new MlfnError('AWS_QUOTA', message, extras(cause, `${room}, or have that quota raised in Service Quotas.`, { action, resource, quota: name, service }));
}

function isThrottled(error: Thrown): boolean {
  return /^(SlowDown|429)$|Throttl|TooManyRequests|RequestLimitExceeded|BandwidthLimitExceeded/.test(awsCode(error));
}

/** Whether the same call may succeed in a moment; when it was cut off, it may have been done. */
export function isTransient(error: unknown): boolean {
  const thrown = error as Thrown;
  return isThrottled(thrown) || isNetwork(thrown) || (awsStatus(error) ?? 0) >= 500;
}

function throttled(cause: Thrown, { action }: Need): MlfnError {
  const hint = 'Run the same command again in a minute; it goes on from where it stopped.';
  return new MlfnError('AWS_THROTTLED', `AWS wants fewer calls of ${action} a second: ${sentence(cause)}`, extras(cause, hint));
}

const NETWORK = /^(E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|CONNABORTED|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH)|(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO).*)$/;

function isNetwork(error: Thrown): boolean {
  const within = (error.errors ?? []).some((each) => isNetwork(each as Thrown));
  return within || NETWORK.test(String(error.code ?? '')) || /^(TimeoutError|RequestTimeout)$/.test(error.name ?? '');
}

function unreachable(cause: Thrown, { action, env = {} }: Need): MlfnError {
  const first = (cause.errors?.[0] ?? cause) as Thrown;
  const endpoint = env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const host = first.hostname ?? (first.address === undefined ? undefined : `${first.address}:${first.port}`) ?? endpoint;
  const proxies = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy'].filter((name) => env[name]);
  const through = proxies.map((name) => `${name}=${withoutPassword(env[name] ?? '')}`).join(', ');
  const said = sentence(first.message === '' ? { ...first, message: String(first.code) } : first);
  const message = `No connection for ${action}${host === undefined ? '' : ` to ${host}`}: ${said}`;
  const hint = `Check the network${through === '' ? '' : ` and the proxy settings (${through})`}, then run the same command; it goes on from where it stopped.`;
  return new MlfnError('AWS_UNREACHABLE', message, extras(cause, hint, { host: host ?? null, proxies }));
}

function withoutPassword(proxy: string): string {
  return proxy.replace(/\/\/[^@/]*@/, '//***@');
}

function failed(cause: Thrown, { action, resource }: Need): MlfnError {
  const hint = 'Read what AWS says; run it again if it tells of an internal error.';
  const message = `${action} on ${resource} failed with ${awsCode(cause)}: ${sentence(cause)}`;
  return new MlfnError('AWS_FAILED', message, extras(cause, hint, { action, resource, status: cause.$metadata?.httpStatusCode }));
}

function sentence({ message, name }: Thrown): string {
  const text = (message || name || 'no reason given').trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
