/** `mlfn compare`: the same function on this machine and in two clouds, side by side. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gcp, startGcp } from '../fakes/gcp/start.ts';
import { FaultsLab } from './faults-lab.ts';

let lab: FaultsLab;
let gcp: Gcp;
beforeAll(async () => {
  [lab, gcp] = await Promise.all([FaultsLab.open(), startGcp()]);
});
afterAll(async () => {
  await lab?.begin(['stop']).done;
  await Promise.all([lab?.close(), gcp?.stop()]);
});

const deploy = async (target: string, code: string) => {
  const args = ['deploy', lab.app('both', '', { code }), '--name', 'both', '--sample', lab.write('sample.json', '{"by": 4}'), '--target', target, '--json', ...(target === 'gcp' ? ['--mode', 'run'] : [])];
  const { code: exit, stderr } = await lab.begin(args, { env: gcp.env }).done;
  expect(exit, stderr).toBe(0);
};
const compare = async (...more: string[]) => {
  const { code, stdout } = await lab.begin(['compare', 'both', ...more], { env: gcp.env }).done;
  return { code, stdout };
};

test('a target that has nothing of it is said to', async () => {
  const none = await lab.begin(['compare', 'both'], { env: gcp.env }).done;
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('No release of "both" is live on local, aws, gcp.')]);
  await deploy('local', 'def answer(payload):\n    return {"half": payload["by"] / 2}\n');
  expect(await compare()).toEqual({ code: 0, stdout: expect.stringMatching(/^aws +nothing is live there$/m) });
});

test('release, URL, settings, sizes, latencies and the answer are shown for all three', async () => {
  for (const cloud of ['aws', 'gcp']) await deploy(cloud, 'def answer(payload):\n    return {"half": payload["by"] / 2}\n');
  const { code, stdout } = await compare('--json');
  expect(code).toBe(0);
  const { name, sides: found } = JSON.parse(stdout);
  expect(name).toBe('both');
  expect(found).toMatchObject([
    { target: 'local', state: 'live', url: expect.stringMatching(/^http:/), release: { number: 1, settings: { memory: 1024 } }, again: { answer: { half: 2 }, equal: true } },
    { target: 'aws', state: 'live', url: expect.stringContaining('.lambda-url.'), release: { number: 1, sizes: { dependencies: 0 } }, again: { answer: { half: 2 }, equal: true } },
    { target: 'gcp', state: 'live', release: { number: 1, targetSettings: { mode: 'run' } }, again: { answer: { half: 2 }, equal: true } },
  ]);
  for (const { release, again } of found) {
    expect(release.verification.coldMs ?? release.verification.warmMs).toBeGreaterThan(0);
    expect(again.warmMs).toBeGreaterThan(0);
    expect(release.sizes.function).toBeGreaterThan(10_000);
  }
  const text = (await compare()).stdout;
  expect(text).toMatch(/^ +local +aws +gcp$/m);
  expect(text).toMatch(/^release +1 +1 +1$/m);
  expect(text).toMatch(/^warm( +[\d.]+ m?s){3}$/m);
  expect(text).toMatch(/^answer( +the model's){3}$/m);
});

test('an answer that has changed since the check is exit code 6; a target that cannot be asked is a column of its own', async () => {
  // By the time of day no check at the deploy can know it.
  const drifts = 'import os, time\nBORN = time.time()\ndef answer(payload):\n    return {"half": 2 if time.time() < BORN + 8 else 3}\n';
  await deploy('local', drifts);
  await new Promise((resolve) => setTimeout(resolve, 9000));
  const { code, stdout } = await compare();
  expect([code, stdout]).toEqual([6, expect.stringMatching(/^answer +DIFFERS +the model's +the model's$/m)]);
  const { code: some, stdout: said } = await lab.begin(['compare', 'both'], { env: { ...gcp.env, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' } }).done;
  expect(some).toBe(6);
  expect(said).toMatch(/^aws +.*\(AWS_/m);
});

test('a target that does not exist is a usage error', async () => {
  const { code, stderr } = await lab.begin(['compare', 'both', '--target', 'moon']).done;
  expect([code, stderr]).toEqual([2, expect.stringContaining('moon')]);
});
