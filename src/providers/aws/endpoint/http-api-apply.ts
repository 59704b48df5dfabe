/** Makes an HTTP API, or mends what is not as it should be. Each call can be repeated after a kill. */
import {
  CreateApiCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand,
  DeleteCorsConfigurationCommand,
  DeleteRouteCommand,
  type Route,
  type RouteSettings,
  UpdateApiCommand,
  UpdateRouteCommand,
  UpdateStageCommand,
} from '@aws-sdk/client-apigatewayv2';
import { grant, readPolicy, revoke } from './alias-policy.ts';
import { call, orNull } from '../call.ts';
import { throttlingOf } from '../config.ts';
import { sameCors, toAws } from './cors.ts';
import { ACTION, aliasArn, observeHttpApi, ROUTE, STAGE } from './http-api.ts';
import { PERMISSION, preflightKeys } from './http-api-state.ts';
import { httpApiName, TAG, TAG_VALUE } from '../names.ts';
import type { Session } from '../session.ts';
import { warnOpen } from './url.ts';

/** Milliseconds: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const TIMEOUT_MS = 30_000;

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
