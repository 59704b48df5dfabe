/** The very zip and layer that were uploaded, read back from the bucket and run by AWS's own runtime. */
import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GetFunctionCommand, GetLayerVersionCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab } from '../e2e/lab.ts';
import { examples, expectedOf, rounded } from '../examples/expected.ts';
import { type Clients, clientsOf } from './lab/clients.ts';
import { ACCOUNT, REGION } from './lab/credentials.ts';
import { startMinistack, type Ministack } from './lab/ministack.ts';
import { type Runtime, startRuntime } from './lab/rie.ts';

const BUCKET = `mlfn-${ACCOUNT}-${REGION}`;

let cloud: Ministack;
let aws: Clients;
let lab: Lab;
beforeAll(async () => {
  cloud = await startMinistack();
  aws = clientsOf(cloud.env);
  lab = new Lab({ engine: 'auto' });
  Object.assign(lab.env, cloud.env);
});
afterAll(async () => {
  aws?.destroy();
  await lab?.close();
  await cloud?.stop();
});

/** As a Function URL sends it: docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
function urlEvent(body: string, encoded: boolean) {
  return {
    version: '2.0', routeKey: '$default', rawPath: '/', rawQueryString: '', isBase64Encoded: encoded,
    headers: { 'content-type': encoded ? 'application/octet-stream' : 'application/json', host: 'abc.lambda-url.eu-west-1.on.aws', 'x-forwarded-proto': 'https' },
    requestContext: {
      accountId: ACCOUNT, apiId: 'abc', domainName: 'abc.lambda-url.eu-west-1.on.aws', domainPrefix: 'abc', requestId: 'r-1', routeKey: '$default', stage: '$default',
      time: '21/Nov/2026:08:00:00 +0000', timeEpoch: 1795248000000,
      authorizer: { iam: { accessKey: 'AKIA', accountId: ACCOUNT, callerId: 'AIDA', cognitoIdentity: null, principalOrgId: null, userArn: `arn:aws:iam::${ACCOUNT}:user/u`, userId: 'AIDA' } },
      http: { method: 'POST', path: '/', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'curl' },
    },
    body: encoded ? Buffer.from(body).toString('base64') : body,
  };
}

/** Format 1.0 of an HTTP API: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
function httpApiEvent(body: string) {
  const headers = { 'Content-Type': 'application/json', Host: 'api.execute-api.eu-west-1.amazonaws.com' };
  return {
    version: '1.0', resource: '$default', path: '/', httpMethod: 'POST', headers, isBase64Encoded: false, body,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: null, multiValueQueryStringParameters: null, pathParameters: null, stageVariables: null,
    requestContext: { accountId: ACCOUNT, apiId: 'api', httpMethod: 'POST', path: '/', protocol: 'HTTP/1.1', requestId: 'r-2', resourceId: '$default', resourcePath: '$default', stage: '$default', identity: { sourceIp: '127.0.0.1', userAgent: 'curl' } },
  };
}

function plain(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return rounded(answer);
  const { model: _, ...rest } = answer as Record<string, unknown>;
  return rounded(rest);
}

const bodyOf = (answer: unknown) => plain(JSON.parse((answer as { body: string }).body));

/** With the flags, and the layers that come of them. */
const ways: [name: string, flags: string[], layers: number][] = [
  ['echo', [], 0],
  ['heart-disease', [], 0],
  ['knn-digits', [], 1],
  ['change', [], 1],
  ['heart-disease', ['--engine', 'native'], 1],
  ['heart-disease', ['--engine', 'native', '--one-zip'], 0],
];

