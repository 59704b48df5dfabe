import { afterAll, expect, test } from 'vitest';
import { Folder } from './cards.ts';
import { cardOf } from './fixtures.ts';

const folder = new Folder();
afterAll(() => folder.remove());

test('names, version, objective and classes', async () => {
  expect(await cardOf(folder, 'binary.cbm')).toMatchObject({
    format: 'catboost',
    framework: { name: 'catboost', version: '1.2.10' },
    facts: { layout: 'FlabuffersModel_v1', objective: 'Logloss' },
    model: '2 trees',
    featureNames: ['age', 'chol', 'max rate'],
    featureCount: 3,
    classes: [false, true],
    outputs: [{ type: 'float64', shape: [null] }],
    safe: true,
    findings: [],
  });
});

test('columns of several types, several classes', async () => {
  expect(await cardOf(folder, 'kinds.cbm')).toMatchObject({
    facts: { objective: 'MultiClass' },
    inputs: [{ name: 'size', type: 'float32' }, { name: 'kind', type: 'category' }],
    classes: [0, 1, 2],
    outputs: [{ shape: [null, 3] }],
  });
});
