/** Mode `run`: another model, whatever its file is called, is all that a deploy of it sends. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Context, Event } from '../../src/events.ts';
import { deploy } from '../../src/pipeline.ts';
import { type Gcp, startGcp } from '../fakes/gcp/start.ts';
import { python } from '../python.ts';

const SAVE = 'import pickle, sys, constant; pickle.dump(constant.Constant(int(sys.argv[1])), open(sys.argv[2], "wb"))';

let gcp: Gcp;
let folder: string;
let ctx: Context;
const events: Event[] = [];

beforeAll(async () => {
  gcp = await startGcp();
  Object.assign(process.env, gcp.env);
  folder = await mkdtemp(path.join(os.tmpdir(), 'mlfn-gcp-model-'));
  const root = path.join(folder, 'home');
  const home = { root, cache: path.join(root, 'cache'), local: path.join(root, 'local') };
  await Promise.all([mkdir(home.cache, { recursive: true }), mkdir(home.local, { recursive: true })]);
  ctx = { emit: (event) => events.push(event), signal: new AbortController().signal, env: process.env, cwd: folder, home };
  await writeFile(path.join(folder, 'constant.py'), 'class Constant:\n    def __init__(self, value):\n        self.value = value\n\n    def predict(self, rows):\n        return [self.value for _ in rows]\n');
  await writeFile(path.join(folder, 'sample.json'), '[[1.0]]');
});
afterAll(async () => {
  await gcp?.stop();
  await rm(folder, { recursive: true, force: true });
});

const deployed = (value: number, file: string) => {
  const model = path.join(folder, file);
  execFileSync(python, ['-B', '-c', SAVE, String(value), model], { cwd: folder });
  const settings = { memory: 512, timeout: 10, concurrency: 2, idle: 60, env: {} };
  return deploy(ctx, { name: 'heart', model, target: 'gcp', targetConfig: { mode: 'run' }, code: folder, sample: path.join(folder, 'sample.json'), settings, trust: true, dryRun: false });
};
const stored = (steps: { kind: string; part?: string }[]) => steps.filter(({ kind }) => kind === 'store').map(({ part }) => part);

test('a first deploy sends the package and the model, another model is sent alone', async () => {
  expect(stored((await deployed(1, 'model.pickle')).steps)).toEqual(['function', 'model']);
  const first = gcp.storage.sent();
  events.length = 0;
  const second = await deployed(2, 'model-v2.pickle');
  expect(stored(second.steps)).toEqual(['model']);
  expect(second).toMatchObject({ live: 2, verification: { method: 'sample' } });
  const sent = events.flatMap((event) => (event.type === 'fact' && event.label === 'sent' ? [event.text] : []));
  expect(sent).toEqual([expect.stringMatching(/^model [0-9a-f]{8} /)]);
  // The history's records beside it.
  expect(gcp.storage.sent() - first).toBeLessThan(16 * 1024);
});
