/** Whom a closed endpoint lets in, by policies that IAM decides on: both actions, or nobody; no statement for the account is needed. */
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openTarget } from '../../src/providers/index.ts';
import { startSettingsLab, type SettingsLab } from './settings-lab.ts';

const LOOK = ['lambda:GetFunctionUrlConfig', 'lambda:GetPolicy', 'apigateway:GET', 'sts:GetCallerIdentity'];

let lab: SettingsLab;
let users = 0;
beforeAll(async () => {
  lab = await startSettingsLab({ auth: true });
  await lab.deploy('guarded');
  await lab.deploy('fronted', { section: { httpApi: true } });
}, 120_000);
afterEach(() => Object.assign(process.env, lab.gate.env));
afterAll(async () => lab?.stop());

/** Calls as a user who may look, and do these. */
async function callAs(name: string, actions: string[]): Promise<number> {
  const UserName = `caller-${(users += 1)}`;
  await lab.aws.iam.send(new CreateUserCommand({ UserName }));
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: [...LOOK, ...actions], Resource: '*' }] });
  await lab.aws.iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument }));
  const { AccessKey } = await lab.aws.iam.send(new CreateAccessKeyCommand({ UserName }));
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId, AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey });
  const { provider, config } = await openTarget('aws', {});
  const call = { method: 'POST', path: '/', headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') };
  return (await provider.invoke(lab.ctx, config, name, null, call)).status;
}

test.each([[[]], [['lambda:InvokeFunction']]])('with %j alone the URL is shut, and both actions are named', async (actions) => {
  const error = await callAs('guarded', actions).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'AWS_DENIED', details: { actions: ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'] } });
  expect((error as Error).message).toMatch(/^arn:aws:iam::123456789012:user\/caller-\d+ may not call https:/);
}, 30_000);

test('with both it answers a caller of the same account, by their own policy alone', async () => {
  expect(await callAs('guarded', ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'])).toBe(200);
}, 30_000);

test('an HTTP API asks for its own action', async () => {
  await expect(callAs('fronted', ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'])).rejects.toMatchObject({
    code: 'AWS_DENIED', details: { actions: ['execute-api:Invoke'], resource: expect.stringMatching(/^arn:aws:execute-api:eu-west-1:123456789012:\w+\/\*$/) },
  });
  expect(await callAs('fronted', ['execute-api:Invoke'])).toBe(200);
}, 30_000);
