/**
 * An API Gateway HTTP API in front of the alias: one route for everything, closed by IAM unless the user opens it.
 * Loaded only when there is one, or is to be one.
 */
import {
  type Api,
  CreateApiCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand,
  DeleteApiCommand,
  DeleteCorsConfigurationCommand,
  DeleteRouteCommand,
  GetApisCommand,
  GetIntegrationsCommand,
  GetRoutesCommand,
  GetStageCommand,
  type Route,
  type RouteSettings,
  UpdateApiCommand,
  UpdateRouteCommand,
  UpdateStageCommand,
} from '@aws-sdk/client-apigatewayv2';
import { MlfnError } from '../../errors.ts';
import { grant, readPolicy, revoke, type Statement } from './alias-policy.ts';
import { call, orNull } from './call.ts';
import { throttlingOf } from './config.ts';
import { type AwsCors, sameCors, toAws } from './cors.ts';
import { type HttpApiState, PERMISSION, preflightKeys } from './http-api-state.ts';
import { ALIAS, httpApiName, TAG, TAG_VALUE } from './names.ts';
import type { Session } from './session.ts';
import { warnOpen } from './url.ts';

const STAGE = '$default';
const ROUTE = '$default';
/** Milliseconds: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const TIMEOUT_MS = 30_000;
const ACTION = { get: 'apigateway:GET', post: 'apigateway:POST', patch: 'apigateway:PATCH', delete: 'apigateway:DELETE' };

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

/** The permission to call the function is given last: until then whoever comes through the API gets nowhere. */
export async function ensureHttpApi(session: Session, name: string): Promise<void> {
  const state = await observeHttpApi(session, name, await readPolicy(session, name));
  const id = state?.id ?? (await createApi(session, name));
  if (state !== null && !sameCors(state.cors, session.config.cors)) await setCors(session, id);
  const integration = state?.integration ?? (await createIntegration(session, name, id));
  const routes = state?.routes ?? {};
  await setRoute(session, id, { RouteKey: ROUTE, RouteId: routes[ROUTE], AuthorizationType: session.config.public ? 'NONE' : 'AWS_IAM', Target: `integrations/${integration}` });
  await setPreflight(session, id, routes, integration);
  await setStage(session, id);
  if (session.config.public) warnOpen(session, name);
  if (state?.permitted === true) return;
  await revoke(session, name, PERMISSION);
  const account = await session.account();
  await grant(session, name, {
    StatementId: PERMISSION,
    Action: 'lambda:InvokeFunction',
    Principal: 'apigateway.amazonaws.com',
    SourceArn: `arn:${session.partition}:execute-api:${session.region}:${account}:${id}/*`,
  });
}

async function change<T>(session: Session, action: string, resource: string, send: (signal: { abortSignal: AbortSignal }) => Promise<T>): Promise<T> {
  return call({ action, resource }, () => send({ abortSignal: session.ctx.signal }));
}

async function createApi(session: Session, name: string): Promise<string> {
  const gateway = await session.gateway();
  const { cors, tags } = session.config;
  const made = await change(session, ACTION.post, '/apis', (signal) =>
    gateway.send(
      new CreateApiCommand({
        Name: httpApiName(name),
        ProtocolType: 'HTTP',
        Description: `Endpoint of the function ${name}; made by mlfn`,
        Tags: { ...tags, [TAG]: TAG_VALUE },
        ...(cors === undefined ? {} : { CorsConfiguration: toAws(cors) }),
      }),
      signal,
    ),
  );
  return made.ApiId ?? '';
}

async function setCors(session: Session, ApiId: string): Promise<void> {
  const gateway = await session.gateway();
  const { cors } = session.config;
  if (cors === undefined) {
    await change(session, ACTION.delete, `/apis/${ApiId}/cors`, (signal) => gateway.send(new DeleteCorsConfigurationCommand({ ApiId }), signal));
  } else {
    await change(session, ACTION.patch, `/apis/${ApiId}`, (signal) => gateway.send(new UpdateApiCommand({ ApiId, CorsConfiguration: toAws(cors) }), signal));
  }
}

async function createIntegration(session: Session, name: string, ApiId: string): Promise<string> {
  const gateway = await session.gateway();
  const IntegrationUri = await aliasArn(session, name);
  const made = await change(session, ACTION.post, `/apis/${ApiId}/integrations`, (signal) =>
    gateway.send(
      new CreateIntegrationCommand({
        ApiId,
        IntegrationType: 'AWS_PROXY',
        IntegrationMethod: 'POST',
        IntegrationUri,
        PayloadFormatVersion: '2.0',
        TimeoutInMillis: TIMEOUT_MS,
      }),
      signal,
    ),
  );
  return made.IntegrationId ?? '';
}

async function setRoute(session: Session, ApiId: string, route: Pick<Route, 'RouteId' | 'AuthorizationType' | 'Target'> & { RouteKey: string }): Promise<void> {
  const gateway = await session.gateway();
  const { RouteId, ...wanted } = route;
  if (RouteId === undefined) {
    await change(session, ACTION.post, `/apis/${ApiId}/routes`, (signal) => gateway.send(new CreateRouteCommand({ ApiId, ...wanted }), signal));
  } else {
    await change(session, ACTION.patch, `/apis/${ApiId}/routes/${RouteId}`, (signal) => gateway.send(new UpdateRouteCommand({ ApiId, RouteId, ...wanted }), signal));
  }
}

/** A preflight is never signed: without routes of its own the closed one would refuse it. */
async function setPreflight(session: Session, ApiId: string, routes: Record<string, string>, integration: string): Promise<void> {
  const wanted = preflightKeys(session.config);
  for (const RouteKey of wanted) {
    if (routes[RouteKey] === undefined) await setRoute(session, ApiId, { RouteKey, AuthorizationType: 'NONE', Target: `integrations/${integration}` });
  }
  const gateway = await session.gateway();
  for (const [key, RouteId] of Object.entries(routes)) {
    if (!key.startsWith('OPTIONS ') || wanted.includes(key)) continue;
    await change(session, ACTION.delete, `/apis/${ApiId}/routes/${RouteId}`, (signal) => gateway.send(new DeleteRouteCommand({ ApiId, RouteId }), signal));
  }
}

async function setStage(session: Session, ApiId: string): Promise<void> {
  const gateway = await session.gateway();
  const throttling = throttlingOf(session.config);
  const DefaultRouteSettings: RouteSettings = { ThrottlingRateLimit: throttling?.rate, ThrottlingBurstLimit: throttling?.burst };
  const input = { ApiId, StageName: STAGE, AutoDeploy: true, DefaultRouteSettings };
  const resource = `/apis/${ApiId}/stages`;
  const updated = await orNull({ action: ACTION.patch, resource }, () =>
    gateway.send(new UpdateStageCommand(input), { abortSignal: session.ctx.signal }),
  );
  if (updated === null) await change(session, ACTION.post, resource, (signal) => gateway.send(new CreateStageCommand(input), signal));
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

async function aliasArn(session: Session, name: string): Promise<string> {
  return `arn:${session.partition}:lambda:${session.region}:${await session.account()}:function:${name}:${ALIAS}`;
}
