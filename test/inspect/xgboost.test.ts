import { afterAll, expect, test } from 'vitest';
import { Folder } from './cards.ts';
import { cardOf, fixture } from './fixtures.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const BINARY = {
  framework: { name: 'xgboost', version: '3.1.1' },
  versions: { xgboost: '3.1.1' },
  model: 'gbtree, 3 trees',
  facts: { objective: 'binary:logistic' },
  featureNames: ['age', 'chol', 'größe'],
  featureCount: 3,
  classes: [0, 1],
  inputs: [{ name: 'age', type: 'float32', shape: [null] }, { name: 'chol' }, { name: 'größe' }],
  outputs: [{ name: 'probability', type: 'float32', shape: [null] }],
  safe: true,
};

test('JSON and UBJSON of one model make the same card', async () => {
  expect(await cardOf(folder, 'binary.json')).toMatchObject({ format: 'xgboost-json', ...BINARY });
  expect(await cardOf(folder, 'binary.ubj')).toMatchObject({ format: 'xgboost-ubj', ...BINARY });
});

test('types of columns, classes, boosters', async () => {
  expect(await cardOf(folder, 'categories.ubj')).toMatchObject({
    inputs: [{ name: 'a', type: 'float32' }, { name: 'b', type: 'int64' }, { name: 'c', type: 'category' }],
    outputs: [{ name: 'probability', shape: [null, 3] }],
    classes: [0, 1, 2],
  });
  expect(await cardOf(folder, 'dart.json')).toMatchObject({ model: 'dart, 4 trees', featureNames: null, featureCount: 3, inputs: [{ name: 'data', shape: [null, 3] }], outputs: [{ shape: [null, 2] }] });
  expect(await cardOf(folder, 'linear.json')).toMatchObject({ model: 'gblinear', featureCount: 3, classes: null });
});

test('indented, and by another writer', async () => {
  const told = JSON.parse(fixture('binary.json').toString()) as { learner: object; version: number[] };
  folder.write('m.json', JSON.stringify({ version: told.version, learner: told.learner }, null, 2));
  expect(await folder.inspect('m.json')).toMatchObject(BINARY);
});

test('JSON of something else is not taken for a model', async () => {
  folder.write('m.json', '{"version": "1", "learner_rate": 0.1}');
  await expect(folder.inspect('m.json')).rejects.toMatchObject({ code: 'MODEL_FORMAT', message: expect.stringContaining('JSON') });
});
