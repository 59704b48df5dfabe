/** Every call that a deploy makes is refused once, throttled once, or done without an answer: the deploy goes on, and makes nothing twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FaultsLab, NOTHING } from './faults-lab.ts';

describe.each(['run', 'function'] as const)('mode %s', (mode) => {
  let lab: FaultsLab;
  let calls: string[];
  let storage: string[];
  beforeAll(async () => {
    lab = await FaultsLab.open(mode);
    // What a life calls, asked of one without faults.
    await lab.mlfn(deploy('one'));
    await lab.mlfn(deploy('two'));
    await lab.mlfn(['rollback', 'life']);
    await lab.mlfn(['delete', 'life', '--yes']);
    calls = [...new Set(lab.gcp.calls.map(({ name }) => name))].filter((name) => !/^(url|metadata|upload):/.test(name));
    storage = [...new Set(lab.gcp.storage.calls.map(({ name }) => name))];
  });
  afterAll(async () => lab?.close());

  const deploy = (word: string) => ['deploy', lab.app('life', word), '--name', 'life', '--public'];
  const made = () => {
    const names = lab.gcp.calls.filter(({ code }) => code === 'OK').map(({ name }) => name);
    return names.filter((name) => /^(run:CreateService|functions:CreateFunction|iam:serviceAccounts\.create)$/.test(name)).toSorted();
  };

  test('calls that were seen', () => {
    expect(calls).toEqual(expect.arrayContaining(mode === 'run' ? ['run:CreateService', 'run:UpdateService', 'run:DeleteService'] : ['functions:CreateFunction', 'functions:UpdateFunction', 'run:UpdateService']));
    expect(storage).toEqual(expect.arrayContaining(['objects.insert', 'objects.list', 'objects.delete']));
  });

  const kinds = [
    ['refused for a moment', { code: 'UNAVAILABLE' }, { status: 503, code: 'backendError', message: 'Try again.' }],
    ['throttled', { code: 'RESOURCE_EXHAUSTED' }, { status: 429, code: 'rateLimitExceeded', message: 'Too many requests.' }],
    ['out of time', { code: 'DEADLINE_EXCEEDED' }, { status: 504, code: 'backendError', message: 'Timed out.' }],
    ['cut off, and done', { kind: 'cut-after' }, { kind: 'cut-after' }],
  ] as const;
  // The calls of both modes are made by the same few functions.
  test.each(mode === 'run' ? kinds : [kinds[0], kinds[3]])('each call once %s', async (_, fault, stored) => {
    const hurt = () => {
      for (const operation of calls) lab.gcp.fault({ operation }, fault as never);
      for (const operation of storage) lab.gcp.storage.fault({ operation }, stored as never);
    };
    lab.gcp.calls.length = 0;
    hurt();
    const first = await lab.mlfn(deploy('one'));
    expect(first).toMatchObject({ status: 'deployed', live: 1 });
    const caller = lab.call(first.url);
    hurt();
    expect(await lab.mlfn(deploy('two'))).toMatchObject({ status: 'deployed', live: 2 });
    hurt();
    expect(await lab.mlfn(['rollback', 'life'])).toMatchObject({ status: 'rolled-back', live: 1 });
    await caller.stop();
    // Under load all the while: the right answers, and no other.
    expect([...caller.answers.keys()].filter((answer) => !['200 one', '200 two'].includes(answer))).toEqual([]);
    expect(made()).toEqual(mode === 'run' ? ['iam:serviceAccounts.create', 'run:CreateService'] : ['functions:CreateFunction', 'iam:serviceAccounts.create']);
    expect((await lab.inventory('life')).revisions.toSorted()).toEqual(['life release 1', 'life release 2']);
    hurt();
    expect(await lab.mlfn(['delete', 'life', '--yes'])).toMatchObject({ status: 'removed' });
    expect(await lab.inventory()).toEqual(NOTHING);
  });
});
