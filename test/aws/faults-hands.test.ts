/** What others do in the account: taken names, and things that a hand deletes. The next deploy mends each, or refuses before it makes anything. */
import { CreateFunctionCommand, DeleteAliasCommand, DeleteFunctionCommand, DeleteLayerVersionCommand, GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRoleCommand, DeleteRoleCommand, DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, DeleteBucketCommand, DeleteObjectsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUCKET, FaultsLab, NOTHING } from './faults-lab.ts';
import { clientsOf } from './lab/clients.ts';
import { zipOf } from './lab/zip.ts';

let lab: FaultsLab;
beforeAll(async () => {
  lab = await FaultsLab.open();
});
afterAll(async () => lab?.close());

/** Answers on Lambda what it does not answer here. */
const FAILING = 'import os\n\n\ndef answer(payload):\n    return {"word": os.environ.get("MLFN_RELEASE", "here")}\n';

describe('names that are taken', () => {
  test('a bucket of another account: refused, and nothing is made', async () => {
    const other = clientsOf({ ...lab.cloud.env, AWS_ACCESS_KEY_ID: '999999999999' });
    await other.s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
    const { error } = await lab.mlfn(['deploy', lab.app('taken', 'one'), '--name', 'taken'], { code: 4 });
    expect(error).toMatchObject({ code: 'AWS_BUCKET_TAKEN', hint: expect.stringContaining('--bucket') });
    expect(lab.gate.changes()).toEqual([]);
    await other.s3.send(new DeleteBucketCommand({ Bucket: BUCKET }));
    other.destroy();
    expect(await lab.account()).toEqual(NOTHING);
  });

  test('a function that mlfn did not make: refused without --adopt, and nothing is made', async () => {
    const role = await lab.aws.iam.send(new CreateRoleCommand({ RoleName: 'theirs', AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}' }));
    await lab.aws.lambda.send(
      new CreateFunctionCommand({ FunctionName: 'theirs', Runtime: 'python3.12', Handler: 'a.b', Role: role.Role?.Arn, Code: { ZipFile: zipOf({ 'a.py': 'def b(e, c):\n    return 1\n' }) } }),
    );
    const theirs = () => lab.aws.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'theirs' }));
    const { RevisionId } = await theirs();
    lab.gate.clear();
    const { error } = await lab.mlfn(['deploy', lab.app('theirs', 'one'), '--name', 'theirs'], { code: 2 });
    expect(error).toMatchObject({ code: 'AWS_NOT_OURS', hint: expect.stringContaining('--adopt') });
    expect(lab.gate.changes()).toEqual([]);
    await lab.mlfn(['delete', 'theirs', '--yes'], { code: 2 });
    expect(await theirs()).toMatchObject({ RevisionId, Handler: 'a.b' });
    await lab.aws.lambda.send(new DeleteFunctionCommand({ FunctionName: 'theirs' }));
  });
});

describe('a release that fails its check', () => {
  test('the first: nothing is left of it', async () => {
    const sample = lab.write('sample.json', '{}');
    const { error } = await lab.mlfn(['deploy', lab.app('bad', '', { code: FAILING }), '--name', 'bad', '--sample', sample], { code: 6 });
    expect(error.kind).toBe('verify');
    expect(await lab.account()).toEqual(NOTHING);
  });

  test('a later one: the old stays, nothing is left of the new, and its number is free again', async () => {
    const sample = lab.write('sample.json', '{}');
    await lab.mlfn(['deploy', lab.app('bad', 'good'), '--name', 'bad', '--public']);
    const before = await lab.account();
    const caller = lab.call(before.urls[0]!);
    await lab.mlfn(['deploy', lab.app('bad', '', { code: FAILING }), '--name', 'bad', '--public', '--sample', sample], { code: 6 });
    expect(await lab.account()).toEqual(before);
    expect([...caller.answers.keys()]).toEqual(['200 good']);
    expect(await lab.mlfn(['deploy', lab.app('bad', 'better'), '--name', 'bad', '--public'])).toMatchObject({ before: 1, live: 2 });
    expect([...(await caller.stop()).keys()].sort()).toEqual(['200 better', '200 good']);
    await lab.mlfn(['delete', 'bad', '--yes']);
    expect(await lab.account()).toEqual(NOTHING);
  });
});

