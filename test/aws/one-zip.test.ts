/** Everything in one zip, without a layer: when that is chosen, and a life that goes from the one way to the other and back. */
import { DeleteObjectsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { configSchema } from '../../src/providers/aws/config.ts';
import { NO_LAYERS, oneZip } from '../../src/providers/aws/one-zip.ts';
import type { Artifact, Bundle, Finding } from '../../src/types.ts';
import { BUCKET, FaultsLab, NOTHING } from './faults-lab.ts';

function bundle(size: number): Bundle {
  const source = { bytes: new Uint8Array() };
  const entries = size === 0 ? [] : [{ path: 'a.py', mode: 0o644 as const, sha256: 'a', size, source }];
  const part = (which: Artifact['part'], of: Artifact['entries']): Artifact => ({ part: which, entries: of, digest: which, size: of.length === 0 ? 0 : size });
  return { dependencies: part('dependencies', entries), function: part('function', []), fetched: null, modelDigest: 'm', findings: [] };
}

describe('chosen', () => {
  const denied: Finding[] = [{ severity: 'info', code: NO_LAYERS, message: 'arn:aws:iam::1:user/u may not lambda:PublishLayerVersion on L.' }];
  const large = 80_000_000;
  const why = (section: object, size: number, findings: Finding[] = []) => oneZip(configSchema.parse(section), bundle(size), findings);

  test('by permissions: whoever may make no layers has one zip', () => {
    expect(why({}, large)).toBeNull();
    expect(why({}, large, denied)).toBe('no layer, as arn:aws:iam::1:user/u may not lambda:PublishLayerVersion on L');
    expect(why({}, large, [{ ...denied[0]!, code: 'aws-permission' }])).toBeNull();
  });

  test('by size: what is small goes with the rest', () => {
    expect(why({}, 8 * 1024)).toBe('the dependencies are too small for a layer');
    expect(why({}, 8 * 1024 + 1)).toBeNull();
  });

  test('by the user, against both', () => {
    expect(why({ oneZip: true }, large)).toBe('as oneZip says');
    expect(why({ oneZip: false }, 1, denied)).toBeNull();
  });

  test('nothing to choose without dependencies', () => {
    for (const section of [{}, { oneZip: true }]) expect(why(section, 0, denied)).toBeNull();
  });
});

describe('a life', () => {
  let lab: FaultsLab;
  beforeAll(async () => {
    lab = await FaultsLab.open();
  });
  afterAll(async () => lab?.close());
  afterEach(() => lab.gate.clear());

  const name = 'packed';
  const args = (word: string, ...more: string[]) => ['deploy', lab.app(name, word, { wheel: true }), '--name', name, '--public', ...more];
  const stored = (done: { steps: { kind: string; part?: string }[] }) => done.steps.flatMap((step) => (step.kind === 'store' ? [step.part] : []));
  const answers = async (word: string, release: number) =>
    expect(await lab.ask((await lab.account()).urls[0]!)).toEqual({ text: `200 ${word}`, release: String(release) });
  const layersOf = async (Qualifier: string) =>
    ((await lab.aws.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier }))).Layers ?? []).length;
  const layerCalls = () => lab.gate.calls.filter(({ name: call }) => call.includes('Layer'));

  test('begins in one zip: no call is about layers, and the story says why', async () => {
    const { code, stderr } = await lab.begin([...args('one', '--one-zip'), '--target', 'aws']).done;
    expect([code, stderr]).toEqual([0, expect.stringMatching(/in one zip: as oneZip says/)]);
    expect(layerCalls()).toEqual([]);
    expect((await lab.account()).layers).toEqual([]);
    await answers('one', 1);
    expect(await lab.mlfn(args('one', '--one-zip'))).toMatchObject({ status: 'up-to-date' });
    expect(stored(await lab.mlfn(args('two', '--one-zip')))).toEqual(['function']);
    await answers('two', 2);
  });

  test('goes on with a layer, also when Lambda finds the old zip and the new layer too much together', async () => {
    // Seen by Lambda only: the emulator does not add up. docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    const message = 'Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. The actual size is 300000000 bytes.';
    lab.gate.fault({ operation: 'lambda:UpdateFunctionConfiguration' }, { status: 400, code: 'InvalidParameterValueException', message });
    const caller = lab.call((await lab.account()).urls[0]!);
    const done = await lab.mlfn(args('two'));
    expect(done).toMatchObject({ live: 3 });
    expect(stored(done)).toEqual(['dependencies', 'function']);
    expect([...(await caller.stop()).keys()]).toEqual(['200 two']);
    const updates = lab.gate.calls.filter(({ name: call }) => /UpdateFunction(Code|Configuration)$/.test(call)).map(({ name: call, status }) => `${call.slice('lambda:UpdateFunction'.length)} ${status}`);
    expect(updates).toEqual(['Configuration 400', 'Configuration 200', 'Code 200', 'Configuration 200']);
    expect([await layersOf('live'), (await lab.account()).layers.length]).toEqual([1, 1]);
    await answers('two', 3);
  });

  test('goes from one to the other by rollbacks of one call, and back to one zip by a deploy', async () => {
    expect(await lab.mlfn(['rollback', name])).toMatchObject({ live: 2 });
    expect(lab.gate.changes()).toEqual(['lambda:UpdateAlias']);
    expect(await layersOf('live')).toBe(0);
    await answers('two', 2);
    expect(await lab.mlfn(['rollback', name, '--to', '3'])).toMatchObject({ live: 3 });
    await answers('two', 3);
    expect(await lab.mlfn(args('three', '--one-zip'))).toMatchObject({ live: 4 });
    expect(await layersOf('live')).toBe(0);
    await answers('three', 4);
    expect((await lab.mlfn(['status', name])).functions[0]).toMatchObject({ live: 4, releases: [1, 2, 3, 4].map((number) => expect.objectContaining({ number })) });
  });

  test('the layer goes when the last release that has it is pruned', async () => {
    for (let word = 5; word <= 12; word += 1) await lab.mlfn(args(`word ${word}`, '--one-zip'));
    expect((await lab.account()).layers).toHaveLength(1); // of release 3, the oldest that is kept
    await lab.mlfn(args('word 13', '--one-zip'));
    expect(await lab.account()).toMatchObject({ layers: [], versions: expect.arrayContaining([expect.stringContaining('release 13')]) });
    await answers('word 13', 13);
  }, 600_000);

  test('somebody who may not remove the layer any more is told, and everything else goes', async () => {
    await lab.mlfn(args('last'));
    lab.gate.fault({ operation: 'lambda:DeleteLayerVersion' }, { status: 403, code: 'AccessDeniedException', message: 'User: u is not authorized to perform: lambda:DeleteLayerVersion on resource: L' });
    const { code, stderr } = await lab.begin(['delete', name, '--yes', '--target', 'aws']).done;
    const { layers, ...rest } = await lab.account();
    expect([code, stderr]).toEqual([0, expect.stringContaining(`The layer ${layers[0]?.split(':')[0]} stays`)]);
    expect({ ...rest, layers: [] }).toEqual(NOTHING);
    // Whoever deploys and deletes it again, and may.
    await lab.mlfn(args('again'));
    await lab.mlfn(['delete', name, '--yes']);
    expect(await lab.account()).toEqual(NOTHING);
  });

  test('an emptied bucket names no layer any more: the versions do, and delete takes it', async () => {
    await lab.mlfn(args('one'));
    await lab.mlfn(args('two'));
    const { Contents = [] } = await lab.aws.s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    await lab.aws.s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }));
    expect((await lab.account()).layers).toHaveLength(1);
    await lab.mlfn(['delete', name, '--yes']);
    expect(await lab.account()).toEqual(NOTHING);
  });

  test('a layer that cannot be published: the hint names the way without', async () => {
    lab.gate.fault({ operation: 'lambda:PublishLayerVersion' }, { status: 403, code: 'AccessDeniedException', message: 'User: u is not authorized to perform: lambda:PublishLayerVersion' });
    expect((await lab.mlfn(args('one'), { code: 4 })).error).toMatchObject({ code: 'AWS_DENIED', hint: expect.stringContaining('--one-zip') });
    expect(await lab.mlfn(args('one', '--one-zip'))).toMatchObject({ status: 'deployed' });
    await lab.mlfn(['delete', name, '--yes']);
    expect(await lab.account()).toEqual(NOTHING);
  });
});
