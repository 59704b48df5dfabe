/**
 * The policy of docs/aws.md is enough, and not more: a user who has exactly that leads a whole life through the command line,
 * against an emulator that evaluates policies; and what is missing is told before anything is made.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { AttachRolePolicyCommand, AttachUserPolicyCommand, CreateAccessKeyCommand, CreatePolicyCommand, CreateRoleCommand, CreateUserCommand, GetRolePolicyCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { DeleteBucketEncryptionCommand, DeletePublicAccessBlockCommand, PutBucketOwnershipControlsCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deployerPolicy } from '../../src/providers/aws/permissions.ts';
import { Lab } from '../e2e/lab.ts';
import { writeSmallBase } from '../oci/small-base.ts';
import { python } from '../python.ts';
import { type Clients, clientsOf } from './lab/clients.ts';
import { ACCOUNT, awsEnv, REGION } from './lab/credentials.ts';
import { startGate, type Gate } from './lab/gate.ts';
import { strictRules } from './lab/gate/strict.ts';
import { startMinistack, type Ministack } from './lab/ministack.ts';

const POLICY = deployerPolicy({ partition: 'aws', account: ACCOUNT, region: REGION });
const ALLOWED = POLICY.Statement.flatMap(({ Action }) => Action);

/** Actions of the policy that no call of this life has. */
const NOT_CALLED: Record<string, string> = {
  'apigateway:TagResource': 'asked of whoever makes an HTTP API with tags',
  'iam:PassRole': 'asked of whoever gives a role to a function',
  'lambda:InvokeFunctionUrl': 'a call of the endpoint, not of the API: `mlfn invoke` makes it',
  'lambda:GetLayerVersion': 'asked of whoever gives a layer to a function',
  'iam:TagRole': 'asked of whoever makes a role with tags',
  'logs:TagResource': 'asked of whoever makes a log group with tags',
  's3:AbortMultipartUpload': 'only after an upload was broken off',
  's3:ListMultipartUploadParts': 'only after an upload was broken off',
  's3:PutEncryptionConfiguration': 'S3 encrypts every new bucket: only for one that is not, which ministack does not have',
  'ec2:DescribeSecurityGroups': 'asked by Lambda of whoever sets `vpc`',
  'ec2:DescribeSubnets': 'asked by Lambda of whoever sets `vpc`',
  'ec2:DescribeVpcs': 'asked by Lambda of whoever sets `vpc`',
  'kms:CreateGrant': 'asked by Lambda of whoever sets `kmsKey`',
  'kms:Encrypt': 'asked by Lambda of whoever sets `kmsKey`',
  'kms:Decrypt': 'asked by Lambda of whoever sets `kmsKey`',
};

/** 88 MB of rows that a nearest-neighbours model keeps: with scikit-learn's more than Lambda takes, so it is fetched. */
const TRAIN = `
import joblib, numpy, sys
from sklearn.neighbors import KNeighborsRegressor
rows = numpy.random.default_rng(1).random((1_000_000, 10))
joblib.dump(KNeighborsRegressor(1, algorithm="brute").fit(rows, rows[:, 0] * 2), sys.argv[1])
`;

let cloud: Ministack;
/** What AWS's own services and the handlers use: all that reaches the cloud counts as sent over TLS. */
let inner: Gate;
let gate: Gate;
let root: Clients;
let lab: Lab;
beforeAll(async () => {
  const behind = { target: '', secure: true };
  inner = await startGate(behind);
  cloud = await startMinistack({ auth: true, env: { AWS_ENDPOINT_URL: inner.endpoint } });
  behind.target = cloud.endpoint;
  gate = await startGate({ target: inner.endpoint, rules: strictRules(inner.env) });
  root = clientsOf(inner.env);
  lab = await Lab.open();
  Object.assign(lab.env, gate.env);
});
afterAll(async () => {
  root?.destroy();
  await lab?.close();
  await gate?.stop();
  await inner?.stop();
  await cloud?.stop();
});

/**
 * ministack's reading of some calls, beside AWS's: CreateFunction and SimulatePrincipalPolicy on `*` instead of the function, the
 * user or the role; GetAlias and UpdateAlias as ListAliases, ListLayerVersions as ListLayers; a rule's ARN with `default/` in it (`core/iam_actions.py`; AWS:
 * Service Authorization Reference).
 */
