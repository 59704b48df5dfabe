import { CreateLogGroupCommand, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import { GetFunctionCommand, ListFunctionsCommand, ListTagsCommand } from '@aws-sdk/client-lambda';
import { CopyObjectCommand, CreateBucketCommand, CreateMultipartUploadCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientsOf, type Clients } from './lab/clients.ts';
import { broken, denied, expired, throttled } from './lab/gate/faults.ts';
import { startGate, type Gate } from './lab/gate.ts';
import { startMinistack, type Ministack } from './lab/ministack.ts';

const TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}';

let lab: Ministack;
let gate: Gate;
let aws: Clients;
beforeAll(async () => {
  lab = await startMinistack();
  gate = await startGate({ target: lab.endpoint });
  aws = clientsOf(gate.env);
  await aws.s3.send(new CreateBucketCommand({ Bucket: 'held' }));
});
beforeEach(() => gate.clear());
afterAll(async () => {
  aws?.destroy();
  await gate?.stop();
  await lab?.stop();
});

describe('what the gate records', () => {
  it('names each call of each protocol, who signed it and what it sent', async () => {
    await aws.sts.send(new GetCallerIdentityCommand({}));
    await aws.iam.send(new CreateRoleCommand({ RoleName: 'recorded', AssumeRolePolicyDocument: TRUST }));
    await aws.logs.send(new DescribeLogGroupsCommand({}));
    await aws.lambda.send(new ListFunctionsCommand({}));
    await expect(aws.lambda.send(new GetFunctionCommand({ FunctionName: 'none', Qualifier: 'live' }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(gate.calls.map((call) => [call.name, call.status])).toEqual([
      ['sts:GetCallerIdentity', 200], ['iam:CreateRole', 200], ['logs:DescribeLogGroups', 200], ['lambda:ListFunctions', 200], ['lambda:GetFunction', 404],
    ]);
    expect([...new Set(gate.calls.map((call) => `${call.accessKey} ${call.region}`))]).toEqual(['test eu-west-1']);
    expect(gate.calls.at(-1)?.names).toEqual({ FunctionName: 'none', Qualifier: 'live' });
  });

  it('tells apart the S3 operations that share a path', async () => {
    const at = { Bucket: 'held', Key: 'a/b c.txt' };
    await aws.s3.send(new PutObjectCommand({ ...at, Body: 'x'.repeat(1000) }));
    await aws.s3.send(new HeadObjectCommand(at));
    expect(await (await aws.s3.send(new GetObjectCommand(at))).Body?.transformToString()).toBe('x'.repeat(1000));
    await aws.s3.send(new CopyObjectCommand({ Bucket: 'held', Key: 'copy', CopySource: 'held/a/b%20c.txt' }));
    await aws.s3.send(new ListObjectsV2Command({ Bucket: 'held' }));
    const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand(at));
    await aws.s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: 'part' }));
    expect(gate.calls.map((call) => call.name)).toEqual(
      ['PutObject', 'HeadObject', 'GetObject', 'CopyObject', 'ListObjectsV2', 'CreateMultipartUpload', 'UploadPart'].map((name) => `s3:${name}`));
    expect(gate.calls[0]?.names).toMatchObject({ Bucket: 'held', Key: 'a/b c.txt' });
    expect(gate.sent()).toBeGreaterThanOrEqual(1004);
    expect(gate.sent()).toBeLessThan(1400);
    expect(gate.changes()).toEqual(['s3:PutObject', 's3:CopyObject', 's3:CreateMultipartUpload', 's3:UploadPart']);
    expect(gate.actions()).toEqual(['s3:GetObject', 's3:ListBucket', 's3:PutObject']);
  });
});

