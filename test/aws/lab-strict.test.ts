import { createHash } from 'node:crypto';
import http from 'node:http';
import {
  AddPermissionCommand, CreateAliasCommand, CreateFunctionCommand, CreateFunctionUrlConfigCommand, DeleteFunctionCommand, GetFunctionConfigurationCommand,
  GetFunctionUrlConfigCommand,
  InvokeCommand, ListAliasesCommand, PublishLayerVersionCommand, PublishVersionCommand, UpdateAliasCommand, UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2, type CreateFunctionCommandInput,
  type UpdateFunctionConfigurationCommandInput,
} from '@aws-sdk/client-lambda';
import { CreateRoleCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, HeadBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientsOf, type Clients } from './lab/clients.ts';
import { startGate, type Gate } from './lab/gate.ts';
import { strictRules } from './lab/gate/strict.ts';
import { startMinistack, type Ministack } from './lab/ministack.ts';
import { zipOf } from './lab/zip.ts';

const TRUST = (service: string) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }] });
const CODE = zipOf({ 'm.py': 'def h(event, context):\n    return {"statusCode": 200, "body": context.function_version}\n' });
const INVALID = 'InvalidParameterValueException';

let lab: Ministack;
let gate: Gate;
let aws: Clients;
let role: string;
let name: string;
let functions = 0;

beforeAll(async () => {
  lab = await startMinistack();
  gate = await startGate({ target: lab.endpoint, rules: strictRules(lab.env) });
  aws = clientsOf(gate.env);
  // Past the gate, which has therefore not seen that it is new.
  const made = await clientsOf(lab.env).iam.send(new CreateRoleCommand({ RoleName: 'ready', AssumeRolePolicyDocument: TRUST('lambda.amazonaws.com') }));
  role = made.Role?.Arn as string;
});
beforeEach(() => {
  functions += 1;
  name = `strict-${functions}`;
});
afterAll(async () => {
  aws?.destroy();
  await gate?.stop();
  await lab?.stop();
});

function create(input: Partial<CreateFunctionCommandInput> = {}) {
  return aws.lambda.send(new CreateFunctionCommand({ FunctionName: name, Role: role, Runtime: 'python3.12', Handler: 'm.h', Code: { ZipFile: CODE }, ...input }));
}

async function active(): Promise<void> {
  await create();
  await waitUntilFunctionActiveV2({ client: aws.lambda, maxWaitTime: 20, minDelay: 1 }, { FunctionName: name });
}

const configure = (input: Partial<UpdateFunctionConfigurationCommandInput>) =>
  aws.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, ...input }));
const updated = () => waitUntilFunctionUpdatedV2({ client: aws.lambda, maxWaitTime: 20, minDelay: 1 }, { FunctionName: name });

describe('role', () => {
  const REFUSED = { name: INVALID, message: 'The role defined for the function cannot be assumed by Lambda.' };

  it('must exist', async () => {
    await expect(create({ Role: 'arn:aws:iam::123456789012:role/none' })).rejects.toMatchObject(REFUSED);
  });

  it('is refused three times after it was made', async () => {
    const { Role } = await aws.iam.send(new CreateRoleCommand({ RoleName: 'new', AssumeRolePolicyDocument: TRUST('lambda.amazonaws.com') }));
    for (let tries = 0; tries < 3; tries += 1) await expect(create({ Role: Role?.Arn as string })).rejects.toMatchObject(REFUSED);
    expect((await create({ Role: Role?.Arn as string })).FunctionName).toBe(name);
  });

  it('must trust Lambda', async () => {
    const { Role } = await clientsOf(lab.env).iam.send(new CreateRoleCommand({ RoleName: 'other', AssumeRolePolicyDocument: TRUST('ec2.amazonaws.com') }));
    await expect(create({ Role: Role?.Arn as string })).rejects.toMatchObject(REFUSED);
    await aws.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'other', PolicyDocument: TRUST('lambda.amazonaws.com') }));
    expect((await create({ Role: Role?.Arn as string })).FunctionName).toBe(name);
  });
});

