/** Each example by itself, with nothing deployed: its training, its model file and its hooks. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Job, type OwnAnswer, runBaseline } from '../../src/verify/baseline.ts';
import { python } from '../python.ts';
import { accuracy, type Case, examples, expectedOf, names, objectOf, readJson, rounded } from './expected.ts';

const temporary = mkdtempSync(path.join(os.tmpdir(), 'mlfn-examples-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
const sitePackages = execFileSync(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], { encoding: 'utf8' }).trim();

const settingsOf = (name: string) =>
  parse(readFileSync(path.join(examples, name, 'mlfn.yaml'), 'utf8')) as { name: string; model: string; hooks?: string };

const trained = names.filter((name) => existsSync(path.join(examples, name, 'train.py')));

/** What the model, loaded by hand, answers to the example's requests. */
async function ask(name: string, modelFolder: string): Promise<OwnAnswer[]> {
  const { model, hooks } = settingsOf(name);
  const app = /^app\.py:(\w+)$/.exec(model);
  const scratch = mkdtempSync(path.join(temporary, 'run-'));
  const home = { root: scratch, cache: scratch, local: scratch };
  const ctx = { emit: () => undefined, signal: new AbortController().signal, env: process.env, cwd: scratch, home };
  const job: Job = {
    name,
    artifact:
      app === null
        ? { kind: 'model', file: path.join(modelFolder, model), format: { '.pkl': 'pickle', '.onnx': 'onnx' }[path.extname(model)] ?? 'joblib' }
        : { kind: 'python', module: 'app', attribute: app[1] ?? '' },
    path: [path.join(examples, name), sitePackages],
    hooks: hooks === undefined ? null : path.basename(hooks, '.py'),
    main: (name === 'custom-class-main' ? { Hour: 'train' } : {}) as Record<string, string>,
    requests: expectedOf(name).map((each) => bodyOf(name, each)),
    timeout: 60,
  };
  return (await runBaseline(ctx, job, { interpreter: python, scratch, env: {} })).answers;
}

/** A WSGI app is asked by method and path, everything else by its body alone; in place of an object, its rows. */
function bodyOf(name: string, { method, path: where, body }: Case): unknown {
  const file = objectOf(name, body);
  if (file !== null) return JSON.parse(execFileSync(python, ['-c', 'import joblib, json, sys; print(json.dumps(joblib.load(sys.argv[1]).tolist()))', file], { encoding: 'utf8', maxBuffer: 1 << 24 }));
  return name === 'change' ? { method, path: where, body } : body;
}

const answersOf = (name: string) => expectedOf(name).map(({ status, answer }) => ({ status, answer: rounded(answer) }));

test('there are examples, and each deploys by its mlfn.yaml alone', () => {
  expect(names).toEqual([
    'change', 'custom-class', 'custom-class-main', 'echo', 'heart-disease', 'height', 'knn-digits', 'lightgbm', 'logit', 'marco-polo', 'mnist-knn',
    'onnx-vision', 'xgboost',
  ]);
  for (const name of names) {
    expect(settingsOf(name)).toMatchObject({ name, sample: 'payload.json' });
    expect(existsSync(path.join(examples, name, 'README.md'))).toBe(true);
    expect(expectedOf(name).length).toBeGreaterThan(0);
  }
});

test.each(names)('%s as it is in the repository answers what it should', async (name) => {
  expect(rounded(await ask(name, path.join(examples, name)))).toEqual(answersOf(name));
});

test.each(trained)('%s trained again answers the same', async (name) => {
  const out = path.join(temporary, name);
  const printed = execFileSync(python, ['-B', path.join(examples, name, 'train.py'), '--out', out], { encoding: 'utf8' });
  expect(printed).toMatch(/^(train accuracy|accuracy|R2) +\d/);
  expect(statSync(path.join(out, settingsOf(name).model)).size).toBeLessThan(300_000);
  expect(rounded(await ask(name, out))).toEqual(answersOf(name));
});

test('heart-disease prints accuracy and ROC AUC', () => {
  const printed = execFileSync(python, ['-B', path.join(examples, 'heart-disease/train.py'), '--out', temporary], { encoding: 'utf8' });
  const [, train, test_, auc] = /train accuracy (\S+) %\ntest accuracy +(\S+) %\nROC AUC +(\S+)/.exec(printed) ?? [];
  expect(Number(train)).toBeGreaterThan(85);
  expect(Number(test_)).toBeGreaterThan(85);
  expect(Number(auc)).toBeGreaterThan(0.94);
});

test('knn-digits is right about 97.5 % of the rows that its payload holds', async () => {
  const [answer] = await ask('knn-digits', path.join(examples, 'knn-digits'));
  const labels = readJson('knn-digits', 'labels.json') as number[];
  const { predictions } = (answer as { answer: { predictions: number[] } }).answer;
  expect(accuracy(predictions, labels)).toBe(0.975);
});

test('mnist-knn is as right about the whole validation set as its training says', async () => {
  const answers = await ask('mnist-knn', path.join(examples, 'mnist-knn'));
  const { predictions } = (answers[1] as { answer: { predictions: number[] } }).answer;
  expect(accuracy(predictions, readJson('mnist-knn', 'labels.json') as number[])).toBe(0.975);
  expect(readFileSync(path.join(examples, 'mnist-knn/README.md'), 'utf8')).toContain('accuracy 0.97500');
});

test('the numbers of the tutorials', () => {
  expect(expectedOf('height')[0]?.answer).toEqual({
    prediction: { height_inches: 73.61, height_human_readable: '6 foot, 2 inches' },
  });
  expect(expectedOf('change')[1]?.answer).toEqual([{ 5: 'quarters' }, { 1: 'nickels' }, { 4: 'pennies' }]);
  expect(expectedOf('heart-disease')[0]?.answer).toEqual({ diagnosis: 'heart-disease' });
  expect(expectedOf('marco-polo')[0]?.answer).toBe('Polo');
});
