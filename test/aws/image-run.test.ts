/** The image that a deploy pushed, run whole: its base's Python, AWS's runtime client, by AWS's runtime emulator, and nothing else. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../e2e/lab.ts';
import { crane, debian } from '../oci/programs.ts';
import { writeSmallBase } from '../oci/small-base.ts';
import { python } from '../python.ts';
import { startGate, type Gate } from './lab/gate.ts';
import { strictRules } from './lab/gate/strict.ts';
import { startMinistack, type Ministack } from './lab/ministack.ts';

const EXAMPLE = path.resolve(import.meta.dirname, '../../examples/heart-disease');
let cloud: Ministack;
let gate: Gate;
let lab: Lab;
beforeAll(async () => {
  cloud = await startMinistack();
  gate = await startGate({ target: cloud.endpoint, rules: strictRules(cloud.env, { wholeImages: true }) });
  lab = new Lab({ engine: 'auto' });
  Object.assign(lab.env, gate.env);
});
afterAll(async () => {
  await lab?.close();
  await gate?.stop();
  await cloud?.stop();
});

const layersSent = () => gate.calls.filter(({ name, done }) => name === 'registry:CompleteLayerUpload' && done);
const image = ['--target', 'aws', '--package', 'image', '--base', `oci:${debian}:trixie`];

test('a model answers its sample, another model is one layer, and the image hands calls on to a zip', async () => {
  const folder = path.join(lab.folder, 'heart');
  cpSync(EXAMPLE, folder, { recursive: true });
  const options = { cwd: folder };
  expect(await lab.json(['deploy', ...image], options)).toMatchObject({ status: 'deployed', live: 1, verification: { method: 'sample', largestDifference: null } });
  const payload = path.join(folder, 'payload.json');
  expect((await lab.json(['invoke', '--payload', payload, '--target', 'aws'], options))['body']).toEqual({ diagnosis: 'heart-disease' });
  const [release] = ((await lab.json(['releases', '--target', 'aws'], options)) as { releases: { image: { digest: string }; function: string }[] }).releases;
  const pushed = `${new URL(cloud.endpoint).host}/mlfn/${release!.function}@${release!.image.digest}`;
  execFileSync(crane, ['validate', '--insecure', '--remote', pushed], { stdio: 'pipe' });
  const train = path.join(folder, 'train.py');
  writeFileSync(train, readFileSync(train, 'utf8').replace('seed=13', 'seed=14'));
  execFileSync(python, ['train.py'], { cwd: folder, stdio: 'pipe' });
  gate.clear();
  expect(await lab.json(['deploy', ...image], options)).toMatchObject({ status: 'deployed', live: 2 });
  // The model's layer, and the image's configuration.
  expect(layersSent()).toHaveLength(2);
  expect(await lab.json(['rollback', '--target', 'aws'], options)).toMatchObject({ live: 1 });
  gate.clear();
  const zipped = ['deploy', '--target', 'aws', '--package', 'zip'];
  expect(await lab.json(zipped, options)).toMatchObject({ status: 'deployed', live: 3, verification: { method: 'sample', largestDifference: null } });
  expect(layersSent()).toEqual([]);
  expect((await lab.json(['invoke', '--payload', payload, '--target', 'aws'], options))['release']).toBe(3);
});

test('what outgrows a zip goes on as an image by itself, which is said, and is refused as a zip with what would help', async () => {
  const folder = path.join(lab.folder, 'large');
  // A package's own files travel with it.
  mkdirSync(path.join(folder, 'large'), { recursive: true });
  writeFileSync(path.join(folder, 'app.py'), 'import os\n\nimport large\n\n\ndef answer(body):\n    return {"bytes": os.path.getsize(large.WEIGHTS)}\n');
  writeFileSync(path.join(folder, 'large/__init__.py'), 'import os\n\nWEIGHTS = os.path.join(os.path.dirname(__file__), "weights.bin")\n');
  writeFileSync(path.join(folder, 'mlfn.yaml'), `name: large\nmodel: app.py:answer\ntarget: aws\nmemory: 512\nbase: oci:${debian}:trixie\n`);
  const options = { cwd: folder };
  const weights = (bytes: number) => writeFileSync(path.join(folder, 'large/weights.bin'), Buffer.alloc(bytes));
  weights(7);
  expect(await lab.json(['deploy'], options)).toMatchObject({ status: 'deployed', live: 1 });
  weights(263_000_000);
  gate.clear();
  const refused = await lab.mlfn(['deploy', '--package', 'zip'], options);
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('--package image')]);
  expect(gate.changes()).toEqual([]);
  mkdirSync(path.join(lab.folder, 'base'));
  const { stderr: story } = await lab.mlfn(['deploy', '--dry-run', '--base', writeSmallBase(path.join(lab.folder, 'base'))], options);
  // What a zip and the image have in common is told once; the image's lock has Lambda's runtime client besides.
  const facts = story.split('\n').filter((line) => /^\w/.test(line));
  expect(facts).toEqual([...new Set(facts)]);
  expect(['aws', 'model', 'package', 'image'].map((label) => facts.filter((line) => line.startsWith(`${label} `)).length)).toEqual([1, 1, 1, 1]);
  const { code, stderr } = await lab.mlfn(['deploy'], options);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/more than a zip[^]*release 2 runs as large_image, version 1; large hands its calls on/)]);
  expect((await lab.json(['invoke', 'large', '--data', '{}'], options))['body']).toEqual({ bytes: 263_000_000 });
  expect(await lab.json(['rollback', 'large'], options)).toMatchObject({ live: 1 });
  expect((await lab.json(['invoke', 'large', '--data', '{}'], options))['body']).toEqual({ bytes: 7 });
});
