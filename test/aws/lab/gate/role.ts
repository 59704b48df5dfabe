/**
 * A function's role must exist, trust Lambda, and be some seconds old.
 * Source: AWS Lambda Developer Guide, "Troubleshoot execution issues" and "Defining Lambda function permissions with an execution
 * role"; the sentence is the API's. IAM User Guide, "Troubleshoot IAM: Changes that I make are not always immediately visible".
 */
import { GetRoleCommand } from '@aws-sdk/client-iam';
import type { Clients } from '../clients.ts';
import { json, type Rule } from './rule.ts';
import type { Refusal } from './wire.ts';

const REFUSED: Refusal = { status: 400, code: 'InvalidParameterValueException', message: 'The role defined for the function cannot be assumed by Lambda.' };
/** How often a new role is refused before it can be assumed. */
const TOO_NEW = 3;

export function roleRule(cloud: Clients): Rule {
  const refusals = new Map<string, number>();
  return {
    check: async (exchange) => {
      if (!['lambda:CreateFunction', 'lambda:UpdateFunctionConfiguration'].includes(exchange.call.name)) return undefined;
      const arn = json(exchange)['Role'];
      if (typeof arn !== 'string') return undefined;
      const name = arn.split('/').at(-1) as string;
      const role = await cloud.iam.send(new GetRoleCommand({ RoleName: name })).catch(() => null);
      if (!trustsLambda(role?.Role?.AssumeRolePolicyDocument)) return REFUSED;
      const left = refusals.get(name) ?? 0;
      refusals.set(name, left - 1);
      return left > 0 ? REFUSED : undefined;
    },
    learn: ({ call, body }, { status }) => {
      if (call.name === 'iam:CreateRole' && status === 200) refusals.set(new URLSearchParams(body.toString()).get('RoleName') ?? '', TOO_NEW);
    },
  };
}

function trustsLambda(document: string | undefined): boolean {
  const { Statement } = JSON.parse(decodeURIComponent(document ?? '{}')) as { Statement?: unknown };
  return [Statement ?? []].flat().some((one) => {
    const { Effect, Action, Principal } = one as { Effect?: string; Action?: string | string[]; Principal?: { Service?: string | string[] } };
    return Effect === 'Allow' && [Action].flat().includes('sts:AssumeRole') && [Principal?.Service].flat().includes('lambda.amazonaws.com');
  });
}
