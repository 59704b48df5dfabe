/** The examples of Keras and PyTorch, deployed to all three targets by the command line, and asked. */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/pipeline.ts';
import type { Live } from '../../src/live.ts';
import { startGate, type Gate } from '../aws/lab/gate.ts';
import { strictRules } from '../aws/lab/gate/strict.ts';
import { type Ministack, startMinistack } from '../aws/lab/ministack.ts';
import type { Lab } from '../e2e/lab.ts';
import { examples, expectedOf, networks } from '../examples/expected.ts';
import { commandsOf, words } from '../examples/readme.ts';
import { type Gcp, startGcp } from '../fakes/gcp/start.ts';
import { netsLab, type Tools, toolsFor } from './lab.ts';

const WAIT = 900_000;

let cloud: Ministack;
let gate: Gate;
let gcp: Gcp;
let lab: Lab;
const tools: Record<string, Tools> = {};
beforeAll(async () => {
  tools['keras-logit'] = await toolsFor('keras');
  tools['torch-tabular'] = await toolsFor('torch-exported');
  cloud = await startMinistack();
  gate = await startGate({ target: cloud.endpoint, rules: strictRules(cloud.env) });
  gcp = await startGcp({ operations: 50 });
  // One home: each network is converted once.
  lab = await netsLab();
  Object.assign(lab.env, gate.env, gcp.env);
}, WAIT);
afterAll(async () => {
  await lab?.close();
  await gcp?.stop();
  await gate?.stop();
  await cloud?.stop();
});

test('there are two', () => {
  expect(networks).toEqual(['keras-logit', 'torch-tabular']);
});

describe.each(networks)('%s', (name) => {
  const folder = path.join(examples, name);

  test.each([
    ['local', []],
    ['aws', []],
    ['gcp', ['--mode', 'run']],
  ])('on %s it is proved equal, and answers what it should', async (target, more) => {
    const flags = ['--target', target, ...more];
    const deployed = await lab.mlfn(['deploy', ...flags, '--json'], { cwd: folder });
    expect(deployed.code, deployed.stderr).toBe(0);
    const outcome = JSON.parse(deployed.stdout) as Outcome;
    expect(outcome).toMatchObject({ name, target, status: 'deployed', live: 1, verification: { method: 'sample' } });
    const [release] = (await lab.json<Live>(['releases', name, '--target', target])).releases;
    expect(release).toMatchObject({ engine: 'onnx', model: { format: 'onnx' } });
    expect(release?.proof?.probes).toBeGreaterThan(50);
    expect(release?.proof?.largestDifference).toBeLessThanOrEqual(1e-5);
    expect(readFileSync(path.join(folder, 'README.md'), 'utf8')).toContain('\nEngine: onnx, as it is proved equal.\n');
    for (const { path: where, body, status, answer } of expectedOf(name)) {
      const file = path.join(lab.folder, 'body.json');
      writeFileSync(file, JSON.stringify(body));
      const reply = await lab.json<{ status: number; body: unknown }>(['invoke', name, '--target', target, '--path', where, '--payload', file]);
      expect(reply).toMatchObject({ status, body: answer });
    }
    const again = await lab.json<Outcome>(['deploy', ...flags], { cwd: folder });
    expect(again.status).toBe('up-to-date');
  }, WAIT);

  test('each command of its page runs', async () => {
    const copy = path.join(lab.folder, name);
    cpSync(folder, copy, { recursive: true });
    const { interpreter, dependencies } = tools[name]!;
    const env = { ...process.env, PYTHONPATH: dependencies, CUDA_VISIBLE_DEVICES: '-1' };
    for (const line of commandsOf(name)) {
      if (line.trim().startsWith('python ')) {
        execFileSync(interpreter, ['-B', ...words(line)], { cwd: copy, env, stdio: 'pipe' });
      } else {
        const ran = await lab.mlfn(words(line), { cwd: copy });
        expect(ran.code, ran.stderr).toBe(0);
      }
    }
  }, WAIT);
});