const MISREAD: Record<string, string> = {
  'lambda:CreateFunction': 'lambda:CreateFunction',
  'iam:SimulatePrincipalPolicy': 'iam:SimulatePrincipalPolicy',
  'lambda:GetAlias': 'lambda:ListAliases',
  'lambda:ListLayerVersions': 'lambda:ListLayers',
};

async function policy(name: string, document: typeof POLICY): Promise<string> {
  const also = document.Statement.flatMap(({ Action }) => Action.flatMap((action) => MISREAD[action] ?? (action.startsWith('events:') ? action : [])));
  const widened = { ...document, Statement: [...document.Statement, { Effect: 'Allow', Action: also, Resource: '*' }] };
  const { Policy } = await root.iam.send(new CreatePolicyCommand({ PolicyName: name, PolicyDocument: JSON.stringify(widened) }));
  return Policy?.Arn as string;
}

/** Variables of a user who has that policy and nothing else. */
async function user(name: string, document: typeof POLICY): Promise<Record<string, string>> {
  await root.iam.send(new CreateUserCommand({ UserName: name }));
  await root.iam.send(new AttachUserPolicyCommand({ UserName: name, PolicyArn: await policy(name, document) }));
  const { AccessKey } = await root.iam.send(new CreateAccessKeyCommand({ UserName: name }));
  return awsEnv(gate.endpoint, AccessKey?.AccessKeyId, AccessKey?.SecretAccessKey);
}

/** Variables of somebody who took on a role that has that policy. */
async function session(role: string, document: typeof POLICY): Promise<Record<string, string>> {
  const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'sts:AssumeRole' }] };
  const { Role } = await root.iam.send(new CreateRoleCommand({ RoleName: role, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await root.iam.send(new AttachRolePolicyCommand({ RoleName: role, PolicyArn: await policy(role, document) }));
  const { Credentials } = await root.sts.send(new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'alice' }));
  const env = awsEnv(gate.endpoint, Credentials?.AccessKeyId, Credentials?.SecretAccessKey);
  return { ...env, AWS_SESSION_TOKEN: Credentials?.SessionToken as string };
}

function without(...actions: string[]) {
  return { ...POLICY, Statement: POLICY.Statement.map((each) => ({ ...each, Action: each.Action.filter((action) => !actions.includes(action)) })).filter(({ Action }) => Action.length > 0) };
}

const asked = () => gate.calls.filter(({ name }) => name === 'iam:SimulatePrincipalPolicy').length;

test('it is one managed policy, whose size IAM limits to 6,144 characters', () => {
  expect(JSON.stringify(POLICY).length).toBeLessThanOrEqual(6144);
});