describe.each(ways)('%s %j', (name, flags, expectedLayers) => {
  let runtime: Runtime;
  let cold: number;
  let first: unknown;
  const cases = expectedOf(name);
  const asked = cases.find(({ body, path: where }) => body !== undefined || where !== '/') ?? cases[0]!;
  // A bare event is a body; an app of the user's has none to be asked by.
  const event = asked.body ?? withPath(urlEvent('', false), asked.method, asked.path);

  beforeAll(async () => {
    const folder = path.join(lab.folder, [name, ...flags].join(''));
    cpSync(path.join(examples, name), folder, { recursive: true });
    const { live } = (await lab.json(['deploy', '--target', 'aws', ...flags], { cwd: folder })) as { live: number };
    const { Configuration } = await aws.lambda.send(new GetFunctionCommand({ FunctionName: name, Qualifier: 'live' }));
    const save = async (key: string, as: string) => {
      const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
      const file = path.join(lab.folder, `${name}-${as}.zip`);
      writeFileSync(file, await Body!.transformToByteArray());
      return file;
    };
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: `functions/${name}/releases/00000${live}.json` }));
    const { artifacts } = JSON.parse(await Body!.transformToString()) as { artifacts: { function: string; dependencies: string } };
    const layers = Configuration?.Layers ?? [];
    assert.equal(layers.length, expectedLayers);
    for (const { Arn } of layers) {
      const version = await aws.lambda.send(new GetLayerVersionCommand({ LayerName: Arn!.slice(0, Arn!.lastIndexOf(':')), VersionNumber: Number(Arn!.split(':').at(-1)) }));
      assert.equal(version.Description, artifacts.dependencies);
    }
    const dependencies = layers.length === 0 ? [] : [await save(`objects/${artifacts.dependencies}.zip`, 'layer')];
    const zip = await save(`objects/${artifacts.function}.zip`, 'function');
    const env = { ...Configuration?.Environment?.Variables, AWS_ENDPOINT_URL: cloud.endpoint };
    const begun = performance.now();
    runtime = await startRuntime({ zip, layers: dependencies, handler: Configuration?.Handler as string, env });
    const ready = performance.now();
    first = await runtime.invoke(event);
    cold = performance.now() - ready;
    // oxlint-disable-next-line no-console -- a measurement to read
    console.log(`${name} ${flags.join(' ')}: unpacked and started in ${(ready - begun).toFixed(0)} ms, first answer ${cold.toFixed(0)} ms later`);
  });
  afterAll(() => runtime?.stop());

  test('the first event, a bare one where there is a body, is answered as expected.json says', () => {
    const answer = first as { statusCode?: number };
    expect(answer.statusCode === undefined ? plain(answer) : bodyOf(answer)).toEqual(rounded(asked.answer));
    expect(cold).toBeGreaterThan(0);
  });

  test('a Function URL, text or base64, and both formats of an HTTP API are answered alike', async () => {
    const text = asked.body === undefined ? '' : JSON.stringify(asked.body);
    const { headers: _h, ...api } = urlEvent(text, false);
    const events: Record<string, unknown>[] = [
      urlEvent(text, false),
      urlEvent(text, true),
      { ...api, headers: { 'content-type': 'application/json', host: 'api.execute-api.eu-west-1.amazonaws.com' } },
      httpApiEvent(text),
    ];
    for (const each of events) {
      const answer = await runtime.invoke(withPath(each, asked.method, asked.path));
      expect(answer).toMatchObject({ statusCode: asked.status });
      expect(bodyOf(answer)).toEqual(rounded(asked.answer));
    }
  });
});

function withPath(event: Record<string, unknown>, method: string, where: string): Record<string, unknown> {
  if (event['version'] === '1.0') return { ...event, httpMethod: method, path: where, requestContext: { ...(event['requestContext'] as object), httpMethod: method, path: where } };
  const context = event['requestContext'] as { http: object };
  return { ...event, rawPath: where, requestContext: { ...context, http: { ...context.http, method, path: where } } };
}

test('nothing else than the packages, their history and no model apart is in the bucket', async () => {
  const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  const kinds = new Set(Contents.map(({ Key = '' }) => Key.replace(/[0-9a-f]{64}|\d{6}/, '*').replace(/functions\/[\w-]+/, 'functions/*')));
  expect([...kinds].toSorted()).toEqual(['functions/*/releases/*.json', 'functions/*/releases/*.verified.json', 'objects/*.zip']);
});
