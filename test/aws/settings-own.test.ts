/** A role and a bucket of the user's: used, and never changed, nor taken away, nor swept beyond our own prefixes. */
import { CreateRoleCommand, GetRoleCommand, ListRolePoliciesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { remove } from '../../src/pipeline.ts';
import { startSettingsLab, type SettingsLab } from './settings-lab.ts';

const role = 'arn:aws:iam::123456789012:role/own-role';
const Bucket = 'own-bucket';
let lab: SettingsLab;

beforeAll(async () => {
  lab = await startSettingsLab();
  const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }] };
  const mine = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'logs:PutLogEvents', Resource: '*' }] };
  await lab.aws.iam.send(new CreateRoleCommand({ RoleName: 'own-role', AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await lab.aws.iam.send(new PutRolePolicyCommand({ RoleName: 'own-role', PolicyName: 'mine', PolicyDocument: JSON.stringify(mine) }));
  await lab.aws.s3.send(new CreateBucketCommand({ Bucket }));
  await lab.aws.s3.send(new PutObjectCommand({ Bucket, Key: 'objects/report.csv', Body: 'mine' }));
  await lab.aws.s3.send(new PutObjectCommand({ Bucket, Key: 'functions/notes.txt', Body: 'mine' }));
  await lab.aws.s3.send(new PutObjectCommand({ Bucket, Key: 'data/train.csv', Body: 'mine' }));
});
afterAll(async () => lab?.stop());

const LACKS = { status: 400, code: 'InvalidParameterValueException', message: 'The provided execution role does not have permissions to call CreateNetworkInterface on EC2' };
const vpc = { subnets: ['subnet-0a'], securityGroups: ['sg-0a'] };

test('what a role of the user’s lacks is said at once; what ours was just given is waited for', async () => {
  lab.gate.clear();
  lab.gate.fault({ operation: 'lambda:CreateFunction' }, LACKS);
  await expect(lab.deploy('lacking', { section: { role, vpc } })).rejects.toMatchObject({ code: 'AWS_REFUSED', message: expect.stringContaining('CreateNetworkInterface') });
  expect(lab.gate.calls.filter(({ name }) => name === 'lambda:CreateFunction')).toHaveLength(1);
  lab.gate.fault({ operation: 'lambda:CreateFunction', times: 2 }, LACKS);
  expect(await lab.deploy('given', { section: { vpc } })).toMatchObject({ status: 'deployed' });
}, 60_000);

test('through a deploy with every setting, a second one and a removal', async () => {
  const section = { role, bucket: Bucket, tracing: true, secrets: {}, vpc: { subnets: ['subnet-0a'], securityGroups: ['sg-0a'] }, warm: '5m' };
  lab.gate.clear();
  await lab.deploy('guest', { section });
  await lab.deploy('guest', { section, code: 'def answer(payload):\n    return 2\n' });
  await remove(lab.ctx, await lab.request('guest', { section }));

  expect(lab.gate.changes().filter((name) => name.startsWith('iam:'))).toEqual([]);
  const onBucket = lab.gate.changes().filter((name) => name.startsWith('s3:'));
  expect([...new Set(onBucket)].filter((name) => !/^s3:(PutObject|DeleteObjects?|CreateMultipartUpload|UploadPart|CompleteMultipartUpload)$/.test(name))).toEqual([]);
  expect((await lab.aws.iam.send(new GetRoleCommand({ RoleName: 'own-role' }))).Role?.Arn).toBe(role);
  expect((await lab.aws.iam.send(new ListRolePoliciesCommand({ RoleName: 'own-role' }))).PolicyNames).toEqual(['mine']);
  const { Contents = [] } = await lab.aws.s3.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents.map(({ Key }) => Key).sort()).toEqual(['data/train.csv', 'functions/notes.txt', 'objects/report.csv']);
}, 90_000);
