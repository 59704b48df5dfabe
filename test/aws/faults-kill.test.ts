/**
 * `kill -9` of the command line right after each call that changes something, before it knows the answer: the same command
 * completes it, nothing is made twice, and nobody who calls the endpoint notices.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Caller, FaultsLab, made, NOTHING } from './faults-lab.ts';
import type { Point } from '../lab/script.ts';

let lab: FaultsLab;
beforeAll(async () => {
  lab = await FaultsLab.open();
});
afterAll(async () => lab?.close());

describe('a first life, killed at each of its steps', () => {
  test('a deploy goes on where the last one was killed', async () => {
    const args = ['deploy', lab.app('life', 'one', { wheel: true }), '--name', 'life', '--public'];
    const points: Point[] = [
      { operation: 's3:CreateBucket' },
      { operation: 's3:PutPublicAccessBlock' },
      { operation: 's3:PutBucketPolicy' },
      { operation: 's3:PutBucketLifecycle' },
      { operation: 's3:PutBucketTagging' },
      { operation: 's3:PutObject' }, // the record
      { operation: 'iam:CreateRole' },
      { operation: 'iam:PutRolePolicy' },
      { operation: 'logs:CreateLogGroup' },
      { operation: 'logs:PutRetentionPolicy' },
      { operation: 's3:PutObject' }, // the dependencies
      { operation: 'lambda:PublishLayerVersion' },
      { operation: 's3:PutObject' }, // the function
      { operation: 'lambda:CreateFunction' }, // refused: the role is new
      { operation: 'lambda:CreateFunction', nth: 3 },
      { operation: 'lambda:PublishVersion' },
      { operation: 'lambda:Invoke' },
      { operation: 's3:PutObject' }, // the mark of having been checked
      { operation: 'lambda:CreateAlias' },
      { operation: 'lambda:CreateFunctionUrlConfig' },
      { operation: 'lambda:AddPermission' },
      { operation: 'lambda:AddPermission', nth: 2 }, // the first is there
    ];
    for (const point of points) expect(await lab.killedAt(point, args), `never called ${point.operation}`).toBe(point.operation);
    const done = await lab.mlfn(args);
    expect(done).toMatchObject({ status: 'up-to-date', live: 1 });
    expect(await lab.ask(done.url)).toEqual({ text: '200 one', release: '1' });
    expect(made(lab.gate)).toEqual({
      's3:CreateBucket': 1,
      'iam:CreateRole': 1,
      'logs:CreateLogGroup': 1,
      'lambda:PublishLayerVersion': 1,
      'lambda:CreateFunction': 1,
      'lambda:PublishVersion': 1,
      'lambda:CreateAlias': 1,
      'lambda:CreateFunctionUrlConfig': 1,
    });
    const account = await lab.account();
    expect(account).toMatchObject({ functions: ['life'], versions: ['life:1 release 1'], aliases: ['life:live'], roles: ['mlfn-life-eu-west-1'], uploads: [] });
    expect(account.keys).toHaveLength(4);
    expect(account.layers).toHaveLength(1);
  });

  test('a delete goes on where the last one was killed, and leaves nothing', async () => {
    const points: Point[] = [
      { operation: 'lambda:RemovePermission' },
      { operation: 'lambda:RemovePermission' },
      { operation: 'lambda:DeleteFunctionUrlConfig' },
      { operation: 'lambda:DeleteFunction' },
      { operation: 'logs:DeleteLogGroup' },
      { operation: 'iam:DeleteRolePolicy' },
      { operation: 'iam:DeleteRole' },
      { operation: 's3:DeleteObjects' }, // the zips
      { operation: 'lambda:DeleteLayerVersion' },
    ];
    const args = ['delete', 'life', '--yes'];
    for (const point of points) expect(await lab.killedAt(point, args), `never called ${point.operation}`).toBe(point.operation);
    expect(await lab.mlfn(args)).toMatchObject({ status: 'removed' });
    expect(await lab.account()).toEqual(NOTHING);
  });

  test('a first deploy that was killed and never goes on is deleted like any other', async () => {
    const args = ['deploy', lab.app('early', 'one'), '--name', 'early'];
    for (const operation of ['iam:CreateRole', 'lambda:PublishVersion']) {
      expect(await lab.killedAt({ operation }, args)).toBe(operation);
      expect(await lab.mlfn(['delete', 'early', '--yes'])).toMatchObject({ status: 'removed' });
      expect(await lab.account()).toEqual(NOTHING);
    }
  });
});

describe('a live function under load', () => {
  let url: string;
  let caller: Caller;
  const seen: string[] = [];
  const deploy = (word: string, more: string[] = []) => ['deploy', lab.app('busy', word), '--name', 'busy', '--public', ...more];

  beforeAll(async () => {
    ({ url } = await lab.mlfn(deploy('word 0')));
    caller = lab.call(url);
  });

  /** Since the last look: only these words, each with 200. */
  const heard = (...words: string[]) => {
    const answers = [...caller.answers.keys()];
    caller.answers.clear();
    seen.push(...answers);
    expect(words.map((word) => `200 ${word}`)).toEqual(expect.arrayContaining(answers));
  };

  const steps = ['s3:PutObject', 's3:PutObject 2', 'lambda:UpdateFunctionConfiguration', 'lambda:UpdateFunctionCode', 'lambda:PublishVersion', 'lambda:Invoke', 's3:PutObject 3', 'lambda:UpdateAlias'];

  test.each(steps.map((step, index) => [step, index + 1] as const))('a changed model, killed after %s, is completed by the next deploy', async (step, index) => {
    const [operation, nth = '1'] = step.split(' ');
    const [old, now] = [`word ${index - 1}`, `word ${index}`];
    lab.gate.clear();
    expect(await lab.killedAt({ operation: operation!, nth: Number(nth) }, deploy(now))).toBe(operation);
    const after = operation === 'lambda:UpdateAlias' ? now : old;
    expect((await lab.ask(url)).text).toBe(`200 ${after}`);
    const done = await lab.mlfn(deploy(now));
    expect(done).toMatchObject({ live: index + 1, status: after === now ? 'up-to-date' : 'deployed' });
    expect(await lab.ask(url)).toEqual({ text: `200 ${now}`, release: String(index + 1) });
    heard(old, now);
    expect(made(lab.gate)).toEqual({ 'lambda:PublishVersion': 1 });
  });

  test.each(['lambda:UpdateFunctionConfiguration', 'lambda:PublishVersion'])('changed settings, killed after %s, are completed', async (operation) => {
    const args = deploy('word 8', ['--memory', operation.endsWith('Version') ? '300' : '301']);
    expect(await lab.killedAt({ operation }, args)).toBe(operation);
    expect(await lab.mlfn(args)).toMatchObject({ status: 'deployed' });
    heard('word 8');
  });

  test('a rollback that is killed was done or was not, and is done by the next', async () => {
    const before = (await lab.mlfn(['status', 'busy'])).functions[0].live as number;
    expect(await lab.killedAt({ operation: 'lambda:UpdateAlias' }, ['rollback', 'busy', '--to', '5'])).toBe('lambda:UpdateAlias');
    expect((await lab.ask(url)).text).toBe('200 word 4');
    expect(await lab.mlfn(['rollback', 'busy', '--to', '5'])).toMatchObject({ status: 'up-to-date', live: 5 });
    expect(await lab.killedAt({ operation: 'lambda:GetAlias' }, ['rollback', 'busy', '--to', String(before)])).toBe('lambda:GetAlias');
    expect(await lab.mlfn(['rollback', 'busy', '--to', String(before)])).toMatchObject({ status: 'rolled-back', live: before });
    heard('word 8', 'word 4');
  });

  test('all of it has left what is counted as releases, and no call has failed', async () => {
    const { functions } = await lab.mlfn(['status', 'busy']);
    const numbers = (functions[0].releases as { number: number }[]).map(({ number }) => number);
    const account = await lab.account('busy');
    expect(account.versions.map((each) => Number(each.split(' ').at(-1)))).toEqual(numbers);
    expect(account.keys.filter((key) => key.startsWith('functions/busy/'))).toHaveLength(2 * numbers.length);
    expect(numbers).toHaveLength(10);
    await caller.stop();
    heard('word 8');
    expect(seen.length).toBeGreaterThan(8);
    await lab.mlfn(['delete', 'busy', '--yes']);
    expect(await lab.account()).toEqual(NOTHING);
  });
});
