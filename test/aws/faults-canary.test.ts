/**
 * A canary beside commands of teammates, with the endpoint under load: whichever comes first, releases get traffic in the
 * order of their numbers, each release is whole, and the weights are those of one of the commands.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Caller, FaultsLab, NOTHING } from './faults-lab.ts';

let lab: FaultsLab;
let caller: Caller;
let name: string;
/** Words that a release was made of, by number: what may be answered, and no more. */
let words: string[];
/** Releases that were too many, from the first on. */
let pruned = 0;
const deploy = (word: string, ...more: string[]) => ['deploy', lab.app(`app-${word}`, word), '--name', name, '--public', ...more];
const MOVE = 'lambda:UpdateAlias';

beforeAll(async () => {
  lab = await FaultsLab.open();
});
afterAll(async () => lab?.close());

async function begin(function_: string): Promise<void> {
  name = function_;
  words = ['base'];
  pruned = 0;
  caller = lab.call((await lab.mlfn(deploy('base'))).url);
}

async function end(): Promise<void> {
  await caller?.stop();
  await lab.mlfn(['delete', name, '--yes']);
  expect(await lab.account()).toEqual(NOTHING);
}

/** Of these words the next releases are made, in the order in which they claim their numbers. */
function next(...made: string[]): number {
  words.push(...made);
  return words.length - made.length + 1;
}

/** What the alias says; and nothing has failed, and every release is what it was made of. */
async function ends(expected: { live: number; canary: { number: number; percent: number } | null }): Promise<void> {
  const { functions } = await lab.mlfn(['status', name]);
  expect(functions[0].live).toBe(expected.live);
  expect(functions[0].canary ?? null).toEqual(expected.canary);
  const whole = Object.entries(await lab.releases(name)).map(([release, [word]]) => [Number(release), word]);
  expect(whole).toEqual(words.map((word, index) => [index + 1, word]).slice(pruned));
  const heard = [...caller.answers.keys()];
  expect(heard.length).toBeGreaterThan(0);
  expect(words.map((word) => `200 ${word}`)).toEqual(expect.arrayContaining(heard));
}

const said = (ran: { stdout: string }) => JSON.parse(ran.stdout);

describe('a canary beside a full deploy', () => {
  beforeAll(() => begin('beside'));
  afterAll(end);

  test('the full one began later and is live first: it stays alone, the canary gets nothing', async () => {
    const number = next('canary-1', 'full-1');
    const [ran] = await lab.during(deploy('canary-1', '--canary', '25'), MOVE, () => lab.mlfn(deploy('full-1')));
    expect([ran.code, said(ran)]).toMatchObject([0, { live: number + 1, canary: null }]);
    await ends({ live: number + 1, canary: null });
  });

  test('the full one began earlier and is live last: the canary goes on beside it', async () => {
    const number = next('full-2', 'canary-2');
    const [ran, canary] = await lab.during(deploy('full-2'), MOVE, () => lab.mlfn(deploy('canary-2', '--canary', '25')));
    expect(canary).toMatchObject({ live: number - 1, canary: { number: number + 1, percent: 25 } });
    expect([ran.code, said(ran)]).toMatchObject([0, { live: number, canary: { number: number + 1, percent: 25 } }]);
    await ends({ live: number, canary: { number: number + 1, percent: 25 } });
  });

  test('the full one ends a canary that began earlier', async () => {
    const number = next('full-3');
    const [ran] = await lab.during(deploy('full-3'), MOVE, () => lab.mlfn(['status', name]));
    expect([ran.code, said(ran)]).toMatchObject([0, { live: number, canary: null }]);
    await ends({ live: number, canary: null });
  });

  test('of two canaries the later one stays', async () => {
    const live = words.length;
    const number = next('canary-4', 'canary-5');
    const [ran] = await lab.during(deploy('canary-4', '--canary', '10'), MOVE, () => lab.mlfn(deploy('canary-5', '--canary', '30')));
    expect([ran.code, said(ran)]).toMatchObject([0, { live, canary: { number: number + 1, percent: 30 } }]);
    await ends({ live, canary: { number: number + 1, percent: 30 } });
  });

  test('a rollback to the oldest release, while a deploy prunes it: it keeps its traffic and stays', async () => {
    for (const word of ['fill-6', 'fill-7']) {
      next(word);
      await lab.mlfn(deploy(word));
    }
    const number = next('full-9');
    expect(number).toBe(11);
    const [ran, back] = await lab.during(deploy('full-9'), 'lambda:DeleteFunction', () => lab.mlfn(['rollback', name, '--to', '1']));
    expect(back).toMatchObject({ before: number, live: 1 });
    expect([ran.code, said(ran)]).toMatchObject([0, { live: 1 }]);
    await ends({ live: 1, canary: null });
  });

  test('a rollback to a release that a deploy prunes first: refused in words, and the deploy is live', async () => {
    const number = next('full-10');
    const [ran] = await lab.during(['rollback', name, '--to', '2'], MOVE, () => lab.mlfn(deploy('full-10')));
    pruned = 2;
    expect([ran.code, said(ran).error]).toMatchObject([2, { code: 'RELEASE_UNKNOWN', message: expect.stringContaining('no release 2') }]);
    await ends({ live: number, canary: null });
  });
});

describe('a promotion or a rollback beside a deploy', () => {
  beforeAll(async () => {
    await begin('moved');
    words.push('first');
    await lab.mlfn(deploy('first', '--canary', '30'));
  });
  afterAll(end);

  test('a promotion that a newer deploy overtook is refused, and takes nothing back', async () => {
    const canary = words.length;
    const number = next('full-6');
    const [ran] = await lab.during(['promote', name], MOVE, () => lab.mlfn(deploy('full-6')));
    expect([ran.code, said(ran).error]).toMatchObject([5, { code: 'RELEASE_OVERTAKEN', message: expect.stringContaining(`release ${canary} did not get the traffic`) }]);
    await ends({ live: number, canary: null });
  });

  test('a promotion during a full deploy is done, and the deploy then goes live', async () => {
    const number = next('canary-7', 'full-8');
    await lab.mlfn(deploy('canary-7', '--canary', '50'));
    const [ran, promoted] = await lab.during(deploy('full-8'), MOVE, () => lab.mlfn(['promote', name]));
    expect(promoted).toMatchObject({ status: 'promoted', live: number, canary: null });
    expect([ran.code, said(ran)]).toMatchObject([0, { live: number + 1, canary: null }]);
    await ends({ live: number + 1, canary: null });
  });

  test('a rollback during the deploy of a canary: the canary stands beside what was rolled back to', async () => {
    const number = next('canary-9');
    const [ran, back] = await lab.during(deploy('canary-9', '--canary', '20'), MOVE, () => lab.mlfn(['rollback', name, '--to', '1']));
    expect(back).toMatchObject({ live: 1, canary: null });
    expect([ran.code, said(ran)]).toMatchObject([0, { live: 1, canary: { number, percent: 20 } }]);
    await ends({ live: 1, canary: { number, percent: 20 } });
  });

  test('a rollback that a promotion came before still ends at what was live', async () => {
    const [ran, promoted] = await lab.during(['rollback', name], MOVE, () => lab.mlfn(['promote', name]));
    expect(promoted).toMatchObject({ live: words.length, canary: null });
    expect([ran.code, said(ran)]).toMatchObject([0, { live: 1, canary: null }]);
    await ends({ live: 1, canary: null });
  });
});
