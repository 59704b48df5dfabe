/**
 * PublishVersion with a revision or a hash that is not that of $LATEST. (UpdateFunctionCode, UpdateFunctionConfiguration and
 * UpdateAlias: ministack checks RevisionId itself.)
 * Source: AWS Lambda API Reference, "PublishVersion": CodeSha256, RevisionId, PreconditionFailedException.
 */
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import type { Clients } from '../clients.ts';
import { functionOf, json, type Rule } from './rule.ts';

export function revisionRule(cloud: Clients): Rule {
  return {
    check: async (exchange) => {
      if (exchange.call.name !== 'lambda:PublishVersion') return undefined;
      const { RevisionId, CodeSha256 } = json(exchange);
      if (RevisionId === undefined && CodeSha256 === undefined) return undefined;
      const { name } = functionOf(exchange.call);
      const latest = await cloud.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })).catch(() => null);
      if (latest === null) return undefined;
      if (RevisionId !== undefined && RevisionId !== latest.RevisionId) {
        return {
          status: 412,
          code: 'PreconditionFailedException',
          message: 'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
        };
      }
      if (CodeSha256 === undefined || CodeSha256 === latest.CodeSha256) return undefined;
      const message = `CodeSHA256 (${String(CodeSha256)}) is different from current CodeSHA256 in $LATEST (${latest.CodeSha256}). ` +
        'Please try again with the CodeSHA256 in $LATEST.';
      return { status: 400, code: 'InvalidParameterValueException', message };
    },
  };
}
