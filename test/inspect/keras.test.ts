import { afterAll, expect, test } from 'vitest';
import { assertSafe } from '../../src/inspect/index.ts';
import { Folder } from './cards.ts';
import { cardOf, fixture } from './fixtures.ts';
import { zip } from './zip-bytes.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const GAMES = {
  framework: { name: 'keras', version: '3.15.1' },
  versions: { keras: '3.15.1' },
  model: 'Sequential: Dense > Dropout > Dense',
  inputs: [{ name: 'input_layer', type: 'float32', shape: [null, 10] }],
  outputs: [{ name: 'dense_1', type: 'float32', shape: [null, 1] }],
  featureCount: 10,
  findings: [],
  safe: true,
};

test('one model in both formats, with a metric of its own that nobody needs to predict', async () => {
  expect(await cardOf(folder, 'games.keras')).toMatchObject({ format: 'keras', ...GAMES });
  expect(await cardOf(folder, 'games.h5')).toMatchObject({ format: 'keras-h5', facts: { backend: 'tensorflow' }, ...GAMES });
});

test('HDF5 of another superblock and with headers of version 2', async () => {
  expect(fixture('latest.h5')[8]).toBe(3);
  expect(fixture('games.h5')[8]).toBe(0);
  expect(await cardOf(folder, 'latest.h5')).toMatchObject(GAMES);
});

test('several inputs and outputs', async () => {
  expect(await cardOf(folder, 'two.keras')).toMatchObject({
    inputs: [{ name: 'image', type: 'float32', shape: [null, 8, 8, 1] }, { name: 'size', type: 'int32', shape: [null, 2] }],
    outputs: [{ name: 'kind', shape: [null, 3] }, { name: 'weight', shape: [null, 1] }],
    featureCount: null,
    safe: true,
    findings: [],
  });
});

test('a model of Keras 2, with a function of tf that only computes', async () => {
  expect(await cardOf(folder, 'old.h5')).toMatchObject({ framework: { version: '2.21.0' }, model: 'Functional: TFOpLambda > Dense', inputs: [{ name: 'x', shape: [null, 3] }], outputs: [{ name: 'y' }], safe: true, findings: [] });
});

test.each(['lambda.keras', 'lambda.h5'])('a Lambda layer is refused: %s', async (name) => {
  const card = await cardOf(folder, name);
  expect(card).toMatchObject({ safe: false, damaged: false, findings: [{ severity: 'error', code: 'executes-code', message: expect.stringMatching(/^Lambda lambda\w* runs byte code/) }] });
  expect(() => assertSafe(card, { trust: false })).toThrow(expect.objectContaining({ code: 'MODEL_UNSAFE' }));
});

test('a class of the user is named', async () => {
  expect(await cardOf(folder, 'custom.keras')).toMatchObject({ safe: true, findings: [{ severity: 'warning', code: 'custom-object', message: expect.stringContaining('mine>Twice') }] });
});

test('HDF5 without a model', async () => {
  const card = await cardOf(folder, 'table.h5');
  expect(card.findings).toMatchObject([{ code: 'no-estimator', hint: expect.stringContaining('model.save') }]);
  expect(() => assertSafe(card, { trust: true })).toThrow(expect.objectContaining({ code: 'MODEL_NO_ESTIMATOR' }));
});

const dense = (extra: object): object => ({ module: 'keras.layers', class_name: 'Dense', config: { name: 'd', units: 1, ...extra }, registered_name: null });

/** What loading would meet in a layer that somebody wrote by hand. */
test.each([
  ['code deep inside', dense({ kernel_initializer: { class_name: '__lambda__', config: { code: '4wE=' } } }), 'executes-code'],
  ['a SavedModel from anywhere', { module: 'keras.layers', class_name: 'TFSMLayer', config: { filepath: '/tmp/x' } }, 'executes-code'],
  ['an unpickled module', { module: 'keras.layers', class_name: 'TorchModuleWrapper', config: { module: 'gAJ9' } }, 'executes-code'],
  ['a function of tf that writes files', { class_name: 'TFOpLambda', config: { name: 'w', function: 'io.write_file' } }, 'executes-code'],
  ['a function of a module', dense({ activation: { module: 'os', class_name: 'function', config: 'system', registered_name: 'system' } }), 'custom-object'],
  ['a function of Keras that fetches files', dense({ activation: { module: 'keras.utils', class_name: 'function', config: 'get_file', registered_name: null } }), 'custom-object'],
  ['a class of a module', { module: 'subprocess', class_name: 'Popen', config: {} }, 'custom-object'],
  ['a class of Keras that is no part of models', { module: 'keras.utils', class_name: 'Sequence', config: {} }, 'custom-object'],
  ['an activation of the user', dense({ activation: 'spiky' }), 'custom-object'],
])('%s', async (_name, layer, code) => {
  const config = JSON.stringify({ class_name: 'Sequential', config: { name: 's', layers: [dense({ activation: 'relu' }), layer] } });
  folder.write('m.keras', zip([['metadata.json', '{"keras_version": "3.0.0"}'], ['config.json', config], ['model.weights.h5', '']]));
  expect(await folder.inspect('m.keras')).toMatchObject({ findings: [{ code }] });
});

test('names in messages cannot steer a terminal', async () => {
  const config = JSON.stringify({ class_name: 'Sequential', config: { name: 's', layers: [dense({ activation: '\x1b[2J' })] } });
  folder.write('m.keras', zip([['metadata.json', '{}'], ['config.json', config], ['model.weights.h5', '']]));
  const [finding] = (await folder.inspect('m.keras')).findings;
  expect(finding).toMatchObject({ code: 'custom-object', message: expect.stringContaining('\u{fffd}[2J') });
});