describe('a user with exactly this policy', () => {
  let env: Record<string, string>;
  let folder: string;
  const mlfn = (...args: string[]) => lab.json([...args, '--target', 'aws'], { env, cwd: folder });
  const write = (word: string, more = '') =>
    lab.write({
      'life/app.py': `import iniconfig\n\n\ndef answer(body):\n    return {"word": "${word}", "layer": iniconfig.__name__}\n`,
      'life/requirements.txt': 'iniconfig==2.0.0\n',
      'life/sample.json': '{}',
      'life/mlfn.yaml': `name: life\nmodel: app.py:answer\nrequirements: requirements.txt\nsample: sample.json\naws:\n  tags: {team: a}\n${more}`,
    });

  beforeAll(async () => {
    env = await user('deployer', POLICY);
    folder = path.dirname(write('one'));
    gate.clear();
  });

  test('deploys with a layer, is up to date, and asks the endpoint', async () => {
    expect(await mlfn('deploy')).toMatchObject({ status: 'deployed', live: 1 });
    expect(await mlfn('deploy')).toMatchObject({ status: 'up-to-date' });
    expect((await mlfn('invoke', 'life', '--data', '{}'))['body']).toEqual({ word: 'one', layer: 'iniconfig' });
  });

  test('mends a bucket that somebody opened', async () => {
    const Bucket = `mlfn-${ACCOUNT}-${REGION}`;
    await root.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    await root.s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] } }));
    await root.s3.send(new DeleteBucketEncryptionCommand({ Bucket }));
    await root.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    write('mended');
    const { steps } = (await mlfn('deploy')) as { steps: { kind: string; resource?: string; change?: string }[] };
    expect(steps[0]).toMatchObject({ kind: 'ensure', resource: 'bucket', change: 'update' });
  });

  test('deploys another model and other settings, rolls back, and sends some traffic to a canary, twice', async () => {
    write('two', '  reservedConcurrency: 5\n  provisionedConcurrency: 1\n  cors: {origins: ["https://example.com"]}\n');
    expect(await mlfn('deploy')).toMatchObject({ status: 'deployed', live: 3 });
    write('two', '  reservedConcurrency: 0\n  provisionedConcurrency: 0\n  cors: {origins: ["https://example.com"]}\n');
    expect(await mlfn('deploy')).toMatchObject({ status: 'deployed', live: 3 });
    expect(await mlfn('rollback', 'life')).toMatchObject({ status: 'rolled-back', live: 2 });
    write('three');
    expect(await mlfn('deploy', '--canary', '10')).toMatchObject({ status: 'deployed', canary: { percent: 10 } });
    expect(await mlfn('rollback', 'life')).toMatchObject({ status: 'rolled-back', canary: null });
    write('four');
    expect(await mlfn('deploy', '--canary', '10')).toMatchObject({ status: 'deployed', canary: { percent: 10 } });
    expect(await mlfn('promote', 'life')).toMatchObject({ status: 'promoted', live: 5, canary: null });
  });

  test('keeps it warm, and no more', async () => {
    expect(await mlfn('warm', 'life')).toMatchObject({ name: 'life' });
    expect(await mlfn('warm', 'life', '--off')).toMatchObject({ name: 'life' });
  });

  test('puts an HTTP API in front, and takes it away', async () => {
    expect((await mlfn('deploy', '--http-api'))['status']).toBe('deployed');
    expect((await mlfn('deploy', '--http-api', '--public'))['status']).toBe('deployed');
    expect((await mlfn('deploy'))['status']).toBe('deployed');
  });

  test('deploys a model that is fetched at start', async () => {
    const model = path.join(lab.folder, 'big.joblib');
    execFileSync(python, ['-c', TRAIN, model]);
    const sample = lab.write({ 'big.json': JSON.stringify([Array(10).fill(0.5)]) });
    const done = await mlfn('deploy', model, '--name', 'big', '--sample', sample, '--memory', '2048', '--timeout', '60');
    expect(done['steps'].filter((step: { kind: string }) => step.kind === 'store').map(({ part }: { part: string }) => part)).toContain('model');
  });

  test('sees it, reads its lines, and removes everything', async () => {
    expect((await mlfn('status', 'life'))['functions']).toHaveLength(1);
    expect((await mlfn('status'))['functions']).toHaveLength(2);
    await mlfn('releases', 'life');
    expect((await lab.mlfn(['logs', 'life', '--target', 'aws'], { env, cwd: folder })).code).toBe(0);
    for (const name of ['life', 'big']) expect(await mlfn('delete', name, '--yes')).toMatchObject({ status: 'removed' });
  });

  test('was never refused, and called nothing that the policy does not name', () => {
    expect(gate.calls.filter(({ status }) => status === 403).map(({ name, url }) => `${name} ${url}`)).toEqual([]);
    expect(gate.actions().filter((action) => !ALLOWED.includes(action))).toEqual([]);
  });

  test('needed all that the policy names', () => {
    const called = gate.actions();
    // Images are another life: image.test.ts
    const unused = [...new Set(ALLOWED)].filter((action) => !called.includes(action) && !action.startsWith('ecr:'));
    expect(unused.toSorted()).toEqual(Object.keys(NOT_CALLED).toSorted());
  });
});

