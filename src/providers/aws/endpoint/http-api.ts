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
  const api = await findApi(session, name);
  if (api === undefined) return null;
  const { ApiId = '' } = api;
  const gateway = await session.gateway();
  const signal = { abortSignal: session.ctx.signal };
  const ask = <T>(send: () => Promise<T>) => orNull({ action: ACTION.get, resource: `/apis/${ApiId}` }, send);
  const [routes, integrations, stage, target] = await Promise.all([
    ask(() => gateway.send(new GetRoutesCommand({ ApiId }), signal)),
    ask(() => gateway.send(new GetIntegrationsCommand({ ApiId }), signal)),
    ask(() => gateway.send(new GetStageCommand({ ApiId, StageName: STAGE }), signal)),
    aliasArn(session, name),
  ]);
  const integration = integrations?.Items?.find((each) => each.IntegrationUri === target);
  const route = routes?.Items?.find((each) => each.RouteKey === ROUTE);
  const settings = stage?.DefaultRouteSettings;
  return {
    id: ApiId,
    name: api.Name ?? '',
    url: `${api.ApiEndpoint ?? ''}/`,
    // What is not closed by IAM is open, whoever made it so.
    open: route !== undefined && route.AuthorizationType !== 'AWS_IAM',
    cors: (api.CorsConfiguration as AwsCors | undefined) ?? {},
    integration: integration?.IntegrationId ?? null,
    routed: route !== undefined && route.Target === `integrations/${integration?.IntegrationId}`,
    routes: Object.fromEntries((routes?.Items ?? []).map((each) => [each.RouteKey ?? '', each.RouteId ?? ''])),
    stage: stage !== null && stage.AutoDeploy === true,
    throttling: { rate: settings?.ThrottlingRateLimit ?? null, burst: settings?.ThrottlingBurstLimit ?? null },
    permitted: policy.some((each) => each.Sid === PERMISSION && JSON.stringify(each.Condition ?? '').includes(`:${ApiId}/`)),
  };
}

/** Of that name and made by mlfn; the oldest, should two deploys at once have made one each. */
async function findApi(session: Session, name: string): Promise<Api | undefined> {
  return (await findApis(session, name)).sort((a, b) => Number(a.CreatedDate ?? 0) - Number(b.CreatedDate ?? 0))[0];
}

async function findApis(session: Session, name: string): Promise<Api[]> {
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
  return found;
}

/** With the permission that it had. Who may not look for APIs has made none. */
export async function removeHttpApi(session: Session, name: string): Promise<void> {
  const permitted = (await readPolicy(session, name)).some(({ Sid }) => Sid === PERMISSION);
  const apis = await findApis(session, name).catch((error: unknown) => {
    if (!permitted && error instanceof MlfnError && error.code === 'AWS_DENIED') return [];
    throw error;
  });
  const gateway = await session.gateway();
  for (const { ApiId } of apis) {
    await orNull({ action: ACTION.delete, resource: `/apis/${ApiId}` }, () =>
      gateway.send(new DeleteApiCommand({ ApiId }), { abortSignal: session.ctx.signal }),
    );
  }
  if (permitted) await revoke(session, name, PERMISSION);
}

export async function aliasArn(session: Session, name: string): Promise<string> {
  return `arn:${session.partition}:lambda:${session.region}:${await session.account()}:function:${name}:${ALIAS}`;
}
