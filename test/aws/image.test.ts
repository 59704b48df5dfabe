/** Functions of images: the repository and its images, and what Lambda is told. image-twin.test.ts: functions that change their form. */
import { GetFunctionCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import {
  BatchGetImageCommand, DescribeRepositoriesCommand, GetLifecyclePolicyCommand, GetRepositoryPolicyCommand, ListImagesCommand, PutImageCommand,
  PutImageTagMutabilityCommand, SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PERMISSIONS } from '../../src/providers/aws/permissions.ts';
import { cloudLogin, openTarget } from '../../src/providers/index.ts';
import type { Point } from '../lab/script.ts';
import { writeSmallBase } from '../oci/small-base.ts';
import { ownContext } from './context.ts';
import { FaultsLab, made, NOTHING } from './faults-lab.ts';
import { denied } from './lab/gate/faults.ts';

let lab: FaultsLab;
let base: string;
let asImage: string[];
beforeAll(async () => {
  lab = await FaultsLab.open();
  const folder = path.join(lab.folder, 'base');
  mkdirSync(folder);
  base = writeSmallBase(folder);
  asImage = ['--package', 'image', '--base', base];
});
afterAll(async () => lab?.close());

const deploying = (name: string, word: string, ...more: string[]) => ['deploy', lab.app(name, word), '--name', name, ...asImage, '--public', ...more];
const at = (name: string) => ({ repositoryName: `mlfn/${name}` });
const digests = async (name: string) => ((await lab.aws.ecr.send(new ListImagesCommand(at(name)))).imageIds ?? []).map(({ imageDigest }) => imageDigest).toSorted();
const pushed = () => lab.gate.calls.filter(({ name, done }) => name === 'registry:CompleteLayerUpload' && done).map(({ bytes }) => bytes);

describe('a life', () => {
  test('is planned before anything is made', async () => {
    const { steps } = await lab.mlfn([...deploying('life', 'one'), '--dry-run']);
    const short = (steps as { kind: string; resource?: string; part?: string }[]).map(({ kind, resource, part }) => [kind, resource ?? part].filter(Boolean).join(' '));
    expect(short).toEqual(['ensure bucket', 'ensure role', 'ensure log group', 'ensure repository', 'store image', 'publish', 'verify', 'switch', 'ensure endpoint']);
    expect(await lab.account()).toEqual(NOTHING);
  });

  test('Lambda is told the image by its digest, and nothing that the image says itself', async () => {
    const done = await lab.mlfn(deploying('life', 'one', '--env', 'AB=1'));
    expect(await lab.ask(done.url)).toEqual({ text: '200 one', release: '1' });
    const [digest] = await digests('life');
    const { Configuration, Code } = await lab.aws.lambda.send(new GetFunctionCommand({ FunctionName: 'life' }));
    expect(Configuration?.Environment?.Variables).toEqual({ AB: '1', MLFN_RELEASE: '1' });
    expect(Code?.RepositoryType).toBeDefined();
    const told = lab.gate.calls.filter(({ name }) => name === 'lambda:CreateFunction');
    expect(told.length).toBeGreaterThan(0);
    const [release] = (await lab.mlfn(['releases', 'life'])).releases;
    expect(release.image).toEqual({ digest, size: expect.any(Number), base: { name: base, digest: expect.stringMatching(/^sha256:/) } });
  });

  test('the repository keeps tags as they are, scans, forgets what is half pushed, and lets Lambda pull for this function', async () => {
    const { repositories: [found] = [] } = await lab.aws.ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['mlfn/life'] }));
    expect(found).toMatchObject({ imageTagMutability: 'IMMUTABLE', imageScanningConfiguration: { scanOnPush: true } });
    const { lifecyclePolicyText = '' } = await lab.aws.ecr.send(new GetLifecyclePolicyCommand(at('life')));
    expect(JSON.parse(lifecyclePolicyText).rules.map((rule: { selection: object }) => rule.selection)).toEqual([expect.objectContaining({ tagStatus: 'untagged' })]);
    const { policyText = '' } = await lab.aws.ecr.send(new GetRepositoryPolicyCommand(at('life')));
    const [statement] = JSON.parse(policyText).Statement;
    expect(statement).toMatchObject({ Principal: { Service: 'lambda.amazonaws.com' }, Condition: { StringLike: { 'aws:sourceArn': ['arn:aws:lambda:eu-west-1:123456789012:function:life', 'arn:aws:lambda:eu-west-1:123456789012:function:life:*'] } } });
    const { imageIds = [] } = await lab.aws.ecr.send(new ListImagesCommand(at('life')));
    expect(imageIds.map(({ imageTag, imageDigest }) => `sha256:${imageTag}` === imageDigest)).toEqual([true]);
  });

  test('the same again asks nothing to be sent; a changed function sends one layer; changed settings send none', async () => {
    lab.gate.clear();
    expect(await lab.mlfn(deploying('life', 'one', '--env', 'AB=1'))).toMatchObject({ status: 'up-to-date' });
    expect(lab.gate.changes()).toEqual([]);
    expect(await lab.mlfn(deploying('life', 'two', '--env', 'AB=1'))).toMatchObject({ live: 2 });
    // Its code, and the image's configuration.
    expect(pushed()).toHaveLength(2);
    lab.gate.clear();
    expect(await lab.mlfn(deploying('life', 'two', '--env', 'AB=2'))).toMatchObject({ live: 3 });
    expect(pushed()).toEqual([]);
    expect(await digests('life')).toHaveLength(2);
  });

  test('what somebody changed of the repository is put right, and their own statements stay', async () => {
    const { policyText: before = '' } = await lab.aws.ecr.send(new GetRepositoryPolicyCommand(at('life')));
    const theirs = { Sid: 'theirs', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::210987654321:root' }, Action: ['ecr:BatchGetImage'] };
    await lab.aws.ecr.send(new PutImageTagMutabilityCommand({ ...at('life'), imageTagMutability: 'MUTABLE' }));
    await lab.aws.ecr.send(new SetRepositoryPolicyCommand({ ...at('life'), policyText: JSON.stringify({ Version: '2012-10-17', Statement: [theirs] }) }));
    const { steps } = await lab.mlfn(deploying('life', 'two', '--env', 'AB=2'));
    expect(steps).toMatchObject([{ kind: 'ensure', resource: 'repository', change: 'update', detail: 'immutable tags, who may pull' }]);
    const { policyText: after = '' } = await lab.aws.ecr.send(new GetRepositoryPolicyCommand(at('life')));
    expect(JSON.parse(after).Statement).toEqual([theirs, ...JSON.parse(before).Statement]);
  });

  test('rollback and a canary are what they are for zips', async () => {
    const back = await lab.mlfn(['rollback', 'life', '--to', '1']);
    expect(await lab.ask(back.url)).toEqual({ text: '200 one', release: '1' });
    const canary = await lab.mlfn(deploying('life', 'three', '--canary', '50'));
    expect(canary).toMatchObject({ canary: { percent: 50 } });
    expect(await lab.mlfn(['promote', 'life'])).toMatchObject({ status: 'promoted' });
    expect(await lab.ask(back.url)).toMatchObject({ text: '200 three' });
  });

  test('a candidate that is not well is taken back, with its image', async () => {
    const before = await digests('life');
    const bad = ['deploy', lab.app('life', '', { code: 'raise RuntimeError("no")\n\n\ndef answer(payload):\n    return payload\n' }), '--name', 'life', ...asImage, '--public'];
    await lab.mlfn(bad, { code: 6 });
    expect(await digests('life')).toEqual(before);
  });

  test('deleted, nothing of it is left', async () => {
    await lab.mlfn(['delete', 'life', '--yes']);
    expect(await lab.account()).toMatchObject({ ...NOTHING, keys: [] });
    await expect(lab.aws.ecr.send(new ListImagesCommand(at('life')))).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
  });

  test('needed nothing of ECR but what the policy names', () => {
    const allowed = PERMISSIONS.filter(({ form }) => form === 'image').flatMap(({ actions }) => actions);
    const called = lab.gate.actions().filter((action) => action.startsWith('ecr:'));
    expect(called.length).toBeGreaterThan(5);
    expect(called.filter((action) => !allowed.includes(action))).toEqual([]);
  });
});

