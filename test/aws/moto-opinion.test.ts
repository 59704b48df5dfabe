/** moto as a second opinion, where ministack is lax and the gate stands in for AWS: what it refuses, we have in our words. */
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { CreateFunctionCommand, GetAliasCommand, PublishVersionCommand } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deploy } from '../../src/pipeline.ts';
import { moveTraffic } from '../../src/providers/aws/alias.ts';
import { configSchema } from '../../src/providers/aws/config.ts';
import { openSession } from '../../src/providers/aws/session.ts';
import { type OwnContext, ownContext } from './context.ts';
import { type Clients, clientsOf } from './lab/clients.ts';
import type { Lab } from './lab/credentials.ts';
import { startMoto } from './lab/moto.ts';
import { zipOf } from './lab/zip.ts';

let moto: Lab;
let aws: Clients;
let own: OwnContext;
beforeAll(async () => {
  moto = await startMoto();
  aws = clientsOf(moto.env);
  own = await ownContext('moto');
  Object.assign(process.env, moto.env);
});
afterAll(async () => {
  aws?.destroy();
  await moto?.stop();
  await own?.remove();
});

test('a deploy with a role that does not exist is refused by Lambda, said so, and taken back', async () => {
  const model = path.join(own.folder, 'app.py');
  await writeFile(model, 'def answer(payload):\n    return payload\n');
  const settings = { memory: 256, timeout: 10, concurrency: 1, idle: 60, env: {} };
  const request = { name: 'roleless', model: `${model}:answer`, target: 'aws', settings, trust: false, dryRun: false };
  // moto holds our own bucket to its policy, and nothing comes here over TLS.
  const bucket = 'given';
  await aws.s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
  const role = 'arn:aws:iam::123456789012:role/none';
  await expect(deploy(own.ctx, { ...request, targetConfig: { role, bucket } })).rejects.toMatchObject({ code: 'AWS_REFUSED', message: `The role ${role} does not exist.` });
  const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  expect(Contents).toEqual([]);
});

test('an alias is not made of a version that does not exist', async () => {
  const { Role } = await aws.iam.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}' }));
  await aws.lambda.send(new CreateFunctionCommand({ FunctionName: 'f', Role: Role?.Arn, Runtime: 'python3.12', Handler: 'm.h', Code: { ZipFile: zipOf({ 'm.py': '' }) } }));
  const { Version = '' } = await aws.lambda.send(new PublishVersionCommand({ FunctionName: 'f' }));
  const session = await openSession(own.ctx, configSchema.parse({}));
  const to = (version: string) => moveTraffic(session, 'f', async () => ({ version, canary: null }));
  await expect(to('9')).rejects.toMatchObject({ code: 'AWS_GONE' });
  await to(Version);
  await expect(to('9')).rejects.toMatchObject({ code: 'AWS_GONE' });
  expect(await aws.lambda.send(new GetAliasCommand({ FunctionName: 'f', Name: 'live' }))).toMatchObject({ FunctionVersion: Version });
});
