/** Every example deployed by the command line to AWS's stand-in behind the strict gate, and asked by its Function URL. */
import { exec } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ListLayersCommand } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Deployed } from '../../src/cli/commands/deploy.ts';
import type { Live } from '../../src/live.ts';
import type { Outcome } from '../../src/pipeline.ts';
import { Lab } from '../e2e/lab.ts';
import { accuracy, bucketsOf, type Case, examples, expectedOf, isImage, names, readJson, rounded } from '../examples/expected.ts';
import { writeSmallBase } from '../oci/small-base.ts';
import { clientsOf } from './lab/clients.ts';
import { startGate, type Gate } from './lab/gate.ts';
import { strictRules } from './lab/gate/strict.ts';
import { startMinistack, type Ministack } from './lab/ministack.ts';

const shell = promisify(exec);

let cloud: Ministack;
let gate: Gate;
let lab: Lab;
beforeAll(async () => {
  cloud = await startMinistack();
  gate = await startGate({ target: cloud.endpoint, rules: strictRules(cloud.env) });
  for (const bucket of names.flatMap(bucketsOf)) {
    await clientsOf(cloud.env).s3.send(new CreateBucketCommand({ Bucket: bucket.name }));
    for (const [Key, file] of Object.entries(bucket.objects)) await clientsOf(cloud.env).s3.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body: readFileSync(file) }));
  }
  // One home and one bucket for all: wheels are installed, and a layer is sent, once for a lock.
  lab = new Lab({ engine: 'auto' });
  const base = path.join(lab.folder, 'base');
  mkdirSync(base);
  Object.assign(lab.env, gate.env, { MLFN_BASE: writeSmallBase(base) });
});
afterAll(async () => {
  await lab?.close();
  await gate?.stop();
  await cloud?.stop();
});

/** The answer without `model`, which tells the release that gave it. */
function answerOf(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return rounded(body);
  const { model: _, ...rest } = body as Record<string, unknown>;
  return rounded(rest);
}

async function invoked(name: string, { method, path: where, body }: Case): Promise<{ status: number; answer: unknown }> {
  expect(method).toBe(body === undefined ? 'GET' : 'POST'); // what `mlfn invoke` makes of it
  const args = ['invoke', name, '--target', 'aws', '--path', where];
  if (body !== undefined) {
    const file = path.join(lab.folder, `${name}-body.json`);
    writeFileSync(file, JSON.stringify(body));
    args.push('--payload', file);
  }
  const reply = await lab.json<{ status: number; body: unknown }>(args);
  return { status: reply.status, answer: answerOf(reply.body) };
}

describe.each(names)('%s', (name) => {
  const cases = expectedOf(name);
  const folder = path.join(examples, name);

  test('is deployed by `mlfn deploy` in its folder, its sample compared', async () => {
    const outcome = await lab.json<Outcome>(['deploy', '--target', 'aws'], { cwd: folder });
    expect(outcome).toMatchObject({ name, target: 'aws', status: 'deployed', live: 1, before: null });
    expect(outcome.verification).toMatchObject({ method: 'sample' });
    expect(outcome.verification?.compared).toBeGreaterThan(0);
    const [release] = (await lab.json<Live>(['releases', name, '--target', 'aws'])).releases;
    expect(typeof release?.image?.digest).toBe(isImage(name) ? 'string' : 'undefined');
  });

  test.each(cases)('$method $path answers by its Function URL what it should', async (each) => {
    gate.clear();
    expect(await invoked(name, each)).toEqual({ status: each.status, answer: rounded(each.answer) });
    expect(gate.calls.filter((call) => call.service === 'url')).toMatchObject([{ method: each.method, status: 200, accessKey: 'test' }]);
  });

  test('is up to date when deployed again, and the curl line that is printed works as it is', async () => {
    gate.clear();
    const outcome = await lab.json<Deployed>(['deploy', '--target', 'aws'], { cwd: folder });
    expect(outcome).toMatchObject({ status: 'up-to-date', live: 1, steps: [] });
    expect(gate.changes()).toEqual([]);
    const { stdout } = await shell(`${outcome.try} --silent --show-error --fail`, { cwd: folder, env: lab.env });
    const asked = cases.find((each) => each.status === 200 && each.path !== '/') ?? cases.find((each) => each.status === 200);
    expect(answerOf(JSON.parse(stdout))).toEqual(rounded(asked?.answer));
  });
});

test('the wheels that examples lock alike were sent once', async () => {
  const layers = await clientsOf(cloud.env).lambda.send(new ListLayersCommand({}));
  const sent = layers.Layers?.map((layer) => layer.LatestMatchingVersion?.Version);
  // Flask's of change, scikit-learn's with pandas, and without, and onnxruntime's of knn-digits and of onnx-vision, which names no NumPy.
  expect(sent).toEqual([1, 1, 1, 1, 1]);
});

test('knn-digits is as accurate deployed as it is locally: 0.975 of 360 rows in one call', async () => {
  const args = ['invoke', 'knn-digits', '--target', 'aws', '--payload', path.join(examples, 'knn-digits/payload.json')];
  const { body } = await lab.json<{ body: { predictions: number[] } }>(args);
  expect(accuracy(body.predictions, readJson('knn-digits', 'labels.json') as number[])).toBe(0.975);
});

test('mnist-knn, an image, is as accurate deployed as it is locally: 0.975 of the 360 rows of an object', async () => {
  const args = ['invoke', 'mnist-knn', '--target', 'aws', '--path', '/predict', '--payload', path.join(examples, 'mnist-knn/reference.json')];
  const { body } = await lab.json<{ body: { predictions: number[] } }>(args);
  expect(accuracy(body.predictions, readJson('mnist-knn', 'labels.json') as number[])).toBe(0.975);
});