describe('the form of a function', () => {
  test('is what `auto` goes on with', async () => {
    await lab.mlfn(deploying('images', 'one'));
    const done = await lab.mlfn(['deploy', lab.app('images', 'two'), '--name', 'images', '--base', base, '--public']);
    expect(done).toMatchObject({ status: 'deployed', live: 2 });
    expect(await lab.ask(done.url)).toEqual({ text: '200 two', release: '2' });
    expect(await digests('images')).toHaveLength(2);
  });

  test('does not matter to pruning: an image goes with the last release that names it', async () => {
    const own = await ownContext('prune');
    const before = { ...process.env };
    Object.assign(process.env, lab.gate.env);
    try {
      const { provider, config } = await openTarget('aws', {});
      const kept = (await lab.mlfn(['releases', 'images'])).releases.find(({ number }: { number: number }) => number === 2).image.digest;
      const { images: [image] = [] } = await lab.aws.ecr.send(new BatchGetImageCommand({ ...at('images'), imageIds: [{ imageDigest: kept }] }));
      const theirs = JSON.stringify({ ...JSON.parse(image!.imageManifest!), annotations: { by: 'somebody else' } });
      const { image: put } = await lab.aws.ecr.send(new PutImageCommand({ ...at('images'), imageManifest: theirs, imageTag: 'signed' }));
      await provider.apply({ ...own.ctx, env: process.env }, config, { kind: 'prune', keep: 1 }, { name: 'images' });
      expect((await digests('images')).toSorted()).toEqual([kept, put!.imageId!.imageDigest].toSorted());
    } finally {
      process.env = before;
      await own.remove();
    }
  });

  test('of images excludes SnapStart', async () => {
    const refused = await lab.begin([...deploying('images', 'two'), '--snapstart', '--target', 'aws']).done;
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('SnapStart is for zips')]);
  });
});

