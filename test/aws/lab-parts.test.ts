import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { CreateAliasCommand, CreateFunctionCommand } from '@aws-sdk/client-lambda';
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { clientsOf } from './lab/clients.ts';
import { startMoto } from './lab/moto.ts';
import { startRuntime } from './lab/rie.ts';
import { startS3 } from './lab/s3.ts';
import { answers, temporary } from './lab/server.ts';
import { startToxiproxy } from '../lab/toxiproxy.ts';
import { zipOf } from './lab/zip.ts';

describe('moto', () => {
  it('refuses a role that does not exist and an alias to a version that does not', async () => {
    const moto = await startMoto();
    const aws = clientsOf(moto.env);
    try {
      const create = (Role: string) => aws.lambda.send(new CreateFunctionCommand({
        FunctionName: 'f', Role, Runtime: 'python3.12', Handler: 'm.h', Code: { ZipFile: zipOf({ 'm.py': '' }) },
      }));
      await expect(create('arn:aws:iam::123456789012:role/none')).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
      const { Role } = await aws.iam.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}' }));
      await create(Role?.Arn as string);
      await expect(aws.lambda.send(new CreateAliasCommand({ FunctionName: 'f', Name: 'live', FunctionVersion: '9' })))
        .rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    } finally {
      aws.destroy();
      await moto.stop();
    }
    expect(await answers(moto.endpoint)).toBe(false);
  });
});

describe('the strict S3', () => {
  it('refuses a wrong secret, a wrong checksum and a second object under If-None-Match', async () => {
    const s3 = await startS3();
    const aws = clientsOf(s3.env);
    const wrong = clientsOf({ ...s3.env, AWS_SECRET_ACCESS_KEY: 'wrong' });
    const at = { Bucket: 'kept', Key: 'a' };
    try {
      await aws.s3.send(new CreateBucketCommand({ Bucket: 'kept' }));
      await aws.s3.send(new PutObjectCommand({ ...at, Body: 'one', IfNoneMatch: '*' }));
      await expect(aws.s3.send(new PutObjectCommand({ ...at, Body: 'two', IfNoneMatch: '*' }))).rejects.toMatchObject({ name: 'PreconditionFailed' });
      await expect(aws.s3.send(new PutObjectCommand({ ...at, Body: 'two', ChecksumSHA256: 'ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=' })))
        .rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
      await expect(wrong.s3.send(new GetObjectCommand(at))).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
      expect(await (await aws.s3.send(new GetObjectCommand(at))).Body?.transformToString()).toBe('one');
    } finally {
      for (const one of [aws, wrong]) one.destroy();
      await s3.stop();
    }
  });
});

describe('the bad network', () => {
  it('cuts an upload in its middle, and passes signed requests once it is well again', async () => {
    const s3 = await startS3();
    const network = await startToxiproxy(s3.endpoint);
    const aws = clientsOf({ ...s3.env, AWS_ENDPOINT_URL: network.endpoint });
    const at = { Bucket: 'kept', Key: 'a' };
    try {
      await aws.s3.send(new CreateBucketCommand({ Bucket: 'kept' }));
      const well = await network.add({ type: 'limit_data', stream: 'upstream', attributes: { bytes: 500_000 } });
      await expect(aws.s3.send(new PutObjectCommand({ ...at, Body: Buffer.alloc(5_000_000) }))).rejects.toThrow();
      await well();
      await aws.s3.send(new PutObjectCommand({ ...at, Body: 'whole' }));
      await network.enable(false);
      await expect(aws.s3.send(new GetObjectCommand(at))).rejects.toMatchObject({ code: expect.stringMatching(/^ECONN(REFUSED|RESET)$/) });
      await network.enable(true);
      expect(await (await aws.s3.send(new GetObjectCommand(at))).Body?.transformToString()).toBe('whole');
    } finally {
      aws.destroy();
      await network.stop();
      await s3.stop();
    }
  });
});

describe('the real runtime', () => {
  const HANDLER = `
import importlib.util, os, time
import from_layer
def handler(event, context):
    time.sleep(event.get("sleep", 0))
    if event.get("fail"): raise ValueError("as asked")
    return {"layer": from_layer.WHAT, "function": context.function_name, "botocore": importlib.util.find_spec("botocore") is not None, "own": os.environ["OWN"]}
`;
  it('runs a zip and its layer, names a Python error, and ends a call that takes too long', async () => {
    const folder = temporary('rie-zips');
    const [zip, layer] = [path.join(folder, 'f.zip'), path.join(folder, 'l.zip')];
    writeFileSync(zip, zipOf({ 'main.py': HANDLER }));
    writeFileSync(layer, zipOf({ 'python/from_layer.py': 'WHAT = 7' }));
    const runtime = await startRuntime({ zip, layers: [layer], handler: 'main.handler', timeout: 2, env: { OWN: 'x' } });
    try {
      const answer = { layer: 7, function: 'lab', botocore: true, own: 'x' };
      expect(await Promise.all([runtime.invoke({}), runtime.invoke({})])).toEqual([answer, answer]);
      expect(await runtime.invoke({ fail: true })).toMatchObject({ errorType: 'ValueError', errorMessage: 'as asked' });
      await expect(runtime.invoke({ sleep: 10 })).rejects.toThrow('Task timed out after 2');
    } finally {
      await runtime.stop();
      await rm(folder, { recursive: true });
    }
  });
});
