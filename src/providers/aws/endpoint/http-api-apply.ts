/** Makes an HTTP API, or mends what is not as it should be. Each call can be repeated after a kill. */
import {
  type ApiGatewayV2Client,
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
import { until } from '../../patience.ts';
import { call, nameOf, once, orNull, Patience } from '../call.ts';
import { throttlingOf } from '../config.ts';
import { sameCors, toAws } from './cors.ts';
import { explainAws } from '../errors.ts';
import { ACTION, aliasArn, deleteApis, findIntegration, findRoute, isPermitted, observeHttpApi, ROUTE, STAGE } from './http-api.ts';
import { type HttpApiState, PERMISSION, preflightKeys } from './http-api-state.ts';
import { httpApiName, TAG, TAG_VALUE } from '../names.ts';
import type { Session } from '../session.ts';
import { warnOpen } from './url.ts';

/** Milliseconds: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const TIMEOUT_MS = 30_000;

/** The permission to call the function is given last: until then whoever comes through the API gets nowhere. */
export async function ensureHttpApi(session: Session, name: string): Promise<void> {
  const look = async () => observeHttpApi(session, name, await readPolicy(session, name));
  const { id, cors, routes, twins, ...state } = (await look()) ?? (await createApi(session, name, look));
  if (!sameCors(cors, session.config.cors)) await setCors(session, id);
  const integration = state.integration ?? (await createIntegration(session, name, id));
  await setRoute(session, id, { RouteKey: ROUTE, RouteId: routes[ROUTE], AuthorizationType: session.config.public ? 'NONE' : 'AWS_IAM', Target: `integrations/${integration}` });
  await setPreflight(session, id, routes, integration);
  await setStage(session, id);
  if (session.config.public) warnOpen(session, name);
  if (!state.permitted) await permit(session, name, id);
  await deleteApis(session, twins);
}

async function permit(session: Session, name: string, id: string): Promise<void> {
  // A teammate's deploy may have done it meanwhile: taken away and given again, calls would fail in between.
  if (isPermitted(await readPolicy(session, name), id)) return;
  await revoke(session, name, PERMISSION);
  const account = await session.account();
  await grant(session, name, {
    StatementId: PERMISSION,
    Action: 'lambda:InvokeFunction',
    Principal: 'apigateway.amazonaws.com',
    SourceArn: `arn:${session.partition}:execute-api:${session.region}:${account}:${id}/*`,
  });
}

const CONFLICT = 'ConflictException';

/** What was made already, by a call whose answer was lost or by a teammate's deploy, is found and not made again. */
async function make<T>(session: Session, resource: string, send: (gateway: ApiGatewayV2Client) => Promise<T | undefined>, find: () => Promise<T | null>): Promise<T> {
  const need = { action: ACTION.post, resource };
  const gateway = await session.gatewayOnce();
  try {
    return (await call(need, () => once(session, need, () => send(gateway), find), [CONFLICT])) as T;
  } catch (error) {
    const found = nameOf(error) === CONFLICT ? await find() : null;
    if (found === null) throw explainAws(error, need);
    return found;
  }
}

async function change<T>(session: Session, action: string, resource: string, send: (signal: { abortSignal: AbortSignal }) => Promise<T>): Promise<T> {
  return call({ action, resource }, () => send({ abortSignal: session.ctx.signal }));
}

/** @returns the one to go on with: of two that were made at once, both deploys take the same */
async function createApi(session: Session, name: string, look: () => Promise<HttpApiState | null>): Promise<HttpApiState> {
  const { cors, tags } = session.config;
  const command = new CreateApiCommand({
    Name: httpApiName(name),
    ProtocolType: 'HTTP',
    Description: `Endpoint of the function ${name}; made by mlfn`,
    Tags: { ...tags, [TAG]: TAG_VALUE },
    ...(cors === undefined ? {} : { CorsConfiguration: toAws(cors) }),
  });
  await make(session, '/apis', async (gateway) => (await gateway.send(command, { abortSignal: session.ctx.signal })).ApiId, async () => (await look())?.id ?? null);
  return (await until(new Patience(session), 'the HTTP API to be listed', look, (state) => state !== null)) as HttpApiState;
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
  const command = new CreateIntegrationCommand({
    ApiId,
    IntegrationType: 'AWS_PROXY',
    IntegrationMethod: 'POST',
    IntegrationUri: await aliasArn(session, name),
    PayloadFormatVersion: '2.0',
    TimeoutInMillis: TIMEOUT_MS,
  });
  const send = async (gateway: ApiGatewayV2Client) => (await gateway.send(command, { abortSignal: session.ctx.signal })).IntegrationId;
  return make(session, `/apis/${ApiId}/integrations`, send, () => findIntegration(session, name, ApiId));
}

async function setRoute(session: Session, ApiId: string, route: Pick<Route, 'RouteId' | 'AuthorizationType' | 'Target'> & { RouteKey: string }): Promise<void> {
  const gateway = await session.gateway();
  const { RouteId, ...wanted } = route;
  const update = async (id: string) =>
    change(session, ACTION.patch, `/apis/${ApiId}/routes/${id}`, (signal) => gateway.send(new UpdateRouteCommand({ ApiId, RouteId: id, ...wanted }), signal));
  if (RouteId !== undefined) return void (await update(RouteId));
  const command = new CreateRouteCommand({ ApiId, ...wanted });
  const send = async (asked: ApiGatewayV2Client) => (await asked.send(command, { abortSignal: session.ctx.signal })).RouteId;
  await make(session, `/apis/${ApiId}/routes`, send, async () => {
    const id = await findRoute(session, ApiId, route.RouteKey);
    // A teammate's may be open where ours is closed.
    if (id !== null) await update(id);
    return id;
  });
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
  const update = () => orNull({ action: ACTION.patch, resource }, () => gateway.send(new UpdateStageCommand(input), { abortSignal: session.ctx.signal }));
  if ((await update()) !== null) return;
  await make(session, resource, (asked) => asked.send(new CreateStageCommand(input), { abortSignal: session.ctx.signal }), update);
}