describe('states', () => {
  it('refuses to call or change a function that is being made, and to change one that is being changed', async () => {
    await create();
    const pending = { name: 'ResourceConflictException', message: expect.stringContaining('Pending'), $metadata: { httpStatusCode: 409 } };
    await expect(aws.lambda.send(new InvokeCommand({ FunctionName: name }))).rejects.toMatchObject(pending);
    await expect(configure({ MemorySize: 256 })).rejects.toMatchObject(pending);
    await waitUntilFunctionActiveV2({ client: aws.lambda, maxWaitTime: 20, minDelay: 1 }, { FunctionName: name });
    await configure({ MemorySize: 256 });
    const busy = { name: 'ResourceConflictException', message: expect.stringContaining('An update is in progress for resource: arn:aws:lambda:eu-west-1:123456789012') };
    await expect(aws.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: CODE }))).rejects.toMatchObject(busy);
    await expect(aws.lambda.send(new PublishVersionCommand({ FunctionName: name }))).rejects.toMatchObject(busy);
    expect((await aws.lambda.send(new InvokeCommand({ FunctionName: name }))).StatusCode).toBe(200);
    await updated();
    expect((await aws.lambda.send(new PublishVersionCommand({ FunctionName: name }))).Version).toBe('1');
  });
});

describe('revisions', () => {
  it('refuses a revision that is not the latest, in every call that takes one', async () => {
    await active();
    const stale = { name: 'PreconditionFailedException', $metadata: { httpStatusCode: 412 } };
    await expect(configure({ MemorySize: 256, RevisionId: 'stale' })).rejects.toMatchObject(stale);
    await expect(aws.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: CODE, RevisionId: 'stale' }))).rejects.toMatchObject(stale);
    await expect(aws.lambda.send(new PublishVersionCommand({ FunctionName: name, RevisionId: 'stale' }))).rejects.toMatchObject(stale);
    const { RevisionId, CodeSha256 } = await aws.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
    await expect(aws.lambda.send(new PublishVersionCommand({ FunctionName: name, CodeSha256: 'other' })))
      .rejects.toMatchObject({ name: INVALID, message: expect.stringContaining('is different from current CodeSHA256 in $LATEST') });
    await aws.lambda.send(new PublishVersionCommand({ FunctionName: name, RevisionId, CodeSha256 }));
    await aws.lambda.send(new CreateAliasCommand({ FunctionName: name, Name: 'live', FunctionVersion: '1' }));
    await expect(aws.lambda.send(new UpdateAliasCommand({ FunctionName: name, Name: 'live', FunctionVersion: '1', RevisionId: 'stale' }))).rejects.toMatchObject(stale);
    expect(CodeSha256).toBe(createHash('sha256').update(CODE).digest('base64'));
  });
});

/** Two published versions and the alias `live` at the first. */
async function twoVersions(): Promise<void> {
  await active();
  await aws.lambda.send(new PublishVersionCommand({ FunctionName: name }));
  await configure({ Description: 'second' });
  await updated();
  await aws.lambda.send(new PublishVersionCommand({ FunctionName: name }));
  await aws.lambda.send(new CreateAliasCommand({ FunctionName: name, Name: 'live', FunctionVersion: '1' }));
}

