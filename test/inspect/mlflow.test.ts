import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { assertSafe } from '../../src/inspect/index.ts';
import { Folder } from './cards.ts';

const FIXTURES = path.join(import.meta.dirname, 'fixtures');
let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

test('the model inside is the one that is served', async () => {
  const card = await folder.inspect(path.join(FIXTURES, 'mlflow_sklearn'));
  expect(card).toMatchObject({
    kind: 'model',
    path: path.join(FIXTURES, 'mlflow_sklearn/model.pkl'),
    framework: { name: 'scikit-learn', version: '1.6.1' },
    featureNames: ['age', 'chol'],
    safe: true,
    findings: [{ severity: 'info', code: 'mlflow', message: expect.stringContaining('MLflow 3.17.2') }],
  });
  expect(() => assertSafe(card, { trust: false })).not.toThrow();
});

test('of every flavor whose file is read', async () => {
  expect(await folder.inspect(path.join(FIXTURES, 'mlflow_xgboost'))).toMatchObject({ kind: 'framework', format: 'xgboost-ubj', featureNames: ['age', 'chol'] });
});

test('a PythonModel is code', async () => {
  await expect(folder.inspect(path.join(FIXTURES, 'mlflow_code'))).rejects.toMatchObject({ code: 'MODEL_FORMAT', message: expect.stringContaining('PythonModel'), hint: expect.stringContaining('FILE.py:function') });
});

/** The sklearn folder with another name for its model. */
function naming(named: string): void {
  const model = path.join(folder.path, 'm');
  cpSync(path.join(FIXTURES, 'mlflow_sklearn'), model, { recursive: true });
  const file = path.join(model, 'MLmodel');
  writeFileSync(file, readFileSync(file, 'utf8').replace('pickled_model: model.pkl', `pickled_model: ${named}`));
}

test.each([
  ['../model.pkl', 'MODEL_UNSAFE', 'has .. in it'],
  ['/etc/passwd', 'MODEL_UNSAFE', 'absolute path'],
  ['gone.pkl', 'MODEL_DAMAGED', 'gone.pkl is not there'],
  ['[1]', 'MODEL_DAMAGED', 'does not say in which file'],
])('a model at %s', async (named, code, message) => {
  naming(named);
  await expect(folder.inspect('m')).rejects.toMatchObject({ code, message: expect.stringContaining(message), hint: expect.stringMatching(/\.$/) });
});

test('a link in the place of the model', async () => {
  naming('linked.pkl');
  symlinkSync('/etc/passwd', path.join(folder.path, 'm/linked.pkl'));
  await expect(folder.inspect('m')).rejects.toMatchObject({ code: 'MODEL_UNSAFE', message: expect.stringContaining('a link that leads out') });
});

test.each([
  ['no YAML', '{', /no YAML/],
  ['aliases of aliases', 'a: &a [x]\nflavors: *a\n', /no YAML/],
  ['nothing', '', /says nothing/],
  ['too much', `# ${'x'.repeat(2_000_000)}`, /larger than any/],
])('an MLmodel that is %s', async (_name, text, message) => {
  mkdirSync(path.join(folder.path, 'm'));
  folder.write('m/MLmodel', text);
  await expect(folder.inspect('m')).rejects.toMatchObject({ code: 'MODEL_DAMAGED', message: expect.stringMatching(message) });
});
