/** What the door says in the function's place, in words. The function's own answers name their release. */
import { MlfnError } from '../../../errors.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { HttpReply } from '../../http-reply.ts';
import { ALIAS } from '../names.ts';
import type { Session } from '../session.ts';

/** docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MOST_BYTES = 6 * 1024 * 1024;

/** @throws AWS_DENIED, AWS_CREDENTIALS, AWS_BUSY, AWS_TOO_LARGE, AWS_NO_ENDPOINT */
export async function assertLetIn(session: Session, name: string, endpoint: Endpoint, { reply, sent }: { reply: HttpReply; sent: number }): Promise<void> {
  if (reply.headers['x-mlfn-release'] !== undefined) return;
  const { status, headers } = reply;
  const details = { status, url: endpoint.url, requestId: headers['x-amzn-requestid'] ?? headers['apigw-requestid'] ?? null };
  if (status === 403) throw await forbidden(session, name, endpoint, { said: saidIn(reply), details });
  if (status === 429) throw busy(name, endpoint.service, details);
  if (status === 413) throw tooLarge(sent, details);
}

/** `Message` of a Function URL, `message` of API Gateway. */
function saidIn({ body }: HttpReply): string {
  try {
    const { Message, message } = JSON.parse(body.toString('utf8')) as { Message?: unknown; message?: unknown };
    return String(Message ?? message ?? '');
  } catch {
    return '';
  }
}

async function forbidden(session: Session, name: string, endpoint: Endpoint, { said, details }: { said: string; details: Record<string, unknown> }): Promise<MlfnError> {
  if (/signature/i.test(said)) {
    const hint = 'Check that AWS_SECRET_ACCESS_KEY belongs to AWS_ACCESS_KEY_ID, and the clock of this machine.';
    return new MlfnError('AWS_CREDENTIALS', `The endpoint of ${name} refused the signature: ${said}`, { hint, details });
  }
  const { account, arn } = await session.identity();
  const { actions, resource } = needed(session, name, account, endpoint);
  const who = endpoint.open ? 'Everyone' : arn;
  const hint = endpoint.open
    ? `Deploy it with --public again: the permissions of the alias ${ALIAS} are missing.`
    : `Have ${actions.join(' and ')} on ${resource} allowed in a policy of the caller's.`;
  const message = `${who} may not call ${endpoint.url}: it needs ${actions.join(' and ')} on ${resource}.`;
  return new MlfnError('AWS_DENIED', message, { hint, details: { ...details, actions, resource } });
}

/** docs.aws.amazon.com/lambda/latest/dg/urls-auth.html, docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html */
function needed({ partition, region }: Session, name: string, account: string, { service, url }: Endpoint): { actions: string[]; resource: string } {
  if (service === 'lambda') {
    return {
      actions: ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'],
      resource: `arn:${partition}:lambda:${region}:${account}:function:${name}:${ALIAS}`,
    };
  }
  return { actions: ['execute-api:Invoke'], resource: `arn:${partition}:execute-api:${region}:${account}:${new URL(url).hostname.split('.')[0]}/*` };
}

export function busy(name: string, service: Endpoint['service'], details: Record<string, unknown>): MlfnError {
  const hint =
    service === 'lambda'
      ? 'Call again in a moment; if it lasts, raise its reserved concurrency, or the quota "Concurrent executions" of Lambda.'
      : 'Call again in a moment; if it lasts, raise `aws: {httpApi: {rate, burst}}`, or the reserved concurrency of the function.';
  return new MlfnError('AWS_BUSY', `${name} refused the call: too many run already (429).`, { hint, details });
}

export function tooLarge(sent: number, details: Record<string, unknown>): MlfnError {
  return new MlfnError('AWS_TOO_LARGE', `The request has ${sent} bytes; Lambda takes ${MOST_BYTES} at most (413).`, {
    hint: 'Send fewer records at once.',
    details: { ...details, bytes: sent, most: MOST_BYTES },
  });
}
