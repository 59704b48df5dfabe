/** What the clients throw (gRPC, REST, storage), in words that name the act, the thing and the way out. */
import { MlfnError, type ErrorExtras } from '../../errors.ts';
import { gcpCode, read, type Said } from './status.ts';

export { gcpCode };

export interface Need {
  /** IAM permission: `run.services.update`. */
  permission: string;
  /** What it is needed on: `projects/p/locations/r/services/heart`. */
  resource: string;
}

type Row = (said: Said, tried: Need) => MlfnError;

/**
 * The MlfnError for what a client threw. What is no error of Google's or of the network comes back as it is: a bug of
 * ours, or an MlfnError already.
 */
export function explainGcp(error: unknown, tried: Need): Error {
  if (!(error instanceof Error) || error instanceof MlfnError) return error as Error;
  const said = read(error);
  const known = ROWS.find(([matches]) => matches(said))?.[1];
  if (known !== undefined) return known(said, tried);
  return said.code === null ? error : failed(said, tried);
}

/** Whether the same call may succeed in a moment; when it was cut off, it may have been done. */
export function isTransient(error: unknown): boolean {
  const said = read(error);
  return ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'INTERNAL', 'RESOURCE_EXHAUSTED'].includes(said.code ?? '') && !isQuota(said);
}

/** The first that matches counts. */
const ROWS: [(said: Said) => boolean, Row][] = [
  [({ cause }) => cause.name === 'AbortError', interrupted],
  [({ message }) => /could not load the default credentials|unable to detect a project id/i.test(message), noCredentials],
  [({ message }) => /invalid_grant|invalid_rapt|reauth|has expired|token (is )?expired|refresh token/i.test(message), expired],
  [({ reason }) => reason === 'ACCESS_TOKEN_EXPIRED', expired],
  [({ code }) => code === 'UNAUTHENTICATED', unknownCredentials],
  [({ reason, message }) => reason === 'SERVICE_DISABLED' || /has not been used in project .* before or it is disabled/.test(message), apiOff],
  [({ reason, message }) => reason === 'BILLING_DISABLED' || /billing (account|is disabled|must be enabled)|requires billing/i.test(message), billing],
  [({ code }) => code === 'PERMISSION_DENIED', denied],
  [({ code }) => code === 'RESOURCE_EXHAUSTED', exhausted],
  [({ network }) => network, unreachable],
  [({ code }) => code === 'UNAVAILABLE' || code === 'DEADLINE_EXCEEDED', unreachable],
];

function extras(said: Said, hint: string, more: Record<string, unknown> = {}): ErrorExtras {
  return { hint, cause: said.cause, details: { gcp: said.code, ...(said.reason === null ? {} : { reason: said.reason }), ...more } };
}

function interrupted(said: Said): MlfnError {
  return new MlfnError('INTERRUPTED', 'Stopped.', extras(said, 'Run the same command again; it goes on from there.'));
}

function noCredentials(said: Said): MlfnError {
  const hint = 'Sign in with `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to a key file.';
  return new MlfnError('GCP_CREDENTIALS', 'There are no Google Cloud credentials.', extras(said, hint));
}

function expired(said: Said): MlfnError {
  const hint = 'Sign in again with `gcloud auth application-default login`, then run the same command; it goes on from where it stopped.';
  return new MlfnError('GCP_CREDENTIALS_EXPIRED', `The Google Cloud credentials have expired: ${sentence(said)}`, extras(said, hint));
}

function unknownCredentials(said: Said): MlfnError {
  const hint = 'Sign in again with `gcloud auth application-default login`, and check GOOGLE_APPLICATION_CREDENTIALS.';
  return new MlfnError('GCP_CREDENTIALS', `Google does not take these credentials: ${sentence(said)}`, extras(said, hint));
}

function apiOff(said: Said): MlfnError {
  const service = said.metadata['service'] ?? /([a-z]+\.googleapis\.com)/.exec(said.message)?.[1] ?? 'that the message names';
  const project = said.metadata['consumer']?.replace('projects/', '') ?? /project (\S+)/.exec(said.message)?.[1];
  const hint = `Switch it on: gcloud services enable ${service}${project === undefined ? '' : ` --project ${project}`}`;
  return new MlfnError('GCP_API_OFF', `The API ${service} is not switched on in the project.`, extras(said, hint, { service }));
}

function billing(said: Said): MlfnError {
  const hint = 'Link a billing account: gcloud billing projects link PROJECT --billing-account ACCOUNT';
  return new MlfnError('GCP_BILLING', `The project has no active billing account: ${sentence(said)}`, extras(said, hint));
}

function denied(said: Said, { permission, resource }: Need): MlfnError {
  const hint = `Have ${permission} granted to the account you use; docs/gcp.md has the roles a deployer needs.`;
  return new MlfnError('GCP_DENIED', `Google Cloud does not allow ${permission} on ${resource}: ${sentence(said)}`, extras(said, hint, { permission, resource }));
}

function isQuota(said: Said): boolean {
  return said.code === 'RESOURCE_EXHAUSTED' && said.reason !== 'RATE_LIMIT_EXCEEDED' && /quota|limit/i.test(said.message) && !/per (minute|second)/i.test(said.message);
}

function exhausted(said: Said, { permission, resource }: Need): MlfnError {
  const hint = isQuota(said)
    ? 'Make room, or have that quota raised: console.cloud.google.com/iam-admin/quotas.'
    : 'Run the same command again in a minute; it goes on from where it stopped.';
  return new MlfnError('GCP_QUOTA', `${permission} on ${resource} exceeds a quota: ${sentence(said)}`, extras(said, hint, { permission, resource }));
}

function unreachable(said: Said, { permission }: Need): MlfnError {
  const hint = 'Check the network and the proxy settings (HTTPS_PROXY), then run the same command; it goes on from where it stopped.';
  return new MlfnError('GCP_UNREACHABLE', `No answer for ${permission}: ${sentence(said)}`, extras(said, hint));
}

function failed(said: Said, { permission, resource }: Need): MlfnError {
  const hint = 'Read what Google says; run it again if it tells of an internal error.';
  return new MlfnError('GCP_FAILED', `${permission} on ${resource} failed with ${said.code}: ${sentence(said)}`, extras(said, hint, { permission, resource }));
}

function sentence({ message }: Said): string {
  const text = message.trim() === '' ? 'no reason given' : message.trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
