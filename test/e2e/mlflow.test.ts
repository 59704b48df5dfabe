/** Folders as MLflow logs them, deployed whole: the model inside, its own versions, and nothing of what MLflow would serve it with. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { python } from '../python.ts';
import { ask, Lab } from './lab.ts';

const fixtures = path.join(import.meta.dirname, '../inspect/fixtures');
let lab: Lab;
let models: string;
let answers: Record<string, number[]>;
beforeAll(async () => {
  lab = await Lab.open({ engine: 'auto' });
  models = path.join(lab.folder, 'models');
  mkdirSync(models);
  execFileSync(python, ['-B', path.join(import.meta.dirname, 'mlflow_folders.py'), models], { stdio: 'pipe' });
  answers = JSON.parse(readFileSync(path.join(models, 'answers.json'), 'utf8')) as typeof answers;
});
afterAll(() => lab.close());

test.each([
  ['sklearn', 'native', 'pickle'],
  ['xgboost', 'plain', 'xgboost-ubj'],
  ['lightgbm', 'plain', 'lightgbm'],
  ['onnx', 'onnx', 'onnx'],
])('of the flavor %s', async (flavor, engine, format) => {
  const rows = path.join(models, 'rows.json');
  const made = await lab.json(['deploy', path.join(models, flavor), '--sample', rows]);
  expect(made).toMatchObject({ name: flavor, status: 'deployed', live: 1, verification: { method: 'sample' } });
  const { predictions } = (await ask(made['url'], JSON.parse(readFileSync(rows, 'utf8')))).json as { predictions: number[] };
  expect(predictions.length).toBe(3);
  for (const [at, each] of predictions.entries()) expect(each).toBeCloseTo(answers[flavor]![at]!, 6);
  const [release] = (await lab.json(['releases', flavor]))['releases'];
  expect(release).toMatchObject({ engine, model: { format } });
  expect(release.sizes.dependencies).toBeLessThan(300e6);
  expect(await lab.json(['deploy', path.join(models, flavor), '--sample', rows])).toMatchObject({ status: 'up-to-date' });
});

test('its requirements say versions: of XGBoost itself the build without CUDA ships, and MLflow not at all', async () => {
  const { sizes } = await lab.json(['build', path.join(models, 'xgboost'), '--engine', 'native', '--out', 'built']);
  const names = (sizes.rows as { name: string; kind: string }[]).filter(({ kind }) => kind === 'distribution').map(({ name }) => name);
  expect(names.toSorted()).toEqual(['joblib', 'numpy', 'scikit-learn', 'scipy', 'threadpoolctl', 'xgboost-cpu']);
});

test('a PythonModel, and a state dict of PyTorch, are refused with what to do instead', async () => {
  expect(await lab.refused(['deploy', path.join(fixtures, 'mlflow_code'), '--name', 'code'], 3)).toMatchObject({ code: 'MODEL_FORMAT', hint: expect.stringContaining('FILE.py:function') });
  const torch = path.join(lab.folder, 'torch');
  mkdirSync(path.join(torch, 'data'), { recursive: true });
  cpSync(path.join(fixtures, 'module.pth'), path.join(torch, 'data/model.pth'));
  lab.write({ 'torch/MLmodel': 'flavors:\n  pytorch:\n    code: null\n    model_data: data\n    pytorch_version: 2.9.1\nmlflow_version: 3.17.2\n' });
  expect(await lab.refused(['deploy', torch, '--name', 'torch'], 3)).toMatchObject({ code: expect.stringMatching(/^MODEL_(UNSAFE|NOT_SERVED)$/), hint: expect.stringMatching(/torch\.(export|jit)/) });
  expect((await lab.refused(['status', 'torch'], 2)).code).toBe('FUNCTION_UNKNOWN');
});
