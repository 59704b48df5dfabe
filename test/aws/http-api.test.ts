/** The HTTP API in front: made, called through, changed, switched off and deleted, and nothing of it left. */
import { ApiGatewayV2Client, DeleteRouteCommand, GetApisCommand, GetRoutesCommand, GetStageCommand } from '@aws-sdk/client-apigatewayv2';
import { GetFunctionUrlConfigCommand, GetPolicyCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { remove } from '../../src/pipeline.ts';
import { openTarget } from '../../src/providers/index.ts';
import { ask, paste, shownTry } from './http-lab.ts';
import { startSettingsLab, type SettingsLab } from './settings-lab.ts';

let lab: SettingsLab;
let gateway: ApiGatewayV2Client;
beforeAll(async () => {
  lab = await startSettingsLab();
  gateway = new ApiGatewayV2Client({ endpoint: lab.gate.endpoint, region: 'eu-west-1' });
});
afterAll(async () => {
  gateway?.destroy();
  await lab?.stop();
});

const apiOf = async (name: string) => (await gateway.send(new GetApisCommand({}))).Items?.find((api) => api.Name === `mlfn-${name}`);
const urlOf = (name: string) => lab.aws.lambda.send(new GetFunctionUrlConfigCommand({ FunctionName: name, Qualifier: 'live' })).catch(() => null);
async function statements(name: string): Promise<string[]> {
  const policy = await lab.aws.lambda.send(new GetPolicyCommand({ FunctionName: name, Qualifier: 'live' })).catch(() => null);
  return policy === null ? [] : (JSON.parse(policy.Policy ?? '').Statement as { Sid: string }[]).map(({ Sid }) => Sid);
}

describe('an HTTP API', () => {
  const section = { httpApi: { rate: 5, burst: 2 } };

  test('is the one door: closed, throttled, tagged; the printed line and invoke are let in', async () => {
    const made = await lab.deploy('gated', { section });
    const api = await apiOf('gated');
    expect(api).toMatchObject({ ProtocolType: 'HTTP', Tags: { mlfn: '1' } });
    expect(made.url).toBe(`${api?.ApiEndpoint}/`);
    expect(await urlOf('gated')).toBeNull();
    expect(await statements('gated')).toEqual(['mlfn-http-api']);
    const stage = await gateway.send(new GetStageCommand({ ApiId: api?.ApiId, StageName: '$default' }));
    expect(stage).toMatchObject({ AutoDeploy: true, DefaultRouteSettings: { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 2 } });
    expect((await ask(lab, made.url ?? '')).status).toBe(403);

    const { line } = await shownTry(lab, made, section);
    expect(line).toContain('--aws-sigv4 aws:amz:eu-west-1:execute-api');
    expect(JSON.parse((await paste(lab, line)).stdout)).toHaveProperty('got');
    expect(await lab.ask('gated')).toEqual({ status: 200, body: { got: {} } });
    expect((await lab.deploy('gated', { section })).status).toBe('up-to-date');
  }, 60_000);

  test('throttles, opens and answers pages as it is told, one call each', async () => {
    const cors = { origins: ['https://shop.example'] };
    const changed = { httpApi: true, cors };
    lab.gate.clear();
    const made = await lab.deploy('gated', { section: changed });
    expect(made.steps).toMatchObject([{ kind: 'ensure', resource: 'HTTP API', change: 'update' }]);
    const routes = await gateway.send(new GetRoutesCommand({ ApiId: (await apiOf('gated'))?.ApiId }));
    expect(routes.Items?.map(({ RouteKey, AuthorizationType }) => [RouteKey, AuthorizationType]).sort()).toEqual([
      ['$default', 'AWS_IAM'], ['OPTIONS /', 'NONE'], ['OPTIONS /{proxy+}', 'NONE'],
    ]);
    const preflight = (path: string) => ask(lab, made.url ?? '', { method: 'OPTIONS', path, headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' } });
    for (const path of ['/', '/predict']) expect((await preflight(path)).headers['access-control-allow-origin']).toBe('https://shop.example');
    for (const { RouteKey, RouteId } of routes.Items ?? []) {
      if (RouteKey !== '$default') await gateway.send(new DeleteRouteCommand({ ApiId: (await apiOf('gated'))?.ApiId, RouteId }));
    }
    for (const path of ['/', '/predict']) expect((await preflight(path)).status).toBe(403);
    expect((await lab.deploy('gated', { section: changed })).status).toBe('deployed');
    for (const path of ['/', '/predict']) expect((await preflight(path)).headers['access-control-allow-origin']).toBe('https://shop.example');
    expect((await lab.deploy('gated', { section: changed })).status).toBe('up-to-date');

    const open = await lab.deploy('gated', { section: { ...changed, public: true } });
    expect(lab.events).toContainEqual(expect.objectContaining({ type: 'warning', text: expect.stringContaining('gated IS OPEN') }));
    expect(await ask(lab, open.url ?? '', { path: '/predict' })).toMatchObject({ status: 200, body: '{"got": {}}' });
    const { line } = await shownTry(lab, open, { ...changed, public: true });
    expect(line).not.toContain('sigv4');
    expect(JSON.parse((await paste(lab, line)).stdout)).toHaveProperty('got');

    const plain = await lab.deploy('gated', { section });
    expect(await ask(lab, plain.url ?? '')).toMatchObject({ status: 403 });
    expect((await apiOf('gated'))?.CorsConfiguration).toBeUndefined();
    expect((await lab.deploy('gated', { section })).status).toBe('up-to-date');
  }, 60_000);

  test('switched off gives way to the Function URL; switched on again is made anew', async () => {
    const off = await lab.deploy('gated');
    expect(off.steps.map((step) => step.kind === 'ensure' && `${step.change} ${step.resource}`)).toEqual(['create endpoint', 'remove HTTP API']);
    expect(await apiOf('gated')).toBeUndefined();
    expect(await statements('gated')).toEqual([]);
    expect(off.url).toContain('.lambda-url.');
    expect((await lab.ask('gated')).status).toBe(200);
    expect((await lab.deploy('gated')).status).toBe('up-to-date');
    expect((await lab.deploy('gated', { section })).url).toContain('.execute-api.');
  }, 60_000);

  test('of a deploy that was stopped before the permission is finished by the next, and there is one', async () => {
    lab.gate.fault({ operation: 'lambda:AddPermission' }, { status: 400, code: 'ValidationException', message: 'stopped here' });
    await expect(lab.deploy('halted', { section })).rejects.toMatchObject({ code: 'AWS_FAILED' });
    const first = await apiOf('halted');
    await lab.deploy('halted', { section });
    const apis = (await gateway.send(new GetApisCommand({}))).Items?.filter((api) => api.Name === 'mlfn-halted');
    expect(apis?.map(({ ApiId }) => ApiId)).toEqual([first?.ApiId]);
    expect((await lab.ask('halted')).status).toBe(200);
  }, 60_000);

  const each = (operation: string, nth = 1) => ({ operation: `apigateway:${operation}`, nth });
  test.each([each('CreateApi'), each('CreateIntegration'), each('CreateRoute'), each('CreateRoute', 2), each('CreateRoute', 3), each('CreateStage')])(
    'of a deploy that lost the answer to $operation $nth is there once',
    async (point) => {
      const name = `lost-${point.operation.slice(17).toLowerCase()}-${point.nth}`;
      const closed = { section: { ...section, cors: { origins: ['https://shop.example'] } } };
      lab.gate.clear();
      lab.gate.fault(point, { kind: 'cut-after' });
      expect((await lab.deploy(name, closed)).url).toContain('.execute-api.');
      const count = (operation: string) => lab.gate.calls.filter((call) => call.done && call.name === `apigateway:${operation}`).length;
      expect(['CreateApi', 'CreateIntegration', 'CreateRoute', 'CreateStage'].map(count)).toEqual([1, 1, 3, 1]);
      expect((await lab.ask(name)).status).toBe(200);
      expect((await lab.deploy(name, closed)).status).toBe('up-to-date');
      await remove(lab.ctx, await lab.request(name, closed));
    },
    60_000,
  );

  test('of two deploys at once is one, and both tell its URL', async () => {
    const held = lab.gate.hold({ operation: 'apigateway:CreateApi' }, 'request');
    const slow = lab.deploy('pair', { section });
    await held.reached;
    const fast = await lab.deploy('pair', { section });
    held.release();
    expect((await slow).url).toBe(fast.url);
    const apis = (await gateway.send(new GetApisCommand({}))).Items?.filter((api) => api.Name === 'mlfn-pair');
    expect(apis?.map(({ ApiEndpoint }) => `${ApiEndpoint}/`)).toEqual([fast.url]);
    expect(await statements('pair')).toEqual(['mlfn-http-api']);
    expect((await lab.ask('pair')).status).toBe(200);
    expect((await lab.deploy('pair', { section })).status).toBe('up-to-date');
    await remove(lab.ctx, await lab.request('pair', { section }));
  }, 60_000);

  test('goes with the function, also when its deploy was stopped and nobody says that there is one', async () => {
    lab.gate.fault({ operation: 'lambda:AddPermission' }, { status: 400, code: 'ValidationException', message: 'stopped here' });
    await expect(lab.deploy('orphan', { section })).rejects.toThrow();
    expect(await apiOf('orphan')).toBeDefined();
    const gone = await remove(lab.ctx, await lab.request('orphan'));
    expect(gone.steps).toMatchObject([{ kind: 'remove', also: expect.arrayContaining([expect.stringContaining('the HTTP API mlfn-orphan')]) }]);
    expect(await apiOf('orphan')).toBeUndefined();
    await remove(lab.ctx, await lab.request('gated', { section }));
    expect(await apiOf('gated')).toBeUndefined();
  }, 60_000);

  test('longer than 30 seconds is refused before anything is made', async () => {
    lab.gate.clear();
    const settings = { memory: 256, timeout: 31, concurrency: 1, idle: 60, env: {} };
    await expect(lab.deploy('slow', { section, settings })).rejects.toMatchObject({ code: 'AWS_HTTP_API_TIMEOUT', hint: expect.stringContaining('--http-api') });
    expect(lab.gate.changes()).toEqual([]);
  }, 60_000);
});

describe('a call of the function itself, of its URL and of its HTTP API', () => {
  test.each([{ msg: 'hello' }, [1, 'two', null], 'text', null])('answers %j alike', async (payload) => {
    const code = 'def answer(payload):\n    return {"got": payload}\n';
    await lab.deploy('alike', { code });
    const target = await openTarget('aws', {});
    const body = Buffer.from(JSON.stringify(payload));
    const call = { method: 'POST', path: '/', headers: { 'content-type': 'application/json' }, body };
    const text = (answer: { body: Uint8Array }) => JSON.parse(Buffer.from(answer.body).toString('utf8')) as unknown;
    const bare = await target.provider.direct?.(lab.ctx, target.config, 'alike', null, body);
    const byUrl = await target.provider.invoke(lab.ctx, target.config, 'alike', null, call);
    const section = { httpApi: true };
    await lab.deploy('alike', { code, section });
    const behind = await openTarget('aws', section);
    const byApi = await behind.provider.invoke(lab.ctx, behind.config, 'alike', null, call);
    expect([bare!, byUrl, byApi].map(text)).toEqual([{ got: payload }, { got: payload }, { got: payload }]);
    expect([bare!, byUrl, byApi].map(({ status, release }) => [status, release])).toEqual([[200, 1], [200, 1], [200, 1]]);
  }, 60_000);
});

test('who has none makes no call of API Gateway, and needs no permission for it', async () => {
  lab.gate.clear();
  await lab.deploy('plain');
  expect(lab.gate.actions().filter((action) => action.startsWith('apigateway'))).toEqual([]);
  lab.gate.fault({ operation: 'apigateway:GetApis', times: Infinity }, { status: 403, code: 'AccessDeniedException', message: 'User is not authorized' });
  expect((await remove(lab.ctx, await lab.request('plain'))).status).toBe('removed');
}, 60_000);
