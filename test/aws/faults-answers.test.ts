/** AWS answers badly, or not at all: calls are asked again, nothing is made twice, and what ends a deploy is said in its words. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALL, type Caller, FaultsLab, made, NOTHING } from './faults-lab.ts';
import { broken, denied, expired, throttled } from './lab/gate/faults.ts';
import type { Gate } from './lab/gate.ts';
import type { Fault } from '../lab/script.ts';

let lab: FaultsLab;
beforeAll(async () => {
  lab = await FaultsLab.open();
});
afterAll(async () => lab?.close());

const FIRST = [
  'sts:GetCallerIdentity', 's3:HeadBucket', 's3:CreateBucket', 's3:GetPublicAccessBlock', 's3:PutPublicAccessBlock', 's3:GetBucketPolicy', 's3:PutBucketPolicy',
  's3:PutBucketLifecycle', 's3:PutBucketTagging', 's3:ListObjectsV2', 's3:PutObject', 's3:GetObject', 's3:HeadObject', 'iam:GetRole', 'iam:CreateRole', 'iam:PutRolePolicy',
  'logs:DescribeLogGroups', 'logs:CreateLogGroup', 'logs:PutRetentionPolicy', 'lambda:ListLayerVersions', 'lambda:PublishLayerVersion', 'lambda:GetFunction', 'lambda:CreateFunction',
  'lambda:PublishVersion', 'lambda:ListVersionsByFunction', 'lambda:Invoke', 'lambda:GetAlias', 'lambda:CreateAlias', 'lambda:GetPolicy', 'lambda:GetFunctionUrlConfig',
  'lambda:CreateFunctionUrlConfig', 'lambda:AddPermission',
];
const LATER = ['s3:PutObject', 'lambda:UpdateFunctionConfiguration', 'lambda:UpdateFunctionCode', 'lambda:PublishVersion', 'lambda:Invoke', 'lambda:UpdateAlias'];
const DELETE = ['lambda:RemovePermission', 'lambda:DeleteFunctionUrlConfig', 'lambda:DeleteFunction', 'logs:DeleteLogGroup', 'iam:DeleteRolePolicy', 'iam:DeleteRole', 's3:DeleteObjects', 'lambda:DeleteLayerVersion'];

/** Only these words were answered, each with 200. */
function heard(answers: Map<string, number>, ...words: string[]): void {
  expect(answers.size).toBeGreaterThan(0);
  expect(words.map((word) => `200 ${word}`)).toEqual(expect.arrayContaining([...answers.keys()]));
}

const KINDS: [string, (service: string) => Fault][] = [
  ['throttled', throttled],
  ['an internal error', broken],
  ['done, and told as an internal error', (service) => ({ ...broken(service), kind: 'error-after' })],
  ['cut off before it is done', () => ({ kind: 'cut-before' })],
  ['done, and cut off before the answer', () => ({ kind: 'cut-after' })],
];

describe.each(ALL ? KINDS : KINDS.filter(([kind]) => /^(throttled|done)/.test(kind)))('each call once %s', (_, fault) => {
  const name = 'answers';
  // Whoever is throttled pauses for a second.
  const slow = fault === throttled && !ALL;
  const spoil = (gate: Gate, operations: string[]) => {
    for (const operation of operations.filter((each) => !slow || /:(PutObject|CreateRole|CreateLogGroup|CreateFunction|UpdateAlias|DeleteFunction)$/.test(each))) gate.fault({ operation }, fault(operation.split(':')[0]!));
  };

  test('deploys, replaces and deletes, and nothing is made twice', async () => {
    const gate = await lab.way();
    spoil(gate, FIRST);
    const args = (word: string) => ['deploy', lab.app(name, word, { wheel: true }), '--name', name, '--public'];
    const first = await lab.mlfn(args('one'), { gate });
    expect(await lab.ask(first.url)).toEqual({ text: '200 one', release: '1' });
    const { 's3:CreateBucket': buckets = 1, ...others } = made(gate); // which stays when the function is deleted
    expect(buckets).toBe(1);
    expect(others).toEqual({
      'iam:CreateRole': 1,
      'logs:CreateLogGroup': 1,
      'lambda:PublishLayerVersion': 1,
      'lambda:CreateFunction': 1,
      'lambda:PublishVersion': 1,
      'lambda:CreateAlias': 1,
      'lambda:CreateFunctionUrlConfig': 1,
    });
    const { layers, keys, ...rest } = await lab.account();
    expect(rest).toMatchObject({ versions: ['answers:1 release 1'], aliases: ['answers:live'], roles: ['mlfn-answers-eu-west-1'], uploads: [] });
    expect([layers.length, keys.length]).toEqual([1, 4]);
    gate.clear();
    spoil(gate, LATER);
    const caller = lab.call(first.url);
    expect(await lab.mlfn(args('two'), { gate })).toMatchObject({ live: 2 });
    expect(await lab.ask(first.url)).toEqual({ text: '200 two', release: '2' });
    heard(await caller.stop(), 'one', 'two');
    expect(made(gate)).toEqual({ 'lambda:PublishVersion': 1 });
    expect(gate.calls.filter(({ name: each, done }) => done && each === 'lambda:UpdateAlias')).toHaveLength(1);
    expect((await lab.account()).versions).toEqual(['answers:1 release 1', 'answers:2 release 2']);
    spoil(gate, DELETE);
    await lab.mlfn(['delete', name, '--yes'], { gate });
    expect(await lab.account()).toEqual(NOTHING);
    await gate.stop();
  });
});

