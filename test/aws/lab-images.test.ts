/** What the gate refuses of images as AWS does, asked by the SDK and by the protocol of registries. */
import { createHash } from 'node:crypto';
import { BatchDeleteImageCommand, CreateRepositoryCommand, DescribeImagesCommand, GetAuthorizationTokenCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import {
  CreateFunctionCommand, type CreateFunctionCommandInput, GetFunctionCommand, InvokeCommand, ListVersionsByFunctionCommand, PublishVersionCommand, UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientsOf, type Clients } from './lab/clients.ts';
import { startGate, type Gate } from './lab/gate.ts';
import { strictRules } from './lab/gate/strict.ts';
import { startMinistack, type Ministack } from './lab/ministack.ts';
import { program } from './lab/programs.ts';
import { zipOf } from './lab/zip.ts';

const TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}';
const PULL = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'] };
const HOST = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const INVALID = 'InvalidParameterValueException';
const OCI = 'application/vnd.oci.image';

let lab: Ministack;
let gate: Gate;
let aws: Clients;
let role: string;
let authorization: string;
beforeAll(async () => {
  lab = await startMinistack();
  gate = await startGate({ target: lab.endpoint, rules: strictRules(lab.env) });
  aws = clientsOf(gate.env);
  role = (await clientsOf(lab.env).iam.send(new CreateRoleCommand({ RoleName: 'ready', AssumeRolePolicyDocument: TRUST }))).Role?.Arn as string;
  await aws.ecr.send(new CreateRepositoryCommand({ repositoryName: 'r', imageTagMutability: 'IMMUTABLE' }));
  const { authorizationData } = await aws.ecr.send(new GetAuthorizationTokenCommand({}));
  authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`;
});
afterAll(async () => {
  aws?.destroy();
  await gate?.stop();
  await lab?.stop();
});

const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const ask = (method: string, path: string, body?: Uint8Array, headers: Record<string, string> = {}) =>
  fetch(`${gate.endpoint}/v2/${path}`, { method, headers: { authorization, ...headers }, ...(body === undefined ? {} : { body }) });

async function blob(bytes: Uint8Array): Promise<{ digest: string; size: number }> {
  const begun = await ask('POST', 'r/blobs/uploads/');
  await begun.arrayBuffer();
  const done = await fetch(`${gate.endpoint}${begun.headers.get('location')}?digest=${sha256(bytes)}`, { method: 'PUT', headers: { authorization }, body: bytes });
  expect(done.status).toBe(201);
  return { digest: sha256(bytes), size: bytes.length };
}

const TAR = 'import io, sys, tarfile; t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|gz"); d = sys.stdin.buffer.read(); i = tarfile.TarInfo("var/task/m.py"); i.size = len(d); t.addfile(i, io.BytesIO(d)); t.close()';

/** An image whose handler answers `word`. @returns its digest, or the status of a manifest that is refused */
async function push(word: string, { tag, layerType = `${OCI}.layer.v1.tar+gzip`, entrypoint = ['/usr/bin/python3', '-m', 'awslambdaric'] }: { tag?: string; layerType?: string; entrypoint?: string[] } = {}) {
  const code = `def h(event, context):\n    return {"statusCode": 200, "body": "${word}"}\n`;
  const layer = await blob(execFileSync(program('handlerPython'), ['-I', '-c', TAR], { input: code }));
  const config = await blob(Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Entrypoint: entrypoint, Cmd: ['m.h'] }, rootfs: { type: 'layers', diff_ids: [] } })));
  const mediaType = `${OCI}.manifest.v1+json`;
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: { mediaType: `${OCI}.config.v1+json`, ...config }, layers: [{ mediaType: layerType, ...layer }] }));
  const answer = await ask('PUT', `r/manifests/${tag ?? sha256(manifest)}`, manifest, { 'content-type': mediaType });
  await answer.arrayBuffer();
  return { status: answer.status, digest: sha256(manifest), uri: `${HOST}/r@${sha256(manifest)}` };
}

function create(FunctionName: string, ImageUri: string, more: Partial<CreateFunctionCommandInput> = {}) {
  return aws.lambda.send(new CreateFunctionCommand({ FunctionName, Role: role, PackageType: 'Image', Code: { ImageUri }, ...more }));
}

describe('the registry', () => {
  it('wants the token, and names its own address with it', async () => {
    const asked = await fetch(`${gate.endpoint}/v2/`);
    expect([asked.status, asked.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Basic realm=')]);
    const { authorizationData } = await aws.ecr.send(new GetAuthorizationTokenCommand({}));
    expect(authorizationData?.[0]?.proxyEndpoint).toBe(gate.endpoint);
  });

  it('writes no tag twice, where tags are immutable', async () => {
    expect(await push('first', { tag: 'v1' })).toMatchObject({ status: 201 });
    expect(await push('second', { tag: 'v1' })).toMatchObject({ status: 400 });
  });

  it('names what is pushed as the API does', async () => {
    gate.clear();
    await push('named');
    expect(gate.changes()).toEqual(['registry:InitiateLayerUpload', 'registry:CompleteLayerUpload', 'registry:InitiateLayerUpload', 'registry:CompleteLayerUpload', 'registry:PutImage']);
    expect(gate.actions()).toEqual(['ecr:CompleteLayerUpload', 'ecr:InitiateLayerUpload', 'ecr:PutImage']);
  });

  it('has no image that is not there', async () => {
    const imageIds = [{ imageDigest: `sha256:${'0'.repeat(64)}` }];
    await expect(aws.ecr.send(new DescribeImagesCommand({ repositoryName: 'r', imageIds }))).rejects.toMatchObject({ name: 'ImageNotFoundException' });
  });
});

describe('a function of an image', () => {
  const refused = (message: string) => ({ name: INVALID, message: expect.stringContaining(message) });

  it('is refused until Lambda may pull it', async () => {
    const { uri } = await push('one');
    await expect(create('pulled', uri)).rejects.toMatchObject({ name: 'AccessDeniedException', message: expect.stringContaining('permission to access the ECR image') });
    await aws.ecr.send(new SetRepositoryPolicyCommand({ repositoryName: 'r', policyText: JSON.stringify({ Version: '2012-10-17', Statement: [PULL] }) }));
    expect(await create('pulled', uri)).toMatchObject({ PackageType: 'Image', CodeSha256: uri.split('sha256:')[1] });
  });

  it('runs what was pushed, and versions keep their image', async () => {
    const [one, two] = [await push('one'), await push('two')];
    await create('runs', one.uri);
    await waitUntilFunctionActiveV2({ client: aws.lambda, maxWaitTime: 20, minDelay: 1 }, { FunctionName: 'runs' });
    const { CodeSha256, RevisionId } = (await aws.lambda.send(new GetFunctionCommand({ FunctionName: 'runs' }))).Configuration ?? {};
    await aws.lambda.send(new PublishVersionCommand({ FunctionName: 'runs', CodeSha256, RevisionId }));
    await aws.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'runs', ImageUri: two.uri }));
    await waitUntilFunctionUpdatedV2({ client: aws.lambda, maxWaitTime: 20, minDelay: 1 }, { FunctionName: 'runs' });
    const said = async (Qualifier?: string) => JSON.parse(Buffer.from((await aws.lambda.send(new InvokeCommand({ FunctionName: 'runs', Qualifier }))).Payload ?? []).toString()).body;
    expect([await said('1'), await said()]).toEqual(['one', 'two']);
    const found = await aws.lambda.send(new GetFunctionCommand({ FunctionName: 'runs', Qualifier: '1' }));
    expect(found.Code).toEqual({ RepositoryType: 'ECR', ImageUri: one.uri, ResolvedImageUri: one.uri });
    expect(found.Configuration).not.toHaveProperty('Handler');
    const { Versions } = await aws.lambda.send(new ListVersionsByFunctionCommand({ FunctionName: 'runs' }));
    expect(Versions?.map(({ PackageType, Runtime }) => [PackageType, Runtime])).toEqual([['Image', undefined], ['Image', undefined]]);
  });

  it('is refused where the image is not there, not in ECR, has layers in zstd, or starts something else', async () => {
    await expect(create('no', `${HOST}/r@sha256:${'1'.repeat(64)}`)).rejects.toMatchObject(refused('does not exist'));
    for (const uri of ['docker.io/library/python:3.12', `${HOST.replace('eu-west-1', 'us-east-1')}/r:v1`, 'r']) await expect(create('no', uri)).rejects.toMatchObject(refused('is not valid'));
    await expect(create('no', (await push('zstd', { layerType: `${OCI}.layer.v1.tar+zstd` })).uri)).rejects.toMatchObject(refused('is not supported'));
    await expect(create('no', (await push('web', { entrypoint: ['/bin/sh'] })).uri)).rejects.toMatchObject(refused("Lambda's runtime client"));
    const gone = await push('gone');
    await aws.ecr.send(new BatchDeleteImageCommand({ repositoryName: 'r', imageIds: [{ imageDigest: gone.digest }] }));
    await expect(create('no', gone.uri)).rejects.toMatchObject(refused('does not exist'));
  });

  it('has no handler, runtime or layers', async () => {
    const { uri } = await push('one');
    const message = refused("Please don't provide Handler or Runtime or Layer");
    for (const more of [{ Handler: 'm.h' }, { Runtime: 'python3.12' as const }, { Layers: [] }]) await expect(create('no', uri, more)).rejects.toMatchObject(message);
    await expect(aws.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'runs', Handler: 'm.h' }))).rejects.toMatchObject(message);
  });

  it('stays one, and one of a zip stays that', async () => {
    const ZipFile = zipOf({ 'm.py': 'def h(event, context):\n    return {}\n' });
    await expect(aws.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'runs', ZipFile }))).rejects.toMatchObject(refused('Please provide ImageUri when updating a function with packageType Image.'));
    await aws.lambda.send(new CreateFunctionCommand({ FunctionName: 'zip', Role: role, Runtime: 'python3.12', Handler: 'm.h', Code: { ZipFile } }));
    const { uri } = await push('one');
    await expect(aws.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'zip', ImageUri: uri }))).rejects.toMatchObject(refused("Please don't provide ImageUri when updating a function with packageType Zip."));
  });
});
