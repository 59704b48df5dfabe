/**
 * `kill -9` of the command line right after each call that changes something, before it knows the answer: the same command
 * completes it, nothing is made twice, and nobody who calls the endpoint notices.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Caller, FaultsLab, NOTHING } from './faults-lab.ts';

/** Successful calls that make something. */
function made({ gcp }: FaultsLab): Record<string, number> {
  const counts: Record<string, number> = {};
  const names = [...gcp.calls.filter(({ code }) => code === 'OK').map(({ name }) => name), ...gcp.storage.calls.filter(({ status }) => status === 200).map(({ name }) => `storage:${name}`)];
  for (const name of names) if (/:Create|\.create$|buckets\.insert/.test(name)) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

describe('mode run', () => {
  let lab: FaultsLab;
  beforeAll(async () => {
    lab = await FaultsLab.open('run');
  });
  afterAll(async () => lab?.close());

  const first = () => ['deploy', lab.app('life', 'one'), '--name', 'life', '--public'];

  test.each([
    ['what a release stands on', ['storage:buckets.insert', 'storage:objects.insert', 'iam:serviceAccounts.create', 'storage:buckets.setIamPolicy']],
    ['the release', ['storage:objects.insert', 'run:CreateService', 'url:GET']],
    ['its mark of having been checked, and who may call', ['storage:objects.insert', 'run:SetIamPolicy']],
  ])('a first deploy goes on where the last one was killed: %s', async (_, points) => {
    const reached: (string | null)[] = [];
    for (const operation of points) reached.push(await lab.killedAt({ operation }, first()));
    expect(reached).toEqual(points);
  });

  test('nothing was made twice by it', async () => {
    const done = await lab.mlfn(first());
    expect(done).toMatchObject({ status: 'up-to-date', live: 1 });
    expect(await lab.ask(done.url)).toEqual({ text: '200 one', release: '1' });
    expect(made(lab)).toEqual({ 'run:CreateService': 1, 'iam:serviceAccounts.create': 1, 'storage:buckets.insert': 1 });
    expect(await lab.inventory('life')).toMatchObject({ functions: [], revisions: ['life release 1'], accounts: ['mlfn-life'] });
  });

  test('a delete goes on where the last one was killed, and leaves nothing', async () => {
    const args = ['delete', 'life', '--yes'];
    const points = ['run:DeleteService', 'storage:buckets.setIamPolicy', 'iam:serviceAccounts.delete', 'storage:objects.delete'];
    const reached: (string | null)[] = [];
    for (const operation of points) reached.push(await lab.killedAt({ operation }, args));
    expect(reached).toEqual(points);
    expect(await lab.mlfn(args)).toMatchObject({ status: 'removed' });
    expect(await lab.inventory()).toEqual(NOTHING);
  });
});

describe.each(['run', 'function'] as const)('a live function under load, mode %s', (mode) => {
  let lab: FaultsLab;
  let url: string;
  let caller: Caller;
  const deploy = (word: string, more: string[] = []) => ['deploy', lab.app('busy', word), '--name', 'busy', ...more];

  beforeAll(async () => {
    lab = await FaultsLab.open(mode);
    ({ url } = await lab.mlfn(deploy('word 0')));
    caller = lab.call(url);
  });
  afterAll(async () => {
    await caller?.stop();
    await lab?.close();
  });

  /** Since the last look: only these words, each with 200. */
  const heard = (...words: string[]) => {
    const answers = [...caller.answers.keys()];
    caller.answers.clear();
    expect(answers.length).toBeGreaterThan(0);
    expect(words.map((word) => `200 ${word}`)).toEqual(expect.arrayContaining(answers));
  };

  const steps = {
    run: ['storage:objects.insert', 'storage:objects.insert 2', 'run:UpdateService', 'url:GET', 'storage:objects.insert 3', 'run:UpdateService 2'],
    function: ['storage:objects.insert', 'upload:PUT', 'functions:UpdateFunction', 'run:UpdateService', 'url:GET', 'storage:objects.insert 2', 'run:UpdateService 2'],
  }[mode];

  test.each(steps.map((step, index) => [step, index + 1] as const))('a changed model, killed after %s, is completed by the next deploy', async (step, index) => {
    const [operation = '', nth = '1'] = step.split(' ');
    const [old, now] = [`word ${index - 1}`, `word ${index}`];
    expect(await lab.killedAt({ operation, nth: Number(nth) }, deploy(now))).toBe(operation);
    const done = await lab.mlfn(deploy(now));
    const switched = index === steps.length;
    expect(done).toMatchObject({ live: index + 1, status: switched ? 'up-to-date' : 'deployed' });
    expect(await lab.ask(url)).toEqual({ text: `200 ${now}`, release: String(index + 1) });
    heard(old, now);
    const revisions = (await lab.inventory('busy')).revisions.filter((each) => each === `busy release ${index + 1}`);
    expect(revisions).toHaveLength(1);
  });

  test('a rollback that is killed was done, and is nothing to do for the next', async () => {
    expect(await lab.killedAt({ operation: 'run:UpdateService' }, ['rollback', 'busy', '--to', '2'])).toBe('run:UpdateService');
    expect(await lab.mlfn(['rollback', 'busy', '--to', '2'])).toMatchObject({ status: 'up-to-date', live: 2 });
    heard(`word ${steps.length}`, 'word 1');
  });

  test('all of it has left what is counted as releases, and no call has failed', async () => {
    const { functions } = await lab.mlfn(['status', 'busy']);
    const numbers = (functions[0].releases as { number: number }[]).map(({ number }) => number);
    const { revisions } = await lab.inventory('busy');
    expect(revisions.map((each) => Number(each.split(' ').at(-1))).toSorted((a, b) => a - b)).toEqual(numbers);
    await caller.stop();
    heard('word 1');
    await lab.mlfn(['delete', 'busy', '--yes']);
    expect(await lab.inventory()).toEqual(NOTHING);
  });
});
