/** Settings that a release keeps: in its digest, in its version, in what its role may do; refused by us where Lambda would. */
import { GetRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rollback } from '../../src/pipeline.ts';
import { startSettingsLab, type Asked, type SettingsLab } from './settings-lab.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const VPC = { subnets: ['subnet-0b', 'subnet-0a'], securityGroups: ['sg-01'] };

let lab: SettingsLab;
beforeAll(async () => {
  lab = await startSettingsLab();
});
afterAll(async () => lab?.stop());

const configuration = (name: string, Qualifier?: string) => lab.aws.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier }));

async function statements(name: string): Promise<{ Action: string | string[]; Resource: unknown; Effect: string }[]> {
  const policy = await lab.aws.iam.send(new GetRolePolicyCommand({ RoleName: `mlfn-${name}-eu-west-1`, PolicyName: 'mlfn' }));
  return JSON.parse(decodeURIComponent(policy.PolicyDocument ?? '')).Statement;
}

test('a release has them, the next one without them has none, and a rollback brings them back', async () => {
  const section = { ephemeralStorage: 1024, vpc: VPC, kmsKey: KEY, tracing: true };
  await lab.deploy('room', { section });
  expect(await configuration('room', '1')).toMatchObject({
    EphemeralStorage: { Size: 1024 },
    VpcConfig: { SubnetIds: ['subnet-0a', 'subnet-0b'], SecurityGroupIds: ['sg-01'] },
    KMSKeyArn: KEY,
    TracingConfig: { Mode: 'Active' },
  });
  const [log, models, network, notTheCode, key, traces, ...more] = await statements('room');
  expect([log?.Action, models?.Action]).toEqual([['logs:CreateLogStream', 'logs:PutLogEvents'], 's3:GetObject']);
  expect(network).toMatchObject({ Effect: 'Allow', Action: expect.arrayContaining(['ec2:CreateNetworkInterface']) });
  expect(notTheCode).toMatchObject({ Effect: 'Deny', Condition: { ArnEquals: { 'lambda:SourceFunctionArn': 'arn:aws:lambda:eu-west-1:123456789012:function:room' } } });
  expect(key).toEqual({ Effect: 'Allow', Action: ['kms:Decrypt'], Resource: [KEY] });
  expect(traces?.Action).toEqual(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']);
  expect(more).toEqual([]);

  const plain = await lab.deploy('room');
  expect(plain).toMatchObject({ status: 'deployed', live: 2 });
  // Release 1 can still be gone back to, so the role still lets it run.
  expect(plain.steps.map((step) => step.kind)).toEqual(['publish', 'verify', 'switch']);
  const second = await configuration('room', '2');
  expect(second.EphemeralStorage?.Size).toBe(512);
  expect(second.VpcConfig?.SubnetIds ?? []).toEqual([]);
  expect(second.KMSKeyArn || null).toBeNull();
  expect(second.TracingConfig?.Mode).toBe('PassThrough');

  await rollback(lab.ctx, { ...(await lab.request('room')), to: 1 });
  expect((await lab.ask('room')).body).toEqual({ got: {} });
  expect(await lab.deploy('room', { section: { ...section, vpc: { ...VPC, subnets: VPC.subnets.toReversed() } } })).toMatchObject({ status: 'up-to-date' });
}, 60_000);

test('a function without them has a role that writes its log and reads its models, no more', async () => {
  await lab.deploy('bare');
  expect(await statements('bare')).toHaveLength(2);
  const found = await configuration('bare', '1');
  expect(found.VpcConfig?.SubnetIds ?? []).toEqual([]);
  expect(found.TracingConfig?.Mode ?? 'PassThrough').toBe('PassThrough');
}, 60_000);

test('SnapStart: only the version has a snapshot, it is waited for, and the answers come from it', async () => {
  await lab.deploy('snap', { section: { snapstart: true } });
  expect((await configuration('snap', '1')).SnapStart).toEqual({ ApplyOn: 'PublishedVersions', OptimizationStatus: 'On' });
  expect(await lab.ask('snap')).toEqual({ status: 200, body: { got: {} } });
  await lab.deploy('snap');
  expect((await configuration('snap', '2')).SnapStart?.ApplyOn).toBe('None');
}, 60_000);

test('a snapshot that is being made again after idle days is waited for', async () => {
  await lab.deploy('idle', { section: { snapstart: true } });
  lab.gate.fault({ operation: 'lambda:Invoke' }, { status: 409, code: 'SnapStartNotReadyException', message: 'Lambda is initializing your function.' });
  lab.gate.clear();
  await lab.deploy('idle', { section: { snapstart: true }, code: 'def answer(payload):\n    return 2\n' });
  const invokes = lab.gate.calls.filter((call) => call.name === 'lambda:Invoke');
  expect(invokes.length).toBeGreaterThan(1);
  expect(invokes[0]?.refusal).toBe('SnapStartNotReadyException');
}, 60_000);

describe('what Lambda would refuse is refused before anything is made:', () => {
  const refused: [string, Asked, RegExp][] = [
    ['SnapStart with a larger /tmp', { section: { snapstart: true, ephemeralStorage: 1024 } }, /SnapStart takes a \/tmp of 512 MB/],
    ['SnapStart with provisioned concurrency', { section: { snapstart: true, provisionedConcurrency: 1 } }, /exclude each other/],
    ['more ready workers than there may be', { section: { provisionedConcurrency: 3, reservedConcurrency: 2 } }, /more than reservedConcurrency, 2/],
    ["a variable that is Lambda's", { env: { AWS_REGION: 'x' } }, /env sets AWS_REGION, a name that Lambda keeps/],
    ["a secret that is Lambda's", { section: { secrets: { LAMBDA_TASK_ROOT: 'ssm:/x' } } }, /secrets sets LAMBDA_TASK_ROOT/],
    ["a variable that is mlfn's", { env: { MLFN_RELEASE: '7' } }, /env sets MLFN_RELEASE, which is mlfn's own/],
    ['a name of one letter', { env: { X: '1' } }, /on Lambda a name is a letter, then one or more/],
    ['a name twice', { env: { TOKEN: '1' }, section: { secrets: { TOKEN: 'ssm:/x' } } }, /TOKEN is both in env and in secrets/],
    ['variables of more than 4 KB', { env: { LONG: 'x'.repeat(4100) } }, /Lambda takes 4096\. The largest is LONG/],
  ];
  test.each(refused)('%s', async (_what, asked, message) => {
    lab.gate.clear();
    await expect(lab.deploy('never', asked)).rejects.toMatchObject({ code: 'AWS_SETTING', message: expect.stringMatching(message) });
    expect(lab.gate.changes()).toEqual([]);
  });

  test('names of AWS that it lets be set are set', async () => {
    await lab.deploy('named', { env: { AWS_RETRY_MODE: 'standard', LANG: 'C.UTF-8' }, code: 'import os\ndef answer(payload):\n    return os.environ["AWS_RETRY_MODE"]\n' });
    expect((await lab.ask('named')).body).toBe('standard');
  }, 60_000);
});
