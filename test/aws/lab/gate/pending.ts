/**
 * While a function is being made or changed, what would change it again is refused; while it is being made, calls are too.
 * Source: AWS Lambda Developer Guide, "Lambda function states".
 */
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import type { Clients } from '../clients.ts';
import { functionOf, type Rule } from './rule.ts';
import type { Refusal } from './wire.ts';

const CHANGES = ['UpdateFunctionCode', 'UpdateFunctionConfiguration', 'PublishVersion'];

export function pendingRule(cloud: Clients): Rule {
  return {
    check: async ({ call }) => {
      if (call.service !== 'lambda' || ![...CHANGES, 'Invoke'].includes(call.operation)) return undefined;
      const { name } = functionOf(call);
      const found = await cloud.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })).catch(() => null);
      // ministack says Pending during an update too; AWS only when the function is made.
      if (found?.State === 'Pending' && found.StateReasonCode === 'Creating') return conflict('The function is currently in the following state: Pending');
      if (call.operation === 'Invoke' || found?.LastUpdateStatus !== 'InProgress') return undefined;
      return conflict(`An update is in progress for resource: ${found.FunctionArn}`);
    },
  };
}

function conflict(why: string): Refusal {
  return { status: 409, code: 'ResourceConflictException', message: `The operation cannot be performed at this time. ${why}` };
}
