/** A model of gigabytes: no zip has room for it, which is said before anything is sent; an image has. Nobody loads it here. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../e2e/lab.ts';
import { dockerRegistry, judged, type Registry } from '../oci/lab.ts';
import { crane } from '../oci/programs.ts';
import { writeSmallBase } from '../oci/small-base.ts';
import { python } from '../python.ts';
import { startGate, type Gate } from './lab/gate.ts';
import { strictRules } from './lab/gate/strict.ts';
import { startMinistack, type Ministack } from './lab/ministack.ts';

/** What is read and packed must have more bytes than 31 bits count; each GB more takes its seconds. */
const SIZES = { 'twelve.joblib': 12 * 2 ** 30, 'six.joblib': 6 * 2 ** 30, 'two.joblib': 2 * 2 ** 30 };
/** Bytes that Node may hold: of a file that was read whole it would be gigabytes. */
const MOST = 256e6;
const PRELOAD = pathToFileURL(path.resolve(import.meta.dirname, '../../bench/peak-memory.mjs')).href;

let cloud: Ministack;
let gate: Gate;
let lab: Lab;
let registry: Registry;
let base: string;
beforeAll(async () => {
  cloud = await startMinistack();
  gate = await startGate({ target: cloud.endpoint, rules: strictRules(cloud.env) });
  registry = await dockerRegistry();
  lab = new Lab();
  Object.assign(lab.env, gate.env);
  mkdirSync(path.join(lab.folder, 'base'));
  base = writeSmallBase(path.join(lab.folder, 'base'));
  for (const [name, size] of Object.entries(SIZES)) execFileSync(python, ['-B', path.join(import.meta.dirname, 'sparse_model.py'), path.join(lab.folder, name), String(size)]);
});
afterAll(async () => {
  await lab?.close();
  await registry?.stop();
  await gate?.stop();
  await cloud?.stop();
});

/** Runs a command of mlfn; what its processes held at most. */
async function measured(...args: string[]) {
  const peaks = path.join(lab.folder, 'peaks');
  rmSync(peaks, { force: true });
  const ran = await lab.mlfn([...args, '--name', 'huge'], { env: { PEAK_MEMORY: peaks, NODE_OPTIONS: `--import ${PRELOAD}` } });
  return { ...ran, peak: Math.max(...readFileSync(peaks, 'utf8').trim().split('\n').map(Number)) };
}

test.each([
  [12, 'zip', 'no worker of aws has more than 10240 MB'],
  [6, 'zip', 'Give its workers more (--memory 6720), and deploy it as an image (--package image): no zip has room for it'],
  [6, 'image', 'Give its workers more (--memory 6720).'],
])('%i GB as %s, for workers that cannot hold it, are refused before anything is sent, with what would help', async (size, form, hint) => {
  const name = size === 6 ? 'six.joblib' : 'twelve.joblib';
  const { code, stderr, peak } = await measured('deploy', name, '--target', 'aws', '--package', form, '--base', base);
  expect([code, stderr]).toEqual([3, expect.stringContaining(`${name} is ${size}.0 GB, more than a worker of 1024 MB can hold.  [PACKAGE_MEMORY]`)]);
  expect(stderr).toContain(hint);
  expect(gate.changes()).toEqual([]);
  expect(peak).toBeLessThan(MOST);
});

test('2 GB are an image, planned for Lambda, and pushed to a registry to the last byte', async () => {
  const planned = await measured('deploy', 'two.joblib', '--target', 'aws', '--package', 'image', '--base', base, '--memory', '4096', '--dry-run', '--json');
  expect([planned.code, planned.stderr]).toEqual([0, '']);
  expect(JSON.parse(planned.stdout)).toMatchObject({ status: 'planned', steps: expect.arrayContaining([expect.objectContaining({ kind: 'store', part: 'image' })]) });
  expect(gate.changes()).toEqual([]);
  const pushed = await measured('image', 'two.joblib', '--for', 'lambda', '--base', base, '--push', `${registry.host}/huge:1`, '--json');
  expect([pushed.code, pushed.stderr]).toEqual([0, '']);
  const { layers, digest } = JSON.parse(pushed.stdout) as { layers: { what: string; digest: string }[]; digest: string };
  expect(judged(crane, 'digest', '--insecure', `${registry.host}/huge:1`).trim()).toBe(digest);
  const model = layers.at(-1)!;
  expect(model.what).toBe('model');
  const layer = path.join(lab.folder, 'model.tar.gz');
  writeFileSync(layer, execFileSync(crane, ['blob', '--insecure', `${registry.host}/huge@${model.digest}`], { maxBuffer: 1 << 26 }));
  expect(judged(python, '-c', 'import sys, tarfile; print([(m.name, m.size) for m in tarfile.open(sys.argv[1]) if m.isfile()])', layer).trim()).toBe(
    `[('var/task/model/two.joblib', ${statSync(path.join(lab.folder, 'two.joblib')).size})]`,
  );
  expect(Math.max(planned.peak, pushed.peak)).toBeLessThan(MOST);
});
