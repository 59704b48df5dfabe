/**
 * What Cloud Run says in the function's place, in words: cloud.google.com/run/docs/troubleshooting#serving. The function's own
 * answers name their release.
 */
import { MlfnError } from '../../../errors.ts';
import { memberOf, whoAmI } from '../access/credentials.ts';
import type { Session } from '../session.ts';
import { type Endpoint, noEndpoint } from './endpoint.ts';
import type { HttpReply } from '../../http-reply.ts';

/** HTTP/1: cloud.google.com/run/quotas#cloud_run_limits */
export const MOST_BYTES = 32 * 1024 * 1024;

interface Refused {
  reply: HttpReply;
  /** Bytes of the request. */
  sent: number;
  /** Why none was sent along. */
  withoutToken: Error | null;
}

export function isOwnAnswer({ headers }: HttpReply): boolean {
  return headers['x-mlfn-release'] !== undefined;
}

/** @throws GCP_CREDENTIALS, GCP_ID_TOKEN, GCP_DENIED, GCP_NO_ENDPOINT, GCP_TOO_LARGE, GCP_BUSY */
export async function assertLetIn(session: Session, name: string, { url }: Endpoint, { reply, sent, withoutToken }: Refused): Promise<void> {
  if (isOwnAnswer(reply)) return;
  const { status } = reply;
  const details = { status, url };
  if ((status === 401 || status === 403) && withoutToken !== null) throw withoutToken;
  if (status === 401) throw notTaken(session, name, reply, details);
  if (status === 403) throw await forbidden(session, name, url, details);
  if (status === 404) throw noEndpoint(session, name);
  if (status === 413) throw tooLarge(sent, details);
  if (status === 429) throw busy(name, details);
}

/** Of a token, not of who has it: cloud.google.com/run/docs/troubleshooting#401 */
function notTaken({ auth }: Session, name: string, { headers }: HttpReply, details: Record<string, unknown>): MlfnError {
  const said = /error_description="([^"]+)"/.exec(headers['www-authenticate'] ?? '')?.[1];
  const ofPerson = (auth.jsonContent as { type?: string } | null)?.type === 'authorized_user';
  const hint = ofPerson
    ? 'Sign in with gcloud\'s own client (gcloud auth application-default login, without --client-id-file), or as a service account.'
    : 'Check the clock of this machine, and that these credentials are still there.';
  const why = said === undefined ? '' : `: ${said}`;
  return new MlfnError('GCP_CREDENTIALS', `The endpoint of ${name} does not take the ID token of these credentials${why}.`, { hint, details });
}

async function forbidden(session: Session, name: string, url: string, details: Record<string, unknown>): Promise<MlfnError> {
  const { config, project, region } = session;
  const member = memberOf(await whoAmI(session.auth));
  const who = config.public ? 'Everyone' : (member ?? 'The account in use');
  const grant = `gcloud run services add-iam-policy-binding ${name} --member ${member ?? 'MEMBER'} --role roles/run.invoker --region ${region} --project ${project}`;
  const hint = config.public ? `Deploy it with --public again: ${name} is not open to everyone.` : `Deploy it with --allow ${member ?? 'MEMBER'}, or let it in with: ${grant}`;
  const message = `${who} may not call ${url}: it needs run.routes.invoke on the service ${name}.`;
  return new MlfnError('GCP_DENIED', message, { hint, details: { ...details, permission: 'run.routes.invoke', member } });
}

export function tooLarge(sent: number, details: Record<string, unknown>): MlfnError {
  return new MlfnError('GCP_TOO_LARGE', `The request has ${sent} bytes; Cloud Run takes ${MOST_BYTES} at most (413).`, {
    hint: 'Send fewer records at once.',
    details: { ...details, bytes: sent, most: MOST_BYTES },
  });
}

function busy(name: string, details: Record<string, unknown>): MlfnError {
  return new MlfnError('GCP_BUSY', `${name} refused the call: all its instances are busy (429).`, {
    hint: 'Call again in a moment; if it lasts, raise --max-instances or --concurrency.',
    details,
  });
}
