/** `mlfn compare`: the same function on this machine and in the account, side by side. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FaultsLab } from './faults-lab.ts';

let lab: FaultsLab;
beforeAll(async () => {
  lab = await FaultsLab.open();
});
afterAll(async () => {
  await lab?.begin(['stop']).done;
  await lab?.close();
});

const sides = ['--target', 'local', '--target', 'aws'];
const deploy = async (target: string, code: string) => {
  const args = ['deploy', lab.app('both', '', { code }), '--name', 'both', '--sample', lab.write('sample.json', '{"by": 4}'), '--target', target, '--json'];
  const { code: exit, stderr } = await lab.begin(args).done;
  expect(exit, stderr).toBe(0);
};
const compare = async (...more: string[]) => {
  const { code, stdout } = await lab.begin(['compare', 'both', ...sides, ...more]).done;
  return { code, stdout };
};

test('a target that has nothing of it is said to', async () => {
  const none = await lab.begin(['compare', 'both', ...sides]).done;
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('No release of "both" is live on local, aws.')]);
  await deploy('local', 'def answer(payload):\n    return {"half": payload["by"] / 2}\n');
  expect(await compare()).toEqual({ code: 0, stdout: expect.stringMatching(/^aws +nothing is live there$/m) });
});

test('release, URL, settings, sizes, latencies and the answer are shown for both', async () => {
  await deploy('aws', 'def answer(payload):\n    return {"half": payload["by"] / 2}\n');
  const { code, stdout } = await compare('--json');
  expect(code).toBe(0);
  const { name, sides: found } = JSON.parse(stdout);
  expect(name).toBe('both');
  expect(found).toMatchObject([
    { target: 'local', state: 'live', url: expect.stringMatching(/^http:/), release: { number: 1, settings: { memory: 1024 } }, again: { answer: { half: 2 }, equal: true } },
    { target: 'aws', state: 'live', url: expect.stringContaining('.lambda-url.'), release: { number: 1, sizes: { dependencies: 0 } }, again: { answer: { half: 2 }, equal: true } },
  ]);
  for (const { release, again } of found) {
    expect(release.verification.coldMs).toBeGreaterThan(0);
    expect(again.warmMs).toBeGreaterThan(0);
    expect(release.sizes.function).toBeGreaterThan(10_000);
  }
  const text = (await compare()).stdout;
  expect(text).toMatch(/^ +local +aws$/m);
  expect(text).toMatch(/^release +1 +1$/m);
  expect(text).toMatch(/^warm +[\d.]+ m?s +[\d.]+ m?s$/m);
  expect(text).toMatch(/^answer +the model's +the model's$/m);
});

test('an answer that has changed since the check is exit code 6; a target that cannot be asked is a column of its own', async () => {
  // By the time of day no check at the deploy can know it.
  const drifts = 'import os, time\nBORN = time.time()\ndef answer(payload):\n    return {"half": 2 if time.time() < BORN + 8 else 3}\n';
  await deploy('local', drifts);
  await new Promise((resolve) => setTimeout(resolve, 9000));
  const { code, stdout } = await compare();
  expect([code, stdout]).toEqual([6, expect.stringMatching(/^answer +DIFFERS +the model's$/m)]);
  const { code: some, stdout: said } = await lab.begin(['compare', 'both', ...sides], { env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' } }).done;
  expect(some).toBe(6);
  expect(said).toMatch(/^aws +.*\(AWS_/m);
});

test('a target that does not exist is a usage error', async () => {
  const { code, stderr } = await lab.begin(['compare', 'both', '--target', 'moon']).done;
  expect([code, stderr]).toEqual([2, expect.stringContaining('moon')]);
});