describe('what a hand has deleted, the next deploy mends', () => {
  const name = 'mended';
  const args = (word: string) => ['deploy', lab.app(name, word, { wheel: true }), '--name', name, '--public'];
  beforeAll(async () => {
    await lab.mlfn(args('one'));
    await lab.mlfn(args('two'));
  });
  const works = async (word: string) => {
    const done = await lab.mlfn(['status', name]);
    expect((await lab.ask(done.functions[0].url)).text).toBe(`200 ${word}`);
  };

  test('the role, of the very same model', async () => {
    const RoleName = `mlfn-${name}-eu-west-1`;
    await lab.aws.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'mlfn' }));
    await lab.aws.iam.send(new DeleteRoleCommand({ RoleName }));
    expect((await lab.mlfn(args('two'))).steps.map((step: { resource?: string }) => step.resource)).toEqual(['role']);
    expect((await lab.account()).roles).toEqual([RoleName]);
    await works('two');
  });

  test('the log group', async () => {
    await lab.aws.logs.send(new DeleteLogGroupCommand({ logGroupName: `/aws/lambda/${name}` }));
    expect((await lab.mlfn(args('two'))).steps.map((step: { resource?: string }) => step.resource)).toEqual(['log group']);
    expect((await lab.account()).logGroups).toEqual([`/aws/lambda/${name}`]);
  });

  test('the alias, and with it the URL', async () => {
    await lab.aws.lambda.send(new DeleteAliasCommand({ FunctionName: name, Name: 'live' }));
    expect(await lab.mlfn(args('two'))).toMatchObject({ status: 'deployed', live: 2 });
    await works('two');
  });

  test('the layer', async () => {
    const [LayerName = '', version] = (await lab.account()).layers[0]!.split(':');
    await lab.aws.lambda.send(new DeleteLayerVersionCommand({ LayerName, VersionNumber: Number(version) }));
    expect(await lab.mlfn(args('three'))).toMatchObject({ live: 3 });
    expect((await lab.account()).layers).toHaveLength(1);
    await works('three');
  });

  test('a version: its release is forgotten', async () => {
    const version = (await lab.account()).versions.find((each) => each.endsWith('release 1'))?.match(/:(\d+) /)?.[1];
    await lab.aws.lambda.send(new DeleteFunctionCommand({ FunctionName: name, Qualifier: version }));
    const done = await lab.mlfn(args('three'));
    expect(done.steps.map((step: { kind: string }) => step.kind)).toEqual(['prune']);
    expect((await lab.account()).keys.filter((key) => key.includes('000001'))).toEqual([]);
    await works('three');
  });

  test('everything in the bucket: the endpoint goes on, and the next release has a number of its own', async () => {
    const caller = lab.call((await lab.account()).urls[0]!);
    const Objects = (await lab.account()).keys.map((Key) => ({ Key }));
    await lab.aws.s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
    const { functions } = await lab.mlfn(['status', name]);
    expect(functions[0]).toMatchObject({ live: 3, releases: [] });
    expect(await lab.mlfn(args('four'))).toMatchObject({ status: 'deployed', live: 4 });
    expect([...(await caller.stop()).keys()].sort()).toEqual(['200 four', '200 three']);
    expect((await lab.account()).versions.map((each) => each.split(' ').at(-1))).toEqual(['4']);
    await works('four');
  });

  test('the bucket itself', async () => {
    const Objects = (await lab.account()).keys.map((Key) => ({ Key }));
    await lab.aws.s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
    await lab.aws.s3.send(new DeleteBucketCommand({ Bucket: BUCKET }));
    expect(await lab.mlfn(args('five'))).toMatchObject({ status: 'deployed', live: 5 });
    await works('five');
  });

  test('the bucket, and then the function is deleted', async () => {
    const Objects = (await lab.account()).keys.map((Key) => ({ Key }));
    await lab.aws.s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
    await lab.mlfn(['delete', name, '--yes']);
    const { layers, ...rest } = await lab.account();
    expect({ ...rest, layers: [] }).toEqual(NOTHING);
    expect(layers.length).toBeLessThanOrEqual(1); // nothing tells any more whose it is
  });
});