const ONE_OF_EACH: [string, string, () => Promise<unknown>][] = [
  ['lambda', 'lambda:ListFunctions', () => aws.lambda.send(new ListFunctionsCommand({}))],
  ['s3', 's3:GetObject', () => aws.s3.send(new GetObjectCommand({ Bucket: 'held', Key: 'a/b c.txt' }))],
  ['iam', 'iam:GetRole', () => aws.iam.send(new GetRoleCommand({ RoleName: 'recorded' }))],
  ['sts', 'sts:GetCallerIdentity', () => aws.sts.send(new GetCallerIdentityCommand({}))],
  ['logs', 'logs:DescribeLogGroups', () => aws.logs.send(new DescribeLogGroupsCommand({}))],
];

describe.each(ONE_OF_EACH)('faults of %s', (service, operation, call) => {
  it.each([
    ['throttled', throttled(service)], ['broken', broken(service)], ['denied', denied(operation)], ['expired', expired(service)],
  ])('%s: the SDK raises it for the call that was named, and for no other', async (_, fault) => {
    gate.fault({ operation, nth: 2 }, fault);
    await call();
    await expect(call()).rejects.toMatchObject({ name: expect.stringMatching(`^${fault.code}(Exception)?$`), message: fault.message, $metadata: { httpStatusCode: fault.status } });
    await call();
    expect(gate.calls.map((one) => one.refusal)).toEqual([undefined, fault.code, undefined]);
  });
});

describe('cut connections and holds', () => {
  it('cuts before the cloud sees a call, or after it did it', async () => {
    gate.fault({ operation: 'logs:CreateLogGroup' }, { kind: 'cut-before' });
    gate.fault({ operation: 'logs:CreateLogGroup', nth: 2 }, { kind: 'cut-after' });
    gate.fault({ operation: 'logs:CreateLogGroup', nth: 3 }, { kind: 'error-after', ...broken('logs') });
    for (const name of ['before', 'after', 'told-wrong']) {
      await expect(aws.logs.send(new CreateLogGroupCommand({ logGroupName: name }))).rejects.toThrow();
    }
    const { logGroups } = await aws.logs.send(new DescribeLogGroupsCommand({}));
    expect(logGroups?.map((group) => group.logGroupName)).toEqual(['after', 'told-wrong']);
  });

  it('holds a call before the cloud sees it, and an answer before the caller does', async () => {
    const request = gate.hold({ operation: 'logs:CreateLogGroup' }, 'request');
    const answer = gate.hold({ operation: 'logs:CreateLogGroup' }, 'answer');
    const told = gate.answered({ operation: 'logs:CreateLogGroup' });
    const making = aws.logs.send(new CreateLogGroupCommand({ logGroupName: 'slow' }));
    const exists = async () => (await clientsOf(lab.env).logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: 'slow' }))).logGroups?.length;
    expect((await request.reached).status).toBe(0);
    expect(await exists()).toBe(0);
    request.release();
    await answer.reached;
    expect(await exists()).toBe(1);
    expect(gate.calls.at(-1)?.status).toBe(0);
    answer.release();
    expect((await told).status).toBe(200);
    await making;
  });

  it('faults every call from the nth on when asked to', async () => {
    gate.fault({ operation: 'sts:GetCallerIdentity', nth: 2, times: 2 }, throttled('sts'));
    const outcomes = [];
    for (let index = 0; index < 4; index += 1) outcomes.push(await aws.sts.send(new GetCallerIdentityCommand({})).then(() => 'ok', (error: Error) => error.name));
    expect(outcomes).toEqual(['ok', 'Throttling', 'Throttling', 'ok']);
  });

  it('passes a call that no fault names, whatever comes between', async () => {
    gate.fault({ operation: 'lambda:ListTags' }, throttled('lambda'));
    await aws.lambda.send(new ListFunctionsCommand({}));
    await expect(aws.lambda.send(new ListTagsCommand({ Resource: 'arn:aws:lambda:eu-west-1:123456789012:function:f' }))).rejects.toMatchObject({ name: 'TooManyRequestsException' });
  });
});
