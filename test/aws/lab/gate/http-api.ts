/**
 * An HTTP API has a route key, and a stage of a name, once; a preflight is let through where its route asks for no signature.
 * Source: Amazon API Gateway API Reference V2, "CreateRoute" and "CreateStage" (ConflictException); API Gateway Developer Guide,
 * "Configure CORS for HTTP APIs" (`$default` with an authorizer takes the preflight too, unless an OPTIONS route is there).
 */
import { GetRoutesCommand, GetStageCommand } from '@aws-sdk/client-apigatewayv2';
import type { Clients } from '../clients.ts';
import { json, type Rule } from './rule.ts';
import type { Refusal } from './wire.ts';

export function httpApiRule(cloud: Clients): Rule {
  const routesOf = async (ApiId: string) => (await cloud.gateway.send(new GetRoutesCommand({ ApiId })).catch(() => null))?.Items ?? [];
  return {
    check: async (exchange) => {
      const { call, headers, url } = exchange;
      const ApiId = call.names['ApiId'] ?? '';
      if (call.name === 'apigateway:CreateRoute') {
        const key = String(json(exchange)['routeKey']);
        return (await routesOf(ApiId)).some(({ RouteKey }) => RouteKey === key) ? conflict(`Route with key ${key} already exists for this API`) : undefined;
      }
      if (call.name === 'apigateway:CreateStage') {
        const StageName = String(json(exchange)['stageName']);
        return (await cloud.gateway.send(new GetStageCommand({ ApiId, StageName })).catch(() => null)) === null ? undefined : conflict('Stage already exists');
      }
      const api = /^([0-9a-z]+)\.execute-api\./.exec(headers.host ?? '')?.[1];
      if (api === undefined || call.method !== 'OPTIONS') return undefined;
      const routes = await routesOf(api);
      const key = new URL(url, 'http://gate').pathname === '/' ? 'OPTIONS /' : 'OPTIONS /{proxy+}';
      const route = routes.find(({ RouteKey }) => RouteKey === key) ?? routes.find(({ RouteKey }) => RouteKey === '$default');
      return (route?.AuthorizationType ?? 'NONE') === 'NONE' ? undefined : { status: 403, code: 'AccessDeniedException', message: 'Forbidden' };
    },
  };
}

function conflict(message: string): Refusal {
  return { status: 409, code: 'ConflictException', message };
}
