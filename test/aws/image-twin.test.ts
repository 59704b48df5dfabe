/** A function goes from zips to images and back at the same URL: releases of the other form run on a twin, and the function hands calls on. */
import { DeleteFunctionCommand, GetFunctionCommand, type GetFunctionCommandOutput, InvokeCommand } from '@aws-sdk/client-lambda';
import { ListImagesCommand } from '@aws-sdk/client-ecr';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTarget } from '../../src/providers/index.ts';
import type { Point } from '../lab/script.ts';
import { writeSmallBase } from '../oci/small-base.ts';
import { ownContext } from './context.ts';
import { type Clients, clientsOf } from './lab/clients.ts';
import { FaultsLab, made, NOTHING } from './faults-lab.ts';

let lab: FaultsLab;
let asImage: string[];
/** Through a gate, which tells of images. */
let seen: Clients;
beforeAll(async () => {
  lab = await FaultsLab.open();
  seen = clientsOf(lab.front.env);
  const folder = path.join(lab.folder, 'base');
  mkdirSync(folder);
  asImage = ['--package', 'image', '--base', writeSmallBase(folder)];
});
afterAll(async () => {
  seen?.destroy();
  await lab?.close();
});

const asZip = ['--package', 'zip'];
const deploying = (name: string, word: string, ...more: string[]) => ['deploy', lab.app(name, word), '--name', name, '--public', ...more];
const version = async (name: string, Qualifier?: string): Promise<GetFunctionCommandOutput> => seen.lambda.send(new GetFunctionCommand({ FunctionName: name, Qualifier }));
const images = async (name: string) => ((await lab.aws.ecr.send(new ListImagesCommand({ repositoryName: `mlfn/${name}` }))).imageIds ?? []).length;
/** Only answers of releases. */
const failures = (answers: Map<string, number>) => [...answers].filter(([text]) => !/^200 \w+$/.test(text));
const versions = async () => (await lab.account()).versions.toSorted();
const GONE = { ...NOTHING, keys: [] };

const FRAGILE = `import time


def answer(payload):
    print("asked")
    if "t" in payload:
        time.sleep(9)
    return {"word": "fragile"}
`;