describe('a call that fails for good', () => {
  const CASES: [string, Fault, number, string][] = [
    // The SDK's own pauses take a quarter of a minute.
    ...(ALL ? [['s3:PutObject', throttled('s3'), 5, 'AWS_THROTTLED'] as [string, Fault, number, string]] : []),
    ['iam:CreateRole', broken('iam'), 5, 'AWS_FAILED'],
    ['lambda:PublishVersion', { kind: 'cut-before' }, 5, 'AWS_UNREACHABLE'],
    ['lambda:CreateAlias', denied('lambda:CreateAlias'), 4, 'AWS_DENIED'],
  ];
  test.each(CASES)('%s ends the deploy in words; the next one completes it', async (operation, fault, code, said) => {
    const gate = await lab.way();
    gate.fault({ operation, times: Infinity }, fault);
    const args = ['deploy', lab.app('ends', 'one'), '--name', 'ends'];
    const { error } = await lab.mlfn(args, { gate, code });
    await gate.stop();
    expect(error).toMatchObject({ code: said, hint: expect.stringMatching(/^[A-Z]/) });
    expect(await lab.mlfn(args)).toMatchObject({ status: 'deployed', live: 1 });
    expect((await lab.account()).versions).toEqual([expect.stringContaining('release 1')]);
    await lab.mlfn(['delete', 'ends', '--yes']);
    expect(await lab.account()).toEqual(NOTHING);
  });
});

describe('credentials that expire', () => {
  const POINTS = ['s3:HeadBucket', 's3:HeadObject', 's3:PutObject', 'lambda:UpdateFunctionCode', 'lambda:Invoke', 'lambda:UpdateAlias'];
  const args = (word: string) => ['deploy', lab.app('expires', word), '--name', 'expires', '--public'];
  let caller: Caller;
  beforeAll(async () => {
    caller = lab.call((await lab.mlfn(args('one'))).url);
  });

  test.each(POINTS)('at %s: exit 4, and said so', async (operation) => {
    const gate = await lab.way();
    gate.fault({ operation, times: Infinity }, expired(operation.split(':')[0]!));
    // An answer to HEAD has no words: what is asked after it has.
    if (operation.startsWith('s3:Head')) gate.fault({ operation: 's3:ListObjectsV2', nth: 2, times: Infinity }, expired('s3'));
    const { error } = await lab.mlfn(args('two'), { gate, code: 4 });
    await gate.stop();
    heard(caller.answers, 'one');
    expect(error).toMatchObject({ code: 'AWS_CREDENTIALS_EXPIRED', hint: expect.stringContaining('aws sso login') });
  });

  test('the next deploy goes on', async () => {
    expect(await lab.mlfn(args('two'))).toMatchObject({ status: 'deployed', before: 1, live: 2 });
    expect((await lab.account('expires')).versions).toEqual(['expires:1 release 1', 'expires:2 release 2']);
    heard(await caller.stop(), 'one', 'two');
    await lab.mlfn(['delete', 'expires', '--yes']);
    expect(await lab.account()).toEqual(NOTHING);
  });
});

describe('a quota that a later deploy reaches', () => {
  const args = (word: string) => ['deploy', lab.app('full', word), '--name', 'full', '--public'];
  const STORAGE: Fault = { status: 400, code: 'CodeStorageExceededException', message: 'Code storage limit exceeded.' };

  test.each(['lambda:UpdateFunctionCode', 'lambda:PublishVersion'])('at %s: exit 3 with its name, the old release is live all the while, the next deploy completes it', async (operation) => {
    const { url } = await lab.mlfn(args('one'));
    const before = await lab.account();
    const caller = lab.call(url);
    const gate = await lab.way();
    gate.fault({ operation }, STORAGE);
    const { error } = await lab.mlfn(args('two'), { gate, code: 3 });
    await gate.stop();
    expect(error).toMatchObject({ code: 'AWS_QUOTA', message: expect.stringContaining('"Function and layer storage" of Lambda'), hint: expect.stringContaining('Service Quotas') });
    expect(await lab.account()).toEqual(before);
    heard(caller.answers, 'one');
    expect(await lab.mlfn(args('two'))).toMatchObject({ status: 'deployed', live: 2 });
    heard(await caller.stop(), 'one', 'two');
    await lab.mlfn(['delete', 'full', '--yes']);
    expect(await lab.account()).toEqual(NOTHING);
  });
});
