/** Several commands at once, each from a machine of its own: every release is whole, and the later one is live. */
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUCKET, FaultsLab, NOTHING } from './faults-lab.ts';

let lab: FaultsLab;
beforeAll(async () => {
  lab = await FaultsLab.open();
});
afterAll(async () => lab?.close());

const args = (folder: string, name: string, word: string, memory: number, wheel: boolean) => ['deploy', lab.app(`${folder}-${name}`, word, { wheel }), '--name', name, '--public', '--memory', String(memory)];

describe('two deploys at once of different models', () => {
  const name = 'race';
  test.each([['first', ['a', 'b'], 0], ['later', ['c', 'd'], 2]] as const)('%s ones: two releases, both whole, the later one live', async (_, [x, y], before) => {
    const caller = before === 0 ? null : lab.call((await lab.account(name)).urls[0]!);
    const one = await lab.way();
    const two = await lab.way();
    const both = await Promise.all([
      lab.mlfn(args('one', name, x, 256, true), { gate: one, home: 'home-1' }),
      lab.mlfn(args('two', name, y, 300, false), { gate: two, home: 'home-2' }),
    ]);
    await Promise.all([one.stop(), two.stop()]);
    expect(both.map(({ status }) => status)).toEqual(['deployed', 'deployed']);
    const found = await lab.releases(name);
    expect(Object.keys(found)).toHaveLength(before + 2);
    const added = [found[before + 1], found[before + 2]].map((each) => JSON.stringify(each)).sort();
    expect(added).toEqual([JSON.stringify([x, 256, 1]), JSON.stringify([y, 300, 0])]);
    const { functions } = await lab.mlfn(['status', name]);
    expect(functions[0].live).toBe(before + 2);
    const live = found[before + 2]![0];
    expect((await lab.ask(functions[0].url)).text).toBe(`200 ${live}`);
    const answers = [...((await caller?.stop())?.keys() ?? [])];
    expect(['a', 'b', x, y].map((word) => `200 ${word}`)).toEqual(expect.arrayContaining(answers));
    if (caller !== null) expect(answers).toContain(`200 ${live}`);
  });

  test('of the very same model: one release or two, each right', async () => {
    const [one, two] = await Promise.all([
      lab.begin([...args('one', name, 'same', 256, false), '--target', 'aws', '--json'], { home: 'home-1' }).done,
      lab.begin([...args('two', name, 'same', 256, false), '--target', 'aws', '--json'], { home: 'home-2', gate: lab.front }).done,
    ]);
    expect([one.code, two.code]).toEqual([0, 0]);
    const { functions } = await lab.mlfn(['status', name]);
    expect((await lab.ask(functions[0].url)).text).toBe('200 same');
    for (const made of Object.values(await lab.releases(name)).slice(4)) expect(made).toEqual(['same', 256, 0]);
  });

  test('of the very same model, the one publishing between the look and the change of the other: a version of each release', async () => {
    const [one, two] = [await lab.way(), await lab.way()];
    const publishing = one.hold({ operation: 'lambda:PublishVersion' }, 'request');
    const first = lab.mlfn(args('one', name, 'twin', 256, false), { gate: one, home: 'home-1' });
    await publishing.reached;
    const changing = two.hold({ operation: 'lambda:UpdateFunctionConfiguration' }, 'request');
    const second = lab.mlfn(args('two', name, 'twin', 256, false), { gate: two, home: 'home-2' });
    await changing.reached;
    publishing.release();
    const done = await first;
    changing.release();
    expect((await second).live).toBe(done.live);
    await Promise.all([one.stop(), two.stop()]);
    expect((await lab.releases(name))[done.live]).toEqual(['twin', 256, 0]); // which fails when there are two
    expect((await lab.ask(done.url)).text).toBe('200 twin');
  });

  test('a deploy overtaken while its own changes are between Lambda and the next call begins again', async () => {
    const gate = await lab.way();
    const held = gate.hold({ operation: 'lambda:UpdateFunctionCode' }, 'request');
    const slow = lab.mlfn(args('one', name, 'slow', 256, false), { gate, home: 'home-1' });
    await held.reached;
    const fast = await lab.mlfn(args('two', name, 'fast', 300, false), { home: 'home-2' });
    held.release();
    const late = await slow;
    await gate.stop();
    const found = Object.values(await lab.releases(name));
    expect(found).toContainEqual(['slow', 256, 0]);
    expect(found).toContainEqual(['fast', 300, 0]);
    // It began earlier, and has the lower number: what went live meanwhile stays.
    expect(late.live).toBe(fast.live);
    expect((await lab.ask(fast.url)).text).toBe('200 fast');
  });

  test('a rollback during a deploy is done at once, and the deploy then goes live', async () => {
    const caller = lab.call((await lab.account(name)).urls[0]!);
    const was = (await lab.ask((await lab.account(name)).urls[0]!)).text;
    const gate = await lab.way();
    const held = gate.hold({ operation: 'lambda:PublishVersion' }, 'answer');
    const deploying = lab.mlfn(args('one', name, 'next', 256, false), { gate, home: 'home-1' });
    await held.reached;
    const back = await lab.mlfn(['rollback', name, '--to', '1'], { home: 'home-2' });
    expect(back).toMatchObject({ status: 'rolled-back', live: 1 });
    held.release();
    const done = await deploying;
    await gate.stop();
    expect((await lab.ask(done.url)).text).toBe('200 next');
    const first = `200 ${(await lab.releases(name))[1]![0]}`;
    expect(new Set((await caller.stop()).keys())).toEqual(new Set([was, first, '200 next']));
  });

  test.each(['s3:PutObject', 'lambda:PublishVersion', 'lambda:Invoke', 'lambda:UpdateAlias'])('a delete during a deploy that is at %s: said so, and nothing half is left', async (operation) => {
    const other = 'gone';
    await lab.mlfn(args('one', other, 'old', 256, false));
    const gate = await lab.way();
    const held = gate.hold({ operation }, 'request');
    const deploying = lab.begin([...args('one', other, 'new', 256, false), '--target', 'aws', '--json'], { gate }).done;
    await held.reached;
    await lab.mlfn(['delete', other, '--yes'], { home: 'home-2' });
    held.release();
    const { code, stdout } = await deploying;
    await gate.stop();
    const said = JSON.parse(stdout);
    expect([code, said.error?.code]).toEqual([5, 'AWS_GONE']);
    expect(await lab.account(other)).toMatchObject({ functions: [], roles: [], logGroups: [] });
    expect((await lab.account()).keys.filter((key) => key.includes('/gone/'))).toEqual([]);
  });

  test('a candidate that nobody has been at for an hour is swept by any later command', async () => {
    expect(await lab.killedAt({ operation: 'lambda:PublishVersion' }, args('one', name, 'left', 256, false))).toBe('lambda:PublishVersion');
    const before = await lab.account();
    const listed = await lab.aws.s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `functions/${name}/releases/` }));
    const Key = (listed.Contents ?? []).map((each) => each.Key as string).filter((key) => !key.includes('verified')).at(-1);
    const { Body } = await lab.aws.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    const record = JSON.parse((await Body?.transformToString()) ?? '');
    const old = { ...record, createdAt: new Date(Date.now() - 3_700_000).toISOString() };
    await lab.aws.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: JSON.stringify(old) }));
    await lab.mlfn(['rollback', name, '--to', '2']);
    const after = await lab.account();
    expect(before.versions.length - after.versions.length).toBe(1);
    expect(before.keys.filter((key) => !after.keys.includes(key))).toEqual([Key, `objects/${record.artifacts.function}.zip`]);
    await lab.mlfn(['delete', name, '--yes']);
    expect(await lab.account()).toEqual(NOTHING);
  });
});