describe('from zips to images and back', () => {
  test('no call fails meanwhile, the URL stays, and each release has its own settings', async () => {
    const { url } = await lab.mlfn(deploying('heart', 'zip', ...asZip, '--memory', '512', '--timeout', '7', '--env', 'AB=1'));
    const caller = lab.call(url);
    const done = await lab.mlfn(deploying('heart', 'image', ...asImage, '--memory', '768', '--timeout', '9', '--env', 'AB=2'));
    expect(done).toMatchObject({ live: 2, url });
    expect(done.steps.map(({ kind, resource }: { kind: string; resource?: string }) => resource ?? kind)).toEqual(['role', 'repository', 'twin', 'store', 'publish', 'verify', 'switch']);
    expect(await lab.ask(url)).toEqual({ text: '200 image', release: '2' });
    const [twin, front] = [(await version('heart_image', '1')).Configuration, (await version('heart', '2')).Configuration];
    expect(twin).toMatchObject({ PackageType: 'Image', MemorySize: 768, Timeout: 9, LoggingConfig: { LogGroup: '/aws/lambda/heart' }, Environment: { Variables: { AB: '2', MLFN_RELEASE: '2' } } });
    const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:heart_image:1';
    expect(front).toMatchObject({ PackageType: 'Zip', MemorySize: 256, Timeout: 24, Handler: 'mlfn_serve.relay.handler', Environment: { Variables: { MLFN_RELAY: arn, MLFN_RELEASE: '2' } } });
    expect(front?.Environment?.Variables).not.toHaveProperty('AB');
    expect((await lab.mlfn(deploying('heart', 'image', ...asImage, '--memory', '768', '--timeout', '9', '--env', 'AB=2'))).status).toBe('up-to-date');
    lab.gate.clear();
    expect(await lab.mlfn(['rollback', 'heart'])).toMatchObject({ live: 1 });
    expect(lab.gate.changes()).toEqual(['lambda:UpdateAlias']);
    expect(await lab.ask(url)).toEqual({ text: '200 zip', release: '1' });
    await lab.mlfn(deploying('heart', 'canary', ...asImage, '--canary', '50'));
    await lab.mlfn(['promote', 'heart']);
    expect(await lab.ask(url)).toEqual({ text: '200 canary', release: '3' });
    expect(await lab.mlfn(deploying('heart', 'back', ...asZip))).toMatchObject({ live: 4, url });
    const answers = await caller.stop();
    expect(failures(answers)).toEqual([]);
    expect([...answers.keys()].toSorted()).toEqual(expect.arrayContaining(['200 canary', '200 image', '200 zip']));
    expect(await lab.mlfn(['status'])).toMatchObject({ functions: [{ name: 'heart', live: 4 }] });
  });

  test('lines and reports are those of the twin, by their releases; what fails there is told by its own name', async () => {
    await lab.mlfn(['deploy', lab.app('heart', '', { code: FRAGILE }), '--name', 'heart', '--public', ...asImage, '--timeout', '2', '--memory', '320']);
    const asked = await lab.mlfn(['invoke', 'heart', '--data', '{}', '--report']);
    expect(asked).toMatchObject({ release: 5, billed: { memoryMb: 320 } });
    const told = await lab.begin(['logs', 'heart', '--lines', '500', '--target', 'aws']).done;
    const own = told.stdout.split('\n').filter((line) => line.endsWith('asked')).map((line) => /release \d+/.exec(line)?.[0]);
    expect([...new Set(own)]).toEqual(['release 5']);
    const late = await lab.mlfn(['invoke', 'heart', '--data', '{"t": 1}'], { code: 5 });
    expect(late).toMatchObject({ status: 502, failure: { type: 'Timeout', message: expect.stringContaining('longer than its 2 seconds') } });
  });

  test('what is pruned goes with its version of the twin and its image; the twin goes with the last', async () => {
    expect(await images('heart')).toBe(3);
    await lab.mlfn(['rollback', 'heart', '--to', '4']);
    await pruned('heart', 2);
    expect(await versions()).toEqual(['heart:4 release 4', 'heart:5 release 5', 'heart_image:3 release 5']);
    expect(await images('heart')).toBe(1);
    await lab.mlfn(deploying('heart', 'last', ...asZip));
    await pruned('heart', 1);
    expect(await lab.account()).toMatchObject({ functions: ['heart'] });
    expect(await images('heart')).toBe(0);
    await lab.mlfn(['delete', 'heart', '--yes']);
    expect(await lab.account()).toEqual(GONE);
  });
});

async function pruned(name: string, keep: number): Promise<void> {
  const own = await ownContext('prune');
  const before = { ...process.env };
  Object.assign(process.env, lab.gate.env);
  try {
    const { provider, config } = await openTarget('aws', {});
    await provider.apply({ ...own.ctx, env: process.env }, config, { kind: 'prune', keep }, { name });
  } finally {
    process.env = before;
    await own.remove();
  }
}

test('from images to zips and back: an image that is there hands calls on, and stays as long as it does', async () => {
  const { url } = await lab.mlfn(deploying('net', 'image', ...asImage));
  const caller = lab.call(url);
  const pushes = () => lab.gate.calls.filter(({ name }) => name.startsWith('registry:')).length;
  lab.gate.clear();
  expect(await lab.mlfn(deploying('net', 'zip', ...asZip))).toMatchObject({ live: 2, url });
  expect(pushes()).toBe(0);
  expect(await lab.ask(url)).toEqual({ text: '200 zip', release: '2' });
  const { Configuration } = await version('net', '2');
  expect(Configuration).toMatchObject({ PackageType: 'Image', ImageConfigResponse: { ImageConfig: { Command: ['mlfn_serve.relay.handler'] } } });
  await lab.mlfn(deploying('net', 'zip2', ...asZip));
  await pruned('net', 1);
  expect(await versions()).toEqual(['net:3 release 3', 'net_zip:2 release 3']);
  expect(await images('net')).toBe(1);
  // `auto` goes on with what the function is made of.
  expect(await lab.mlfn(deploying('net', 'image2', ...asImage.slice(2)))).toMatchObject({ live: 4 });
  expect((await version('net', '4')).Configuration?.ImageConfigResponse?.ImageConfig?.Command).not.toEqual(['mlfn_serve.relay.handler']);
  expect(await lab.ask(url)).toEqual({ text: '200 image2', release: '4' });
  expect(failures(await caller.stop())).toEqual([]);
  await lab.mlfn(['delete', 'net', '--yes']);
  expect(await lab.account()).toEqual(GONE);
});

