/** What would make a deploy fail, found before anything is made: who asks, and whether IAM will let them. */
import { SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import type { Finding } from '../../types.ts';
import { filled, PERMISSIONS } from './permissions.ts';
import type { Session } from './session.ts';

export async function preflight(session: Session): Promise<Finding[]> {
  const { account, arn } = await session.identity();
  session.ctx.emit({ type: 'fact', label: 'aws', text: `account ${account}    ${session.region}    ${arn}` });
  const principal = policySource(arn);
  if (principal === null) return [];
  const place = { partition: session.partition, account, region: session.region };
  const asked = PERMISSIONS.filter(({ resource }) => !(session.config.role !== undefined && resource.includes(':iam:')))
    .filter(({ resource }) => !(session.config.bucket !== undefined && resource.includes(':s3:')))
    .filter(({ resource }) => !(session.config.httpApi === false && resource.includes(':apigateway:')))
    .filter(({ setting }) => setting === undefined || session.config[setting] !== undefined)
    .map(async ({ resource, actions }) => denied(session, principal, filled(resource, place).replace(/\*$/, 'mlfn'), actions));
  return (await Promise.all(asked)).flat();
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
async function denied(session: Session, principal: string, resource: string, actions: readonly string[]): Promise<Finding[]> {
  const simulate = new SimulatePrincipalPolicyCommand({
    PolicySourceArn: principal,
    ActionNames: [...actions],
    ResourceArns: [resource],
    // iam:PassRole is usually allowed for one service only.
    ContextEntries: [{ ContextKeyName: 'iam:PassedToService', ContextKeyType: 'string', ContextKeyValues: ['lambda.amazonaws.com'] }],
  });
  try {
    const { EvaluationResults = [] } = await session.iam.send(simulate, { abortSignal: session.ctx.signal });
    const refused = EvaluationResults.filter((each) => each.EvalDecision !== 'allowed').map((each) => each.EvalActionName ?? '');
    if (refused.length === 0) return [];
    return [
      {
        severity: 'error',
        code: 'aws-permission',
        message: `${principal} may not ${refused.join(', ')} on ${resource}.`,
        hint: 'Have these actions allowed; docs/aws.md has the whole policy to paste.',
      },
    ];
  } catch (error) {
    if (session.ctx.signal.aborted) throw error;
    return [];
  }
}
