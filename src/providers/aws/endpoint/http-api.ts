/**
 * An API Gateway HTTP API in front of the alias: one route for everything, closed by IAM unless the user opens it.
 * Loaded only when there is one, or is to be one.
 */
import {
  type Api,
  DeleteApiCommand,
  GetApisCommand,
  GetIntegrationsCommand,
  GetRoutesCommand,
  GetStageCommand,
} from '@aws-sdk/client-apigatewayv2';
import { MlfnError } from '../../../errors.ts';
import { readPolicy, revoke, type Statement } from './alias-policy.ts';
import { call, orNull } from '../call.ts';
import type { AwsCors } from './cors.ts';
import { type HttpApiState, PERMISSION } from './http-api-state.ts';
import { ALIAS, httpApiName, TAG } from '../names.ts';
import type { Session } from '../session.ts';

export const STAGE = '$default';
export const ROUTE = '$default';
/** IAM names API Gateway's acts by the HTTP method. */
export const ACTION = { get: 'apigateway:GET', post: 'apigateway:POST', patch: 'apigateway:PATCH', delete: 'apigateway:DELETE' };

/** @param policy of the alias */
export async function observeHttpApi(session: Session, name: string, policy: Statement[]): Promise<HttpApiState | null> {
  const [api, ...twins] = await findApis(session, name, policy);
  if (api === undefined) return null;
  const { ApiId = '' } = api;
  const gateway = await session.gateway();
  const signal = { abortSignal: session.ctx.signal };
  const ask = <T>(send: () => Promise<T>) => orNull({ action: ACTION.get, resource: `/apis/${ApiId}` }, send);
  const [routes, integration, stage] = await Promise.all([
    ask(() => gateway.send(new GetRoutesCommand({ ApiId }), signal)),
    findIntegration(session, name, ApiId),
    ask(() => gateway.send(new GetStageCommand({ ApiId, StageName: STAGE }), signal)),
  ]);
  const route = routes?.Items?.find((each) => each.RouteKey === ROUTE);
  const settings = stage?.DefaultRouteSettings;
  return {
    id: ApiId,
    name: api.Name ?? '',
    twins: twins.map((twin) => twin.ApiId ?? ''),
    url: `${api.ApiEndpoint ?? ''}/`,
    // What is not closed by IAM is open, whoever made it so.
    open: route !== undefined && route.AuthorizationType !== 'AWS_IAM',
    cors: (api.CorsConfiguration as AwsCors | undefined) ?? {},
    integration,
    routed: route !== undefined && route.Target === `integrations/${integration}`,
    routes: Object.fromEntries((routes?.Items ?? []).map((each) => [each.RouteKey ?? '', each.RouteId ?? ''])),
    stage: stage !== null && stage.AutoDeploy === true,
    throttling: { rate: settings?.ThrottlingRateLimit ?? null, burst: settings?.ThrottlingBurstLimit ?? null },
    permitted: isPermitted(policy, ApiId),
  };
}

/** The alias lets that API call it. */
export function isPermitted(policy: Statement[], ApiId: string): boolean {
  return policy.some((each) => each.Sid === PERMISSION && JSON.stringify(each.Condition ?? '').includes(`:${ApiId}/`));
}

/** Its id, where it goes to the alias. */
export async function findIntegration(session: Session, name: string, ApiId: string): Promise<string | null> {
  const [gateway, target] = await Promise.all([session.gateway(), aliasArn(session, name)]);
  const found = await orNull({ action: ACTION.get, resource: `/apis/${ApiId}` }, () =>
    gateway.send(new GetIntegrationsCommand({ ApiId }), { abortSignal: session.ctx.signal }),
  );
  return found?.Items?.find((each) => each.IntegrationUri === target)?.IntegrationId ?? null;
}

export async function findRoute(session: Session, ApiId: string, key: string): Promise<string | null> {
  const gateway = await session.gateway();
  const found = await orNull({ action: ACTION.get, resource: `/apis/${ApiId}` }, () =>
    gateway.send(new GetRoutesCommand({ ApiId }), { abortSignal: session.ctx.signal }),
  );
  return found?.Items?.find((each) => each.RouteKey === key)?.RouteId ?? null;
}

/**
 * Of that name and made by mlfn. Should two deploys at once have made one each, the one that the alias lets in comes first,
 * as its URL may be known; else the oldest, so that both deploys choose the same.
 */
async function findApis(session: Session, name: string, policy: Statement[]): Promise<Api[]> {
  const gateway = await session.gateway();
  const found: Api[] = [];
  let NextToken: string | undefined;
  do {
    const page = await call({ action: ACTION.get, resource: '/apis' }, () =>
      gateway.send(new GetApisCommand({ NextToken, MaxResults: '100' }), { abortSignal: session.ctx.signal }),
    );
    found.push(...(page.Items ?? []).filter((api) => api.Name === httpApiName(name) && api.Tags?.[TAG] !== undefined));
    NextToken = page.NextToken;
  } while (NextToken !== undefined && NextToken !== '');
  const rank = (api: Api) => `${isPermitted(policy, api.ApiId ?? '') ? 0 : 1} ${api.CreatedDate?.toISOString() ?? ''} ${api.ApiId}`;
  return found.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** With the permission that it had. Who may not look for APIs has made none. */
export async function removeHttpApi(session: Session, name: string): Promise<void> {
  const policy = await readPolicy(session, name);
  const permitted = policy.some(({ Sid }) => Sid === PERMISSION);
  const apis = await findApis(session, name, policy).catch((error: unknown) => {
    if (!permitted && error instanceof MlfnError && error.code === 'AWS_DENIED') return [];
    throw error;
  });
  await deleteApis(session, apis.map(({ ApiId = '' }) => ApiId));
  if (permitted) await revoke(session, name, PERMISSION);
}

export async function deleteApis(session: Session, ids: string[]): Promise<void> {
  const gateway = await session.gateway();
  for (const ApiId of ids) {
    await orNull({ action: ACTION.delete, resource: `/apis/${ApiId}` }, () =>
      gateway.send(new DeleteApiCommand({ ApiId }), { abortSignal: session.ctx.signal }),
    );
  }
}

export async function aliasArn(session: Session, name: string): Promise<string> {
  return `arn:${session.partition}:lambda:${session.region}:${await session.account()}:function:${name}:${ALIAS}`;
}
