/**
 * Calls of an alias with weights go to its versions in that share, where ministack sends all to the first.
 * Source: AWS Lambda Developer Guide, "Implement Lambda canary deployments using a weighted alias".
 */
import {
  CreateAliasCommand, CreateFunctionUrlConfigCommand, DeleteAliasCommand, DeleteFunctionUrlConfigCommand, type AliasConfiguration,
} from '@aws-sdk/client-lambda';
import type { Clients } from '../clients.ts';
import { aliasOf } from './alias.ts';
import { functionOf, type Exchange, type Rule } from './rule.ts';
import { hostOf, type Urls } from './urls.ts';

export function weightsRule(cloud: Clients, urls: Urls): Rule {
  const shadows = new Map<number, { FunctionName: string; Qualifier: string }>();
  return {
    check: async (exchange) => {
      const { call } = exchange;
      if (call.name === 'lambda:Invoke') {
        const { name, qualifier } = functionOf(call);
        const version = chosen(await aliasOf(cloud, name, qualifier ?? ''));
        if (version) exchange.url = `/2015-03-31/functions/${name}/invocations?Qualifier=${version}`;
      }
      if (call.service === 'url') {
        const url = urls.of(exchange);
        const version = url && chosen(await aliasOf(cloud, url.name, url.qualifier ?? ''));
        if (url && version) shadows.set(call.number, await shadow(cloud, exchange, { ...url, version }));
      }
      return undefined;
    },
    learn: async ({ call }) => {
      const used = shadows.get(call.number);
      if (!used) return;
      shadows.delete(call.number);
      await cloud.lambda.send(new DeleteFunctionUrlConfigCommand(used));
      await cloud.lambda.send(new DeleteAliasCommand({ FunctionName: used.FunctionName, Name: used.Qualifier }));
    },
  };
}

/** Null when the alias has no weights. */
function chosen(alias: AliasConfiguration | null): string | null {
  const weights = Object.entries(alias?.RoutingConfig?.AdditionalVersionWeights ?? {});
  if (!alias || weights.length === 0) return null;
  const [other, weight] = weights[0] as [string, number];
  return Math.random() < weight ? other : (alias.FunctionVersion as string);
}

/** A URL belongs to an alias: for this one call there is another alias, of the chosen version alone, with a URL of its own. */
async function shadow(cloud: Clients, exchange: Exchange, url: { name: string; auth: string; version: string }) {
  const at = { FunctionName: url.name, Qualifier: `gate-${exchange.call.number}` };
  await cloud.lambda.send(new CreateAliasCommand({ FunctionName: url.name, Name: at.Qualifier, FunctionVersion: url.version }));
  const made = await cloud.lambda.send(new CreateFunctionUrlConfigCommand({ ...at, AuthType: url.auth as 'NONE' | 'AWS_IAM' }));
  const index = exchange.rawHeaders.findIndex((one, place) => place % 2 === 0 && one.toLowerCase() === 'host');
  exchange.rawHeaders[index + 1] = hostOf(made.FunctionUrl as string);
  return at;
}