describe('faults', () => {
  test('a candidate that is not well is taken back with its twin; killed anywhere, the next deploy goes on, and a removal is finished', async () => {
    const { url } = await lab.mlfn(deploying('killed', 'old', ...asZip));
    const code = 'raise RuntimeError("no")\n\n\ndef answer(payload):\n    return payload\n';
    const refused = await lab.begin(['deploy', lab.app('killed', '', { code }), '--name', 'killed', ...asImage, '--public', '--target', 'aws']).done;
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining('RuntimeError: no')]);
    expect(await lab.account()).toMatchObject({ functions: ['killed'], versions: ['killed:1 release 1'] });
    expect(await images('killed')).toBe(0);
    const caller = lab.call(url);
    const args = deploying('killed', 'new', ...asImage);
    lab.gate.clear();
    const points: Point[] = [
      { operation: 'lambda:CreateFunction' },
      { operation: 'lambda:PublishVersion' },
      { operation: 'lambda:UpdateFunctionCode' },
      { operation: 'lambda:PublishVersion' },
    ];
    for (const point of points) expect(await lab.killedAt(point, args), `never called ${point.operation}`).toBe(point.operation);
    expect(await lab.mlfn(args)).toMatchObject({ live: 2 });
    expect(await lab.ask(url)).toEqual({ text: '200 new', release: '2' });
    expect(failures(await caller.stop())).toEqual([]);
    expect(made(lab.gate)).toMatchObject({ 'lambda:CreateFunction': 1, 'lambda:PublishVersion': 2 });
    const [, front, twin] = await versions();
    expect([front, twin]).toEqual([expect.stringMatching(/^killed:\d release 2$/), expect.stringMatching(/^killed_image:\d release 2$/)]);
    // The twin is gone, the function is still there.
    expect(await lab.killedAt({ operation: 'lambda:DeleteFunction' }, ['delete', 'killed', '--yes'])).toBe('lambda:DeleteFunction');
    await lab.mlfn(['delete', 'killed', '--yes']);
    expect(await lab.account()).toEqual(GONE);
  });

  test('two deploys at once each end with a release that answers, also where both begin a function, in two forms', async () => {
    const apps = ['one', 'two', 'three'].map((word) => lab.app(`race-${word}`, word));
    const args = (at: number, ...form: string[]) => ['deploy', apps[at]!, '--name', 'race', '--public', ...form];
    const first = await Promise.all([lab.mlfn(args(0, ...asZip)), lab.mlfn(args(1, ...asImage), { home: 'home-b' })]);
    expect(first.map(({ status }) => status)).toEqual(['deployed', 'deployed']);
    const form = (await version('race')).Configuration?.PackageType === 'Image' ? asZip : asImage;
    const second = await Promise.all([lab.mlfn(args(2, ...form)), lab.mlfn(args(2, ...form, '--memory', '640'), { home: 'home-b' })]);
    expect(second.map(({ status }) => status)).toEqual(['deployed', 'deployed']);
    const words = [];
    for (const Qualifier of ['1', '2', '3', '4']) {
      const { Payload } = await lab.aws.lambda.send(new InvokeCommand({ FunctionName: 'race', Qualifier, Payload: Buffer.from('{}') }));
      words.push(JSON.parse(Buffer.from(Payload ?? []).toString()).word);
    }
    expect(words.toSorted()).toEqual(['one', 'three', 'three', 'two']);
    // Whoever removed the function by hand has left its twin: a removal finds that, too.
    await lab.aws.lambda.send(new DeleteFunctionCommand({ FunctionName: 'race' }));
    await lab.mlfn(['delete', 'race', '--yes']);
    expect(await lab.account()).toEqual(GONE);
  });
});