// By the root of the account, whose signature is not compared: the gate writes calls about images anew.
describe('a function that goes on as an image', () => {
  test('has a role that may call its twin and no other function, and without that nothing is handed on', async () => {
    const base = path.join(lab.folder, 'base');
    mkdirSync(base);
    const app = lab.app('turn');
    const mlfn = (...args: string[]) => lab.json([...args, '--target', 'aws']);
    await mlfn('deploy', app, '--name', 'turn');
    expect(await mlfn('deploy', app, '--name', 'turn', '--package', 'image', '--base', writeSmallBase(base))).toMatchObject({ live: 2 });
    expect(await mlfn('invoke', 'turn', '--data', '{}')).toMatchObject({ status: 200, release: 2 });
    const twin = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:turn_image`;
    const { PolicyDocument } = await root.iam.send(new GetRolePolicyCommand({ RoleName: `mlfn-turn-${REGION}`, PolicyName: 'mlfn' }));
    const statements = (JSON.parse(decodeURIComponent(PolicyDocument ?? '')) as { Statement: { Action: string | string[]; Resource: string[] }[] }).Statement;
    expect(statements.filter(({ Action }) => JSON.stringify(Action).includes('lambda:'))).toEqual([{ Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: [twin, `${twin}:*`] }]);
    await root.iam.send(new PutRolePolicyCommand({ RoleName: `mlfn-turn-${REGION}`, PolicyName: 'mlfn', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: statements.filter(({ Action }) => !JSON.stringify(Action).includes('lambda:')) }) }));
    expect((await lab.mlfn(['invoke', 'turn', '--data', '{}', '--target', 'aws'])).stdout).toContain('Lambda answered 403 AccessDeniedException');
    expect(await mlfn('delete', 'turn', '--yes')).toMatchObject({ status: 'removed' });
  });
});

describe('a user who may have no layers', () => {
  const LAYERS = ['lambda:PublishLayerVersion', 'lambda:ListLayerVersions', 'lambda:GetLayerVersion', 'lambda:DeleteLayerVersion'];
  const files = { 'flat/app.py': 'import iniconfig\n\n\ndef answer(body):\n    return {"from": iniconfig.__file__}\n', 'flat/requirements.txt': 'iniconfig==2.0.0\n', 'flat/sample.json': '{}' };
  const deploy = (folder: string, ...more: string[]) => ['deploy', `${folder}/app.py:answer`, '--requirements', `${folder}/requirements.txt`, '--name', 'flat', ...more, '--target', 'aws'];

  test('has everything in one zip, which says why; rolls back and deletes it', async () => {
    const folder = path.dirname(lab.write(files));
    const env = await user('flat', without(...LAYERS));
    gate.clear();
    const { code, stderr } = await lab.mlfn(deploy(folder), { env });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/in one zip: no layer, as arn:aws:iam::\d+:user\/flat may not lambda:PublishLayerVersion, .* on arn:aws:lambda:.*:layer:mlfn-flat\n/)]);
    const { body } = (await lab.json(['invoke', 'flat', '--data', '{}', '--target', 'aws'], { env })) as { body: { from: string } };
    expect(body.from).toContain('/dependencies/iniconfig/');
    expect(await lab.json([...deploy(folder), '--memory', '256'], { env })).toMatchObject({ live: 2 });
    expect(await lab.json(['rollback', 'flat', '--target', 'aws'], { env })).toMatchObject({ live: 1 });
    expect((await lab.json(['status', 'flat', '--target', 'aws'], { env }))['functions']).toMatchObject([{ live: 1 }]);
    expect(await lab.json(['delete', 'flat', '--yes', '--target', 'aws'], { env })).toMatchObject({ status: 'removed' });
    expect(gate.calls.filter(({ status }) => status === 403)).toEqual([]);
    expect(gate.actions().filter((action) => action.includes('Layer'))).toEqual([]);
  });

  test('who insists on a layer is told what is missing, and nothing is made', async () => {
    const folder = path.dirname(lab.write({ ...files, 'flat/mlfn.yaml': 'aws: {oneZip: false}\n' }));
    const env = await user('insists', without(...LAYERS));
    gate.clear();
    const { code, stderr } = await lab.mlfn(deploy('.'), { env, cwd: folder });
    expect([code, stderr]).toEqual([4, expect.stringContaining('may not lambda:PublishLayerVersion')]);
    expect(gate.changes()).toEqual([]);
  });

  test('who may not ask what is allowed meets it, and is told of --one-zip, which asks for no layer', async () => {
    const folder = path.dirname(lab.write(files));
    const env = await user('blind', without(...LAYERS, 'iam:SimulatePrincipalPolicy'));
    const refused = await lab.mlfn(deploy(folder), { env });
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('or do without layers: --one-zip')]);
    expect(await lab.json(deploy(folder, '--one-zip'), { env })).toMatchObject({ status: 'deployed' });
    expect(await lab.json(['delete', 'flat', '--yes', '--target', 'aws'], { env })).toMatchObject({ status: 'removed' });
  });
});

describe('before anything is made', () => {
  const deploy = (env: Record<string, string>, home: string) =>
    lab.mlfn(['deploy', lab.app('a'), '--name', 'pre', '--target', 'aws', '--dry-run'], { env: { ...env, MLFN_HOME: path.join(lab.folder, home) } });

  test.each([
    ['user', user, `arn:aws:iam::${ACCOUNT}:user/half-user`],
    ['role', session, `arn:aws:iam::${ACCOUNT}:role/half-role`],
  ])('a %s is told the IAM actions that it lacks', async (kind, become, arn) => {
    const env = await become(`half-${kind}`, without('lambda:CreateFunction', 'iam:PassRole', 's3:PutObject'));
    gate.clear();
    const ran = await lab.mlfn(['deploy', lab.app('a'), '--name', 'pre', '--target', 'aws'], { env });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain(`${arn} may not lambda:CreateFunction on arn:aws:lambda:${REGION}:${ACCOUNT}:function:pre.`);
    expect(ran.stderr).toContain(`${arn} may not iam:PassRole on arn:aws:iam::${ACCOUNT}:role/mlfn-pre-${REGION}.`);
    expect(ran.stderr).toContain(`${arn} may not s3:PutObject on arn:aws:s3:::mlfn-${ACCOUNT}-${REGION}/functions/pre.`);
    expect(gate.changes()).toEqual([]);
  });

  test('who may not push images is told so where one is asked for, and deploys zips', async () => {
    const env = await user('no-images', without('ecr:CreateRepository', 'ecr:PutImage'));
    gate.clear();
    const ran = await lab.mlfn(['deploy', lab.app('a'), '--name', 'pre', '--target', 'aws', '--package', 'image'], { env });
    expect([ran.code, ran.stderr]).toEqual([4, expect.stringContaining(`user/no-images may not ecr:CreateRepository, ecr:PutImage on arn:aws:ecr:${REGION}:${ACCOUNT}:repository/mlfn/pre.`)]);
    expect(gate.changes()).toEqual([]);
    expect((await deploy(env, 'no-images')).code).toBe(0);
  });

  test('a user who may all is asked about once a day and function, and who was refused again at once', async () => {
    const env = await user('whole', POLICY);
    gate.clear();
    await deploy(env, 'whole');
    expect(asked()).toBeGreaterThan(5);
    gate.clear();
    expect((await deploy(env, 'whole')).code).toBe(0);
    expect(asked()).toBe(0);
    const half = await user('half', without('lambda:CreateFunction'));
    for (let times = 0; times < 2; times += 1) expect((await deploy(half, 'half')).code).toBe(4);
    expect(asked()).toBeGreaterThan(10);
  });

  test('a policy for functions of one name is enough for that name', async () => {
    const one = JSON.parse(JSON.stringify(POLICY).replaceAll(':function:*', ':function:pre').replaceAll('role/mlfn-*', `role/mlfn-pre-${REGION}`)) as typeof POLICY;
    expect((await deploy(await user('narrow', one), 'narrow')).code).toBe(0);
  });

  test('who may not ask is told nothing, and asked about once', async () => {
    const env = await user('silent', without('iam:SimulatePrincipalPolicy'));
    expect((await deploy(env, 'silent')).code).toBe(0);
    gate.clear();
    expect((await deploy(env, 'silent')).code).toBe(0);
    expect(asked()).toBe(0);
  });

  test('the root of the account and single sign-on have no policies that could be asked about', async () => {
    gate.clear();
    expect((await deploy(gate.env, 'root')).code).toBe(0);
    const signedOn = await session('AWSReservedSSO_Deployer_0123456789abcdef', POLICY);
    expect((await deploy(signedOn, 'sso')).code).toBe(0);
    expect(asked()).toBe(0);
  });
});
