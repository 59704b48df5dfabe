import { afterAll, expect, test } from 'vitest';
import { assertSafe } from '../../src/inspect/index.ts';
import { Folder } from './cards.ts';
import { cardOf, fixture } from './fixtures.ts';

const folder = new Folder();
afterAll(() => folder.remove());

test('names, objective, classes', async () => {
  expect(await cardOf(folder, 'binary.lgb.txt')).toMatchObject({
    format: 'lightgbm',
    framework: { name: 'lightgbm', version: null },
    atLeast: { lightgbm: '4.0.0' },
    model: 'gbdt, 2 trees',
    facts: { layout: 'v4', objective: 'binary sigmoid:1' },
    featureNames: ['age', 'chol', 'max_rate'],
    featureCount: 3,
    classes: [0, 1],
    inputs: [{ name: 'age', type: 'float64' }, { name: 'chol' }, { name: 'max_rate' }],
    outputs: [{ name: 'probability', type: 'float64', shape: [null] }],
    safe: true,
  });
});

test('without names; several classes; numbers', async () => {
  expect(await cardOf(folder, 'kinds.lgb.txt')).toMatchObject({ model: 'gbdt, 8 trees', featureNames: null, classes: [0, 1, 2, 3], inputs: [{ name: 'data', shape: [null, 3] }], outputs: [{ shape: [null, 4] }] });
  expect(await cardOf(folder, 'number.lgb.txt')).toMatchObject({ classes: null, outputs: [{ name: 'prediction', shape: [null] }] });
});

test('line ends that a copy changed are told: LightGBM goes by the sizes of its trees', async () => {
  folder.write('m.txt', fixture('binary.lgb.txt').toString().replaceAll('\n', '\r\n'));
  const card = await folder.inspect('m.txt');
  expect(card).toMatchObject({ damaged: true, findings: [{ code: 'corrupt', hint: expect.stringContaining('line ends') }] });
  expect(() => assertSafe(card, { trust: true })).toThrow(expect.objectContaining({ code: 'MODEL_DAMAGED' }));
});
