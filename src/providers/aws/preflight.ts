/** What would make a deploy fail, found before anything is made: who asks, and whether IAM will let them. */
import { SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import type { Finding, PackageForm } from '../../types.ts';
import { nameOf } from './call.ts';
import type { AwsConfig } from './config.ts';
import { NO_LAYERS } from './one-zip.ts';
import { isRemembered, remember } from './known-allowed.ts';
import { example, PERMISSIONS } from './permissions.ts';
import type { Session } from './session.ts';

/** What IAM says of the actions on one resource. */
type Said = { kind: 'allowed' } | { kind: 'may-not-ask' } | { kind: 'unknown' } | { kind: 'denied'; finding: Finding };

/** @param name of the function, where it is known: a policy may be for that name only */
export async function preflight(session: Session, name = 'mlfn', form: PackageForm = 'zip'): Promise<Finding[]> {
  const { account, arn } = await session.identity();
  session.ctx.emit({ type: 'fact', label: 'aws', text: `account ${account}    ${session.region}    ${arn}` });
  const principal = policySource(arn);
  if (principal === null) return [];
  const place = { partition: session.partition, account, region: session.region };
  const asked = PERMISSIONS.filter((each) => isNeeded(each, session.config, form)).map(({ resource, actions }) => ({
    actions,
    resource: resource.includes(':kms:') && session.config.kmsKey !== undefined ? session.config.kmsKey : example(resource, place, name),
  }));
  const question = JSON.stringify([principal, account, session.region, asked]);
  if (await isRemembered(session.ctx.home, question)) return [];
  const said = await Promise.all(asked.map(async ({ resource, actions }) => ask(session, principal, resource, actions)));
  if (said.every(({ kind }) => kind === 'allowed' || kind === 'may-not-ask')) await remember(session.ctx.home, question);
  return said.flatMap((each, index) => (each.kind === 'denied' ? [insisted(each.finding, asked[index]?.resource ?? '', session.config)] : []));
}

/** Layers can be done without, unless somebody insists on them. */
function insisted(finding: Finding, resource: string, { oneZip }: AwsConfig): Finding {
  if (!resource.includes(':layer:') || oneZip === false) return finding;
  return { ...finding, severity: 'info', code: NO_LAYERS };
}

function isNeeded({ resource, setting, form: needing }: (typeof PERMISSIONS)[number], config: AwsConfig, form: PackageForm): boolean {
  if (needing !== undefined && needing !== form) return false;
  if (config.role !== undefined && resource.includes(':iam:')) return false;
  if (config.bucket !== undefined && resource.includes(':s3:')) return false;
  if (config.oneZip === true && resource.includes(':layer:')) return false;
  if (config.httpApi === false && resource.includes(':apigateway:')) return false;
  return setting === undefined || config[setting] !== undefined;
}

/**
 * The user or role whose policies count; null for the root user, whom none bind, and for sessions without policies of their
 * own. `arn:aws:sts::1:assumed-role/Deployer/alice` is the role Deployer; its path is not in the session's ARN.
 */
function policySource(arn: string): string | null {
  const role = /^arn:([\w-]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(arn);
  if (role !== null) return role[3]?.startsWith('AWSReservedSSO_') ? null : `arn:${role[1]}:iam::${role[2]}:role/${role[3]}`;
  return /:user\//.test(arn) ? arn : null;
}

/** One call tells of many actions. Whoever may not ask finds out by the calls themselves. */
async function ask(session: Session, principal: string, resource: string, actions: readonly string[]): Promise<Said> {
  const simulate = new SimulatePrincipalPolicyCommand({
    PolicySourceArn: principal,
    ActionNames: [...actions],
    ResourceArns: [resource],
    // iam:PassRole is usually allowed for one service only.
    ContextEntries: [{ ContextKeyName: 'iam:PassedToService', ContextKeyType: 'string', ContextKeyValues: ['lambda.amazonaws.com'] }],
  });
  try {
    const { EvaluationResults = [] } = await session.iam.send(simulate, { abortSignal: session.ctx.signal });
    const refused = EvaluationResults.filter((each) => each.EvalDecision !== 'allowed');
    // A policy with a condition on the address, the second factor or a tag: only the call itself has what it asks for.
    const sure = refused.filter((each) => (each.MissingContextValues ?? []).length === 0);
    if (sure.length === 0) return { kind: refused.length === 0 ? 'allowed' : 'unknown' };
    return { kind: 'denied', finding: denied(principal, resource, sure.map((each) => each.EvalActionName ?? '')) };
  } catch (error) {
    if (session.ctx.signal.aborted) throw error;
    return { kind: ['AccessDenied', 'AccessDeniedException'].includes(nameOf(error)) ? 'may-not-ask' : 'unknown' };
  }
}

function denied(principal: string, resource: string, actions: string[]): Finding {
  return {
    severity: 'error',
    code: 'aws-permission',
    message: `${principal} may not ${actions.join(', ')} on ${resource}.`,
    hint: 'Have these actions allowed; docs/aws.md has the whole policy to paste.',
  };
}
