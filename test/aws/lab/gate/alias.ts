/**
 * An alias points to a version that exists; weights are between two published versions, and calls follow them.
 * Source: AWS Lambda API Reference, "CreateAlias" and "UpdateAlias" (ResourceNotFoundException); AWS Lambda Developer Guide,
 * "Implement Lambda canary deployments using a weighted alias" (both published, not $LATEST).
 */
import { GetAliasCommand, GetFunctionConfigurationCommand, type AliasConfiguration } from '@aws-sdk/client-lambda';
import type { Clients } from '../clients.ts';
import { functionOf, json, type Rule } from './rule.ts';
import type { Refusal } from './wire.ts';

export function aliasRule(cloud: Clients): Rule {
  const missing = async (name: string, version: string): Promise<Refusal | undefined> => {
    const found = await cloud.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: version })).catch(() => null);
    if (found?.Version === version) return undefined;
    return { status: 404, code: 'ResourceNotFoundException', message: `Function not found: ${await arnOf(cloud, name)}:${version}` };
  };
  return {
    check: async (exchange) => {
      if (!['lambda:CreateAlias', 'lambda:UpdateAlias'].includes(exchange.call.name)) return undefined;
      const { name } = functionOf(exchange.call);
      const input = json(exchange) as Pick<AliasConfiguration, 'FunctionVersion' | 'RoutingConfig'>;
      const weights = Object.entries(input.RoutingConfig?.AdditionalVersionWeights ?? {});
      const alias = await aliasOf(cloud, name, exchange.call.names['Name'] ?? '');
      const main = input.FunctionVersion ?? alias?.FunctionVersion;
      if (weights.length > 1) return invalid('Number of items in AdditionalVersionWeights cannot be greater than 1');
      if (weights.length > 0 && main === '$LATEST') return invalid('$LATEST is not supported for an alias pointing to more than 1 version');
      for (const [version, weight] of weights) {
        if (!/^\d+$/.test(version)) return validation(version, 'routingConfig.additionalVersionWeights', 'Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [0-9]+]');
        if (weight < 0 || weight > 1) return validation(String(weight), `routingConfig.additionalVersionWeights.${version}.member`, 'Member must have value between 0 and 1');
        if (version === main) return invalid(`Invalid function version ${version}. Function version ${version} is already included in routing configuration.`);
      }
      for (const version of [input.FunctionVersion, ...weights.map(([one]) => one)]) {
        const refusal = version === undefined ? undefined : await missing(name, version);
        if (refusal) return refusal;
      }
      return undefined;
    },
  };
}

export async function aliasOf(cloud: Clients, name: string, alias: string): Promise<AliasConfiguration | null> {
  if (alias === '') return null;
  return cloud.lambda.send(new GetAliasCommand({ FunctionName: name, Name: alias })).catch(() => null);
}

async function arnOf(cloud: Clients, name: string): Promise<string> {
  const found = await cloud.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })).catch(() => null);
  return found?.FunctionArn ?? name;
}

function invalid(message: string): Refusal {
  return { status: 400, code: 'InvalidParameterValueException', message };
}

function validation(value: string, where: string, constraint: string): Refusal {
  return { status: 400, code: 'ValidationException', message: `1 validation error detected: Value '${value}' at '${where}' failed to satisfy constraint: ${constraint}` };
}
