/**
 * `kill -9` after each call in turn, reading or not, from a clean start. Takes many minutes: run on demand, with
 * `MLFN_FAULTS=all npx vitest run test/aws/faults-every.test.ts`.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FaultsLab, NOTHING } from './faults-lab.ts';

let lab: FaultsLab;
beforeAll(async () => {
  lab = await FaultsLab.open();
});
afterAll(async () => lab?.close());

test('of a first deploy', async () => {
  for (let nth = 1; ; nth++) {
    const args = ['deploy', lab.app('each', 'one', { wheel: true }), '--name', 'each', '--public'];
    const name = await lab.killedAt({ nth }, args);
    const done = await lab.mlfn(args);
    expect((await lab.ask(done.url)).text, `killed at call ${nth}, ${name}`).toBe('200 one');
    expect(await lab.account('each')).toMatchObject({ versions: ['each:1 release 1'], aliases: ['each:live'], uploads: [] });
    await lab.mlfn(['delete', 'each', '--yes']);
    expect(await lab.account(), `killed at call ${nth}, ${name}`).toEqual(NOTHING);
    if (name === null) return;
  }
}, 3_600_000);

test('of a delete', async () => {
  for (let nth = 1; ; nth++) {
    await lab.mlfn(['deploy', lab.app('each', 'one', { wheel: true }), '--name', 'each', '--public']);
    const name = await lab.killedAt({ nth }, ['delete', 'each', '--yes']);
    const again = await lab.begin(['delete', 'each', '--yes', '--target', 'aws', '--json']).done;
    expect([0, 2]).toContain(again.code); // 2: there was nothing left to delete
    expect(await lab.account(), `killed at call ${nth}, ${name}`).toEqual(NOTHING);
    if (name === null) return;
  }
}, 3_600_000);
