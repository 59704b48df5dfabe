/** Releases of a function on AWS: the share of a canary, the way back in one call, what is kept, and what `status` tells. */
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTarget } from '../../src/providers/index.ts';
import { FaultsLab, NOTHING } from './faults-lab.ts';

let lab: FaultsLab;
let url: string;
beforeAll(async () => {
  lab = await FaultsLab.open();
  for (const word of ['one', 'two', 'three']) ({ url } = await lab.mlfn(args(word)));
});
afterAll(async () => lab?.close());

const args = (word: string, ...more: string[]) => ['deploy', lab.app('share', word, { wheel: true }), '--name', 'share', '--public', ...more];
const status = async () => (await lab.mlfn(['status', 'share'])).functions[0] as { live: number; canary?: unknown; releases: { number: number }[] };

/** Answers of so many calls, by the gate that has seen the URL being made: it gives them the alias's weights. */
async function asked(calls: number): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  for (const { text } of await Promise.all(Array.from({ length: calls }, () => lab.ask(url, lab.gate)))) answers[text] = (answers[text] ?? 0) + 1;
  return answers;
}

test('a canary gets its share, status shows it, promote and rollback end it by one changing call each', async () => {
  expect(await lab.mlfn(args('four', '--canary', '40'))).toMatchObject({ live: 3, canary: { number: 4, percent: 40 } });
  expect(Object.keys(await asked(40)).sort()).toEqual(['200 four', '200 three']);
  expect(await status()).toMatchObject({ live: 3, canary: { number: 4, percent: 40 } });
  const { stdout } = await lab.begin(['status', 'share', '--target', 'aws']).done;
  expect(stdout).toContain('3 60%, 4 40%');
  expect(stdout).toContain(url);

  lab.gate.clear();
  expect(await lab.mlfn(['rollback', 'share'])).toMatchObject({ status: 'rolled-back', live: 3, canary: null });
  expect(lab.gate.changes()).toEqual(['lambda:UpdateAlias']);
  expect(await asked(20)).toEqual({ '200 three': 20 });

  // Checked already: the same canary again needs the traffic alone.
  lab.gate.clear();
  await lab.mlfn(args('four', '--canary', '40'));
  expect(lab.gate.changes()).toEqual(['lambda:UpdateAlias']);
  lab.gate.clear();
  expect(await lab.mlfn(['promote', 'share'])).toMatchObject({ status: 'promoted', live: 4, canary: null });
  expect(lab.gate.changes()).toEqual(['lambda:UpdateAlias']);
  expect(await asked(20)).toEqual({ '200 four': 20 });
});

test('a rollback is one changing call, and a real call of the endpoint has to name the release', async () => {
  lab.gate.clear();
  const { code, stderr } = await lab.begin(['rollback', 'share', '--to', '2', '--target', 'aws']).done;
  expect([code, stderr]).toEqual([0, expect.stringContaining('release 2 answers')]);
  expect(lab.gate.changes()).toEqual(['lambda:UpdateAlias']);
  expect(lab.gate.calls.filter(({ service }) => service === 'url')).toHaveLength(1);
  // What releases stand on is not its affair.
  expect(lab.gate.calls.map(({ name }) => name)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(iam|logs):|HeadBucket/)]));
  expect(await lab.ask(url)).toEqual({ text: '200 two', release: '2' });
});

test('a failing endpoint shows in the status', async () => {
  const failing = 'def answer(payload):\n    return {"word": 1 / payload["by"]}\n';
  await lab.mlfn(['deploy', lab.app('fails', '', { code: failing }), '--name', 'fails', '--public']);
  await lab.aws.lambda.send(new InvokeCommand({ FunctionName: 'fails', Qualifier: 'live', Payload: Buffer.from('{"by": 0}') }));
  await expect.poll(async () => (await lab.mlfn(['status', 'fails'])).errors, { timeout: 30_000 }).toMatchObject([
    { release: 1, text: 'ZeroDivisionError: division by zero' },
  ]);
  await lab.mlfn(['delete', 'fails', '--yes']);
});

test('what is pruned is neither live, nor a canary, nor of another function', async () => {
  await lab.mlfn(['deploy', lab.app('other', 'other', { wheel: true }), '--name', 'other', '--public']);
  await lab.mlfn(['rollback', 'share', '--to', '1']);
  await lab.mlfn(args('two', '--canary', '10'));
  const before = await lab.account();
  expect(before.layers).toHaveLength(1);
  Object.assign(process.env, lab.front.env);
  const target = await openTarget('aws', {});
  const home = { root: lab.folder, cache: `${lab.folder}/home/cache`, local: `${lab.folder}/home/local` };
  const ctx = { emit: () => undefined, signal: new AbortController().signal, env: process.env, cwd: lab.folder, home };
  await target.provider.apply(ctx, target.config, { kind: 'prune', keep: 1 }, { name: 'share' });
  expect((await status()).releases.map(({ number }) => number)).toEqual([1, 2, 4]);
  const after = await lab.account();
  expect(after.versions).toEqual(before.versions.filter((each) => !each.startsWith('share:') || !each.endsWith('release 3')));
  expect(after.layers).toEqual(before.layers);
  expect(before.keys.length - after.keys.length).toBe(3); // record, mark, zip
});

test('a layer that two functions share goes with the last of them', async () => {
  await lab.mlfn(['delete', 'share', '--yes']);
  expect((await lab.account()).layers).toHaveLength(1);
  const { functions } = await lab.mlfn(['status', 'other']);
  expect((await lab.ask(functions[0].url)).text).toBe('200 other');
  await lab.mlfn(['delete', 'other', '--yes']);
  expect(await lab.account()).toEqual(NOTHING);
});