describe('aliases', () => {
  const point = (FunctionVersion: string | undefined, weights: Record<string, number> = {}) =>
    aws.lambda.send(new UpdateAliasCommand({ FunctionName: name, Name: 'live', FunctionVersion, RoutingConfig: { AdditionalVersionWeights: weights } }));

  it('point to versions that exist', async () => {
    await twoVersions();
    const missing = { name: 'ResourceNotFoundException', message: expect.stringMatching(/^Function not found: arn:aws:lambda:.*:9$/), $metadata: { httpStatusCode: 404 } };
    await expect(aws.lambda.send(new CreateAliasCommand({ FunctionName: name, Name: 'other', FunctionVersion: '9' }))).rejects.toMatchObject(missing);
    await expect(point('9')).rejects.toMatchObject(missing);
    await expect(point('1', { 9: 0.5 })).rejects.toMatchObject(missing);
    await expect(point('1', { $LATEST: 0.5 })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(point('$LATEST', { 1: 0.5 })).rejects.toMatchObject({ name: INVALID });
    await expect(point(undefined, { 1: 0.5 })).rejects.toMatchObject({ name: INVALID });
    expect((await point('2')).FunctionVersion).toBe('2');
  });

  it('send calls to two versions by their weights, by Invoke and by URL', async () => {
    await twoVersions();
    const url = await publicUrl();
    const asked = async () => {
      const answer = await aws.lambda.send(new InvokeCommand({ FunctionName: name, Qualifier: 'live' }));
      return [answer.ExecutedVersion, (await get(url)).body];
    };
    const seen = async (times: number) => (await Promise.all(Array.from({ length: times }, asked))).flat();
    await point('1', { 2: 1 });
    expect(new Set(await seen(3))).toEqual(new Set(['2']));
    await point('1', { 2: 0.5 });
    // Twice 2^-40: that one version answers them all.
    expect(new Set(await seen(20))).toEqual(new Set(['1', '2']));
    await point('1');
    expect(new Set(await seen(3))).toEqual(new Set(['1']));
    expect((await aws.lambda.send(new ListAliasesCommand({ FunctionName: name }))).Aliases).toHaveLength(1);
  });
});

async function publicUrl(): Promise<URL> {
  const at = { FunctionName: name, Qualifier: 'live' };
  const { FunctionUrl } = await aws.lambda.send(new CreateFunctionUrlConfigCommand({ ...at, AuthType: 'NONE' }));
  await aws.lambda.send(new AddPermissionCommand({ ...at, StatementId: 'url', Action: 'lambda:InvokeFunctionUrl', Principal: '*', FunctionUrlAuthType: 'NONE' }));
  await aws.lambda.send(new AddPermissionCommand({ ...at, StatementId: 'function', Action: 'lambda:InvokeFunction', Principal: '*', InvokedViaFunctionUrl: true }));
  return new URL(FunctionUrl as string);
}

/** At the gate, under the URL's own host name. */
function get(url: URL, headers: Record<string, string> = {}): Promise<{ status: number | undefined; body: string }> {
  const { hostname, port } = new URL(gate.endpoint);
  return new Promise((resolve, reject) => {
    const request = http.get({ hostname, port, path: url.pathname + url.search, headers: { ...headers, host: url.host } }, (response) => {
      let body = '';
      response.on('data', (text) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    request.on('error', reject);
  });
}

async function signed(url: URL, accessKeyId: string, secretAccessKey: string): Promise<Record<string, string>> {
  const signer = new SignatureV4({ service: 'lambda', region: 'eu-west-1', credentials: { accessKeyId, secretAccessKey }, sha256: Hash.bind(null, 'sha256') as never });
  const query = Object.fromEntries(url.searchParams);
  return (await signer.sign({ method: 'GET', protocol: 'https:', hostname: url.hostname, path: url.pathname, query, headers: { host: url.host } })).headers;
}

describe('function URLs', () => {
  it('are open to all only with both permissions for all', async () => {
    await twoVersions();
    const at = { FunctionName: name, Qualifier: 'live' };
    const { FunctionUrl } = await aws.lambda.send(new CreateFunctionUrlConfigCommand({ ...at, AuthType: 'NONE' }));
    const url = new URL(FunctionUrl as string);
    expect((await get(url)).status).toBe(403);
    await aws.lambda.send(new AddPermissionCommand({ ...at, StatementId: 'url', Action: 'lambda:InvokeFunctionUrl', Principal: '*', FunctionUrlAuthType: 'NONE' }));
    expect((await get(url)).status).toBe(403);
    await aws.lambda.send(new AddPermissionCommand({ ...at, StatementId: 'account', Action: 'lambda:InvokeFunction', Principal: '123456789012' }));
    expect((await get(url)).status).toBe(403);
    await aws.lambda.send(new AddPermissionCommand({ ...at, StatementId: 'function', Action: 'lambda:InvokeFunction', Principal: '*', InvokedViaFunctionUrl: true }));
    expect(await get(url)).toEqual({ status: 200, body: '1' });
    expect(gate.calls.at(-1)).toMatchObject({ service: 'url', status: 200 });
  });

  it('with AWS_IAM want a right signature of the account, or both permissions for another', async () => {
    await twoVersions();
    const at = { FunctionName: name, Qualifier: 'live' };
    const { FunctionUrl } = await aws.lambda.send(new CreateFunctionUrlConfigCommand({ ...at, AuthType: 'AWS_IAM' }));
    const url = new URL('a%20b/ü?x=1&y=%2F', FunctionUrl);
    const ask = async (key: string, secret: string) => (await get(url, await signed(url, key, secret))).status;
    expect((await get(url)).status).toBe(403);
    expect(await ask('test', 'wrong')).toBe(403);
    expect(await ask('test', 'test')).toBe(200);
    expect(await ask('210987654321', 'test')).toBe(403);
    await aws.lambda.send(new AddPermissionCommand({ ...at, StatementId: 'a', Action: 'lambda:InvokeFunctionUrl', Principal: '210987654321', FunctionUrlAuthType: 'AWS_IAM' }));
    expect(await ask('210987654321', 'test')).toBe(403);
    await aws.lambda.send(new AddPermissionCommand({ ...at, StatementId: 'b', Action: 'lambda:InvokeFunction', Principal: '210987654321', InvokedViaFunctionUrl: true }));
    expect(await ask('210987654321', 'test')).toBe(200);
  });
});

describe('the log of a call', () => {
  it('has the lines of Lambda, and Init Duration for the first of a version only', async () => {
    await active();
    const code = zipOf({ 'm.py': 'def h(event, context):\n    print("printed")\n    return event["a"]\n' });
    await aws.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: code }));
    await updated();
    await aws.lambda.send(new PublishVersionCommand({ FunctionName: name }));
    const tail = async (payload: string) => {
      const answer = await aws.lambda.send(new InvokeCommand({ FunctionName: name, Qualifier: '1', LogType: 'Tail', Payload: Buffer.from(payload) }));
      return { failed: answer.FunctionError, payload: Buffer.from(answer.Payload as Uint8Array).toString(), log: Buffer.from(answer.LogResult ?? '', 'base64').toString() };
    };
    const REPORT = /\nEND RequestId: \S+\nREPORT RequestId: \S+\tDuration: \d+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\t/;
    const [first, second, wrong] = [await tail('{"a":1}'), await tail('{"a":1}'), await tail('{}')];
    for (const { log } of [first, second, wrong]) {
      expect(log).toMatch(/^START RequestId: \S+ Version: 1\nprinted\n/);
      expect(log).toMatch(REPORT);
    }
    expect([first, second].map(({ log }) => /Init Duration: [\d.]+ ms/.test(log))).toEqual([true, false]);
    expect(wrong).toMatchObject({ failed: 'Unhandled', log: expect.stringContaining("KeyError: 'a'") });
    expect(JSON.parse(wrong.payload)).toEqual({
      errorMessage: "'a'", errorType: 'KeyError', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      stackTrace: [expect.stringMatching(/^ {2}File "\/var\/task\/m\.py", line 3, in h\n {4}return event\["a"\]\n/)],
    });
  });
});

describe('a deleted function', () => {
  it('takes its URL with it', async () => {
    await twoVersions();
    const url = await publicUrl();
    expect((await get(url)).status).toBe(200);
    await aws.lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
    expect((await get(url)).status).toBe(404);
    await twoVersions();
    await expect(aws.lambda.send(new GetFunctionUrlConfigCommand({ FunctionName: name, Qualifier: 'live' }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('code', () => {
  it('must be in the bucket', async () => {
    await aws.s3.send(new CreateBucketCommand({ Bucket: 'code' }));
    await aws.s3.send(new PutObjectCommand({ Bucket: 'code', Key: 'there', Body: CODE }));
    const at = (S3Bucket: string, S3Key: string) => ({ S3Bucket, S3Key });
    await expect(create({ Code: at('code', 'gone') })).rejects.toMatchObject({ name: INVALID, message: expect.stringContaining('S3 Error Code: NoSuchKey') });
    await expect(create({ Code: at('none', 'gone') })).rejects.toMatchObject({ name: INVALID, message: expect.stringContaining('S3 Error Code: NoSuchBucket') });
    const layer = (content: { S3Bucket: string; S3Key: string }) => aws.lambda.send(new PublishLayerVersionCommand({ LayerName: 'deps', Content: content }));
    await expect(layer(at('code', 'gone'))).rejects.toMatchObject({ name: INVALID });
    expect((await layer(at('code', 'there'))).Version).toBe(1);
    await create({ Code: at('code', 'there') });
    await waitUntilFunctionActiveV2({ client: aws.lambda, maxWaitTime: 20, minDelay: 1 }, { FunctionName: name });
    await expect(aws.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ...at('code', 'gone') }))).rejects.toMatchObject({ name: INVALID });
  });

  it('is below 250 MB unzipped with its layers, and below 50 MB when sent as it is', async () => {
    const half = zipOf({ 'python/zeros': 131_072_000 });
    const { LayerVersionArn } = await aws.lambda.send(new PublishLayerVersionCommand({ LayerName: 'half', Content: { ZipFile: half } }));
    const TOO_LARGE = { name: INVALID, message: 'Unzipped size must be smaller than 262144000 bytes' };
    await expect(create({ Code: { ZipFile: zipOf({ 'm.py': '', 'zeros': 131_072_001 }) }, Layers: [LayerVersionArn as string] })).rejects.toMatchObject(TOO_LARGE);
    await expect(create({ Code: { ZipFile: Buffer.alloc(53 * 1024 * 1024) } }))
      .rejects.toMatchObject({ name: 'RequestEntityTooLargeException', $metadata: { httpStatusCode: 413 } });
    await expect(aws.lambda.send(new DeleteFunctionCommand({ FunctionName: name }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('buckets', () => {
  it('are refused to who expects another owner, and are not there twice', async () => {
    const at = { Bucket: 'owned' };
    const body = { ...at, Key: 'k', Body: 'x' };
    await aws.s3.send(new CreateBucketCommand(at));
    await aws.s3.send(new PutObjectCommand({ ...body, ExpectedBucketOwner: '123456789012' }));
    await expect(aws.s3.send(new PutObjectCommand({ ...body, ExpectedBucketOwner: '210987654321' }))).rejects.toMatchObject({ name: 'AccessDenied' });
    const other = clientsOf({ ...gate.env, AWS_ACCESS_KEY_ID: '210987654321' });
    await expect(other.s3.send(new CreateBucketCommand(at))).rejects.toMatchObject({ name: 'BucketAlreadyExists' });
    await expect(other.s3.send(new HeadBucketCommand({ ...at, ExpectedBucketOwner: '210987654321' }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    other.destroy();
  });
});

describe('ranges', () => {
  it.each<[string, Partial<UpdateFunctionConfigurationCommandInput>, string]>([
    ['too much memory', { MemorySize: 99_999 }, 'ValidationException'],
    ['too little memory', { MemorySize: 64 }, 'ValidationException'],
    ['too long', { Timeout: 901 }, 'ValidationException'],
    ['too much storage', { EphemeralStorage: { Size: 10_241 } }, 'ValidationException'],
    ['an unknown runtime', { Runtime: 'python9.9' as 'python3.12' }, INVALID],
    ['six layers', { Layers: Array.from({ length: 6 }, (_, index) => `arn:aws:lambda:eu-west-1:123456789012:layer:l:${index}`) }, INVALID],
    ['a reserved variable', { Environment: { Variables: { AWS_REGION: 'x' } } }, INVALID],
    ['too many variables', { Environment: { Variables: { LONG: 'x'.repeat(4096) } } }, INVALID],
  ])('%s', async (_, input, error) => {
    await expect(configure(input)).rejects.toMatchObject({ name: error });
    await expect(create(input as Partial<CreateFunctionCommandInput>)).rejects.toMatchObject({ name: error });
  });

  it('takes what is just within', async () => {
    expect(await create({ MemorySize: 10_240, Timeout: 900, EphemeralStorage: { Size: 10_240 }, Runtime: 'python3.14' })).toMatchObject({ MemorySize: 10_240 });
  });
});
