/**
 * `kill -9` after each call in turn, reading or not, from a clean start. Takes many minutes: run on demand, with
 * `MLFN_FAULTS=all npx vitest run test/aws/faults-every.test.ts`.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FaultsLab, made, NOTHING } from './faults-lab.ts';

let lab: FaultsLab;
beforeAll(async () => {
  lab = await FaultsLab.open();
});
afterAll(async () => lab?.close());

const HOUR = 3_600_000;
const first = ['deploy', '--name', 'each', '--public'];
const app = (word: string, wheel = false) => [...first, lab.app('each', word, { wheel })];
/** Of the release of that number. */
const version = (account: { versions: string[] }, number: number) => account.versions.filter((each) => each.endsWith(` release ${number}`));

test('of a first deploy', async () => {
  for (let nth = 1; ; nth++) {
    const name = await lab.killedAt({ nth }, app('one', true));
    const done = await lab.mlfn(app('one', true));
    expect((await lab.ask(done.url)).text, `killed at call ${nth}, ${name}`).toBe('200 one');
    expect(await lab.account('each')).toMatchObject({ versions: ['each:1 release 1'], aliases: ['each:live'], uploads: [] });
    await lab.mlfn(['delete', 'each', '--yes']);
    expect(await lab.account(), `killed at call ${nth}, ${name}`).toEqual(NOTHING);
    if (name === null) return;
  }
}, HOUR);

test('of a first deploy with an HTTP API', async () => {
  const args = [...app('one'), '--http-api'];
  for (let nth = 1; ; nth++) {
    lab.gate.clear();
    const name = await lab.killedAt({ nth }, args);
    const done = await lab.mlfn(args);
    expect(done.url, `killed at call ${nth}, ${name}`).toContain('.execute-api.');
    expect(made(lab.gate), `killed at call ${nth}, ${name}`).toMatchObject({ 'apigateway:CreateApi': 1, 'apigateway:CreateIntegration': 1, 'apigateway:CreateRoute': 1, 'apigateway:CreateStage': 1 });
    await lab.mlfn(['delete', 'each', '--yes']);
    expect(await lab.account(), `killed at call ${nth}, ${name}`).toEqual(NOTHING);
    if (name === null) return;
  }
}, HOUR);

test('of a delete', async () => {
  for (let nth = 1; ; nth++) {
    await lab.mlfn(app('one', true));
    const name = await lab.killedAt({ nth }, ['delete', 'each', '--yes']);
    const again = await lab.begin(['delete', 'each', '--yes', '--target', 'aws', '--json']).done;
    expect([0, 2]).toContain(again.code); // 2: there was nothing left to delete
    expect(await lab.account(), `killed at call ${nth}, ${name}`).toEqual(NOTHING);
    if (name === null) return;
  }
}, HOUR);

test('of a changed model, a canary, its promotion and a rollback, under load', async () => {
  const { url } = await lab.mlfn(app('word 0'));
  const caller = lab.call(url);
  const allowed = (words: string[], at: string) => {
    const heard = [...caller.answers.keys()];
    caller.answers.clear();
    expect(words.map((word) => `200 ${word}`), at).toEqual(expect.arrayContaining(heard));
  };
  let release = 1;
  for (const kind of ['changed', 'canary'] as const) {
    const more = kind === 'canary' ? ['--canary', '50'] : [];
    for (let nth = 1, name: string | null = ''; name !== null; nth++) {
      const [old, now] = [`word ${release - 1}`, `word ${release}`];
      lab.gate.clear();
      name = await lab.killedAt({ nth }, [...app(now), ...more]);
      const at = `${kind}, killed at call ${nth}, ${name}`;
      const done = await lab.mlfn([...app(now), ...more]);
      release += 1;
      expect(made(lab.gate), at).toEqual({ 'lambda:PublishVersion': 1 });
      expect(version(await lab.account('each'), release), at).toHaveLength(1);
      if (kind === 'canary') {
        expect(done, at).toMatchObject({ live: release - 1, canary: { number: release, percent: 50 } });
        await lab.killedAt({ nth }, ['promote', 'each']);
        const promoted = await lab.begin(['promote', 'each', '--target', 'aws', '--json']).done;
        expect([0, 2], at).toContain(promoted.code); // 2: it was promoted already
      } else {
        expect(done, at).toMatchObject({ live: release });
      }
      expect(await lab.ask(url), at).toEqual({ text: `200 ${now}`, release: String(release) });
      const back = ['rollback', 'each', '--to', String(release - 1)];
      await lab.killedAt({ nth }, back);
      expect(await lab.mlfn(back), at).toMatchObject({ live: release - 1, canary: null });
      await lab.mlfn(['rollback', 'each', '--to', String(release)]);
      allowed([old, now], at);
    }
  }
  await caller.stop();
  await lab.mlfn(['delete', 'each', '--yes']);
  expect(await lab.account()).toEqual(NOTHING);
}, HOUR);