test('who has credentials of AWS is logged in at ECR, and nowhere else', async () => {
  const own = await ownContext('login');
  const before = { ...process.env };
  Object.assign(process.env, lab.gate.env);
  try {
    lab.gate.clear();
    const host = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
    expect(await cloudLogin(own.ctx, host)).toEqual({ user: 'AWS', password: 'ministack-auth-token' });
    expect(lab.gate.calls.map(({ name, region }) => [name, region])).toEqual([['ecr:GetAuthorizationToken', 'eu-central-1']]);
    for (const other of ['public.ecr.aws', 'docker.io', `${host}.example.com`, `evil.${host}`]) expect(await cloudLogin(own.ctx, other)).toBeNull();
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name];
    expect(await cloudLogin(own.ctx, host)).toBeNull();
  } finally {
    process.env = before;
    await own.remove();
  }
});

describe('faults', () => {
  test('killed at each of its steps, a deploy goes on, and pushes nothing twice', async () => {
    const args = deploying('killed', 'one');
    lab.gate.clear();
    const points: Point[] = [
      { operation: 'ecr:CreateRepository' },
      { operation: 'ecr:PutLifecyclePolicy' },
      { operation: 'ecr:SetRepositoryPolicy' },
      { operation: 'registry:CompleteLayerUpload' },
      { operation: 'registry:PutImage' },
      { operation: 'lambda:CreateFunction', nth: 4 },
      { operation: 'lambda:PublishVersion' },
    ];
    for (const point of points) expect(await lab.killedAt(point, args), `never called ${point.operation}`).toBe(point.operation);
    const done = await lab.mlfn(args);
    expect(await lab.ask(done.url)).toEqual({ text: '200 one', release: '1' });
    expect(made(lab.gate)).toMatchObject({ 'ecr:CreateRepository': 1, 'lambda:CreateFunction': 1, 'lambda:PublishVersion': 1 });
    expect(await digests('killed')).toHaveLength(1);
    const layers = lab.gate.calls.filter(({ name, done: stored }) => name === 'registry:CompleteLayerUpload' && stored).map(({ url }) => new URL(url, 'http://gate').searchParams.get('digest'));
    expect(layers).toEqual([...new Set(layers)]);
  });

  test('a push that is cut off again and again is begun again, and ends well', async () => {
    const gate = await lab.way();
    try {
      for (const nth of [1, 2, 4]) gate.fault({ operation: 'registry:CompleteLayerUpload', nth }, { kind: 'cut-before' });
      gate.fault({ operation: 'registry:PutImage' }, { kind: 'cut-after' });
      gate.fault({ operation: 'ecr:CreateRepository' }, { kind: 'cut-after' });
      const done = await lab.mlfn(deploying('cut', 'one'), { gate });
      expect(await lab.ask(done.url)).toEqual({ text: '200 one', release: '1' });
    } finally {
      await gate.stop();
    }
  });

  test.each(['ecr:GetAuthorizationToken', 'ecr:CreateRepository'])('who may not %s is told so, and the function that is live stays', async (operation) => {
    const gate = await lab.way();
    try {
      gate.fault({ operation }, denied(operation));
      const ran = await lab.begin([...deploying(operation.slice(4).toLowerCase(), 'one'), '--target', 'aws'], { gate }).done;
      expect([ran.code, ran.stderr]).toEqual([4, expect.stringContaining(`AWS does not allow ${operation}`)]);
    } finally {
      await gate.stop();
    }
  });

  test('who may not push is told which permissions it takes', async () => {
    const gate = await lab.way();
    try {
      gate.fault({ operation: 'registry:InitiateLayerUpload', times: Infinity }, { kind: 'error', status: 403, code: 'DENIED', message: 'User: ada is not authorized to perform: ecr:InitiateLayerUpload' });
      const ran = await lab.begin([...deploying('push', 'one'), '--target', 'aws'], { gate }).done;
      expect([ran.code, ran.stderr]).toEqual([4, expect.stringMatching(/ada is not authorized to perform: ecr:InitiateLayerUpload.*\[AWS_DENIED\]\n.*ecr:PutImage on mlfn\/push/)]);
    } finally {
      await gate.stop();
    }
  });

  test('a policy that is not known everywhere yet is waited for', async () => {
    const gate = await lab.way();
    try {
      const refusal = { kind: 'error' as const, status: 403, code: 'AccessDeniedException', message: 'Lambda does not have permission to access the ECR image. Check the ECR permissions.' };
      gate.fault({ operation: 'lambda:CreateFunction', times: 2 }, refusal);
      const done = await lab.mlfn(deploying('waits', 'one'), { gate });
      expect(await lab.ask(done.url)).toEqual({ text: '200 one', release: '1' });
    } finally {
      await gate.stop();
    }
  });

  test('two deploys of one function at once end with an image for each', async () => {
    const [one, two] = [deploying('race', 'one'), deploying('race-b', 'two')];
    two[two.indexOf('race-b')] = 'race';
    const both = await Promise.all([lab.mlfn(one), lab.mlfn(two, { home: 'home-b' })]);
    expect(both.map(({ status }) => status)).toEqual(['deployed', 'deployed']);
    expect(await digests('race')).toHaveLength(2);
    const { Payload } = await lab.aws.lambda.send(new InvokeCommand({ FunctionName: 'race', Qualifier: 'live', Payload: Buffer.from('{}') }));
    expect(['one', 'two']).toContain(JSON.parse(Buffer.from(Payload ?? []).toString()).word);
  });
});
