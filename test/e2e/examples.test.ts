/** Every example deployed by the command line, and asked through it and over HTTP. */
import { exec } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Deployed } from '../../src/cli/commands/deploy.ts';
import type { Outcome } from '../../src/pipeline.ts';
import type { Live } from '../../src/live.ts';
import { accuracy, type Case, examples, expectedOf, names, readJson, rounded } from '../examples/expected.ts';
import { Lab } from './lab.ts';

const shell = promisify(exec);

let lab: Lab;
beforeAll(() => {
  lab = new Lab({ engine: 'auto' });
});
afterAll(() => lab.close());

/** The answer without `model`, which tells the release that gave it. */
function answerOf(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return rounded(body);
  const { model: _, ...rest } = body as Record<string, unknown>;
  return rounded(rest);
}

async function overHttp(url: string, { method, path: where, body }: Case): Promise<{ status: number; answer: unknown }> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${url.replace(/\/$/, '')}${where}`, init);
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json');
  return { status: response.status, answer: answerOf(json ? JSON.parse(text) : text) };
}

async function overCli(name: string, { path: where, body }: Case): Promise<{ status: number; answer: unknown }> {
  const args = ['invoke', name, '--path', where];
  if (body !== undefined) {
    const file = path.join(lab.folder, `${name}-body.json`);
    writeFileSync(file, JSON.stringify(body));
    args.push('--payload', file);
  }
  const invoked = await lab.json<{ status: number; body: unknown }>(args);
  return { status: invoked.status, answer: answerOf(invoked.body) };
}

/** Those that are numbers and nothing else. */
const COMPILED: Record<string, { engine: string; within: number }> = {
  'heart-disease': { engine: 'plain', within: 1e-12 },
  height: { engine: 'plain', within: 1e-12 },
  'knn-digits': { engine: 'onnx', within: 1e-5 },
  lightgbm: { engine: 'plain', within: 1e-12 },
  logit: { engine: 'plain', within: 1e-12 },
  'onnx-vision': { engine: 'onnx', within: 1e-5 },
  xgboost: { engine: 'plain', within: 1e-12 },
};

/** What a README says, where the output has more figures, or nothing. */
const WHY: Record<string, string> = { 'it is proved equal': 'equal on', 'it is Python code': 'engine native' };

describe.each(names)('%s', (name) => {
  const cases = expectedOf(name);
  let url = '';

  test('is deployed by `mlfn deploy` in its folder, its sample compared', async () => {
    const outcome = await lab.json<Outcome>(['deploy', '--target', 'local'], { cwd: path.join(examples, name) });
    expect(outcome).toMatchObject({ name, target: 'local', status: 'deployed', live: 1, before: null });
    expect(outcome.verification).toMatchObject({ method: 'sample' });
    expect(outcome.verification?.compared).toBeGreaterThan(0);
    url = outcome.url ?? '';
  });

  test('says which engine it got, and why', async () => {
    const [release] = (await lab.json<Live>(['releases', name])).releases;
    const { engine, within } = COMPILED[name] ?? { engine: 'native', within: 0 };
    expect(release?.engine).toBe(engine);
    const proof = release?.proof ?? { probes: 0, largestDifference: 1 };
    expect(release?.engine === 'native' || (proof.probes > 100 && proof.largestDifference < within)).toBe(true);
    const { stderr } = await lab.mlfn(['deploy', '--target', 'local', '--dry-run'], { cwd: path.join(examples, name) });
    expect(stderr).toMatch(engine === 'native' ? /engine native/ : new RegExp(`engine ${engine} +equal on [\\d,]+ probes \\(largest difference \\S+\\)`));
    const [, named, why] = /^Engine: (\w+), (?:as|because) (.*)\.$/m.exec(readFileSync(path.join(examples, name, 'README.md'), 'utf8')) ?? [];
    expect(named).toBe(engine);
    expect(stderr).toContain(WHY[why ?? ''] ?? why);
  });

  test.each(cases)('$method $path answers over HTTP and by `mlfn invoke` what it should', async (each) => {
    const wanted = { status: each.status, answer: rounded(each.answer) };
    expect(await overHttp(url, each)).toEqual(wanted);
    expect(await overCli(name, each)).toEqual(wanted);
  });

  test('is up to date when deployed again, and the curl line that is printed works as it is', async () => {
    const folder = path.join(examples, name);
    const outcome = await lab.json<Deployed>(['deploy', '--target', 'local'], { cwd: folder });
    expect(outcome).toMatchObject({ status: 'up-to-date', live: 1, steps: [] });
    const { stdout } = await shell(`${outcome.try} --silent --show-error --fail`, { cwd: folder });
    const asked = cases.find((each) => each.status === 200 && each.path !== '/') ?? cases.find((each) => each.status === 200);
    expect(answerOf(JSON.parse(stdout))).toEqual(rounded(asked?.answer));
  });
});

test('knn-digits is as accurate deployed as it is locally: 0.975 of 360 rows in one call', async () => {
  const payload = path.join(examples, 'knn-digits/payload.json');
  const { body } = await lab.json<{ body: { predictions: number[] } }>(['invoke', 'knn-digits', '--payload', payload]);
  expect(accuracy(body.predictions, readJson('knn-digits', 'labels.json') as number[])).toBe(0.975);
});

test('mnist-knn is as accurate deployed as it is locally: 0.975 of the 360 rows of an object', async () => {
  const args = ['invoke', 'mnist-knn', '--path', '/predict', '--payload', path.join(examples, 'mnist-knn/reference.json')];
  const { body } = await lab.json<{ body: { predictions: number[] } }>(args);
  expect(accuracy(body.predictions, readJson('mnist-knn', 'labels.json') as number[])).toBe(0.975);
});

test('a new version replaces the old one, a wrong one does not, and rollback brings the old one back', async () => {
  const folder = path.join(lab.folder, 'height');
  cpSync(path.join(examples, 'height'), folder, { recursive: true });
  const hooks = path.join(folder, 'hooks.py');
  const ask = async () => {
    const { body } = await lab.json<{ body: unknown }>(['invoke', 'height', '--data', '{"Weight": 200}']);
    return body;
  };
  const before = await ask();

  writeFileSync(hooks, 'def postprocess(predictions):\n    return {"centimetres": round(2.54 * predictions[0])}\n');
  const second = await lab.json<Outcome>(['deploy'], { cwd: folder });
  expect(second).toMatchObject({ status: 'deployed', before: 1, live: 2 });
  expect(await ask()).toEqual({ centimetres: 187 });

  writeFileSync(hooks, 'import random\n\n\ndef postprocess(predictions):\n    return {"centimetres": random.random()}\n');
  const refused = await lab.mlfn(['deploy'], { cwd: folder });
  expect(refused.code).toBe(6);
  expect(refused.stderr).toContain('does not answer the sample the same way twice');
  expect(await ask()).toEqual({ centimetres: 187 });

  expect(await lab.json<Outcome>(['rollback', 'height'])).toMatchObject({ status: 'rolled-back', before: 2, live: 1 });
  expect(await ask()).toEqual(before);
  const live = await lab.json<Live>(['releases', 'height']);
  expect(live.live).toBe(1);
  expect(live.releases.map((release) => release.number)).toEqual([1, 2]);

  expect(await lab.json<Outcome>(['rollback', 'height', '--to', '2'])).toMatchObject({ before: 1, live: 2 });
  expect(await ask()).toEqual({ centimetres: 187 });
});
