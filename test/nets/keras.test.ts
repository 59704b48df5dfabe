/** Keras and TensorFlow, through the real tools: every kind of layer, converted and proved; then a deploy of each format. */
import { copyFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SizeTable } from '../../src/bundle/index.ts';
import { ask, type Lab } from '../e2e/lab.ts';
import { expectedOf } from '../examples/expected.ts';
import { askNative, convertAll, layNative, netsLab, type Row, type Tools, toolsFor } from './lab.ts';

const fixtures = path.join(import.meta.dirname, '../inspect/fixtures');
const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'mlfn-nets-')));

let tools: Tools;
let lab: Lab;
beforeAll(async () => {
  tools = await toolsFor('keras');
  await layNative(path.join(fixtures, 'games.keras'));
  lab = await netsLab();
}, 900_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await lab.close();
});

describe('every kind of layer', () => {
  let rows: Row[];
  const row = (name: string) => rows.find((each) => each.name === name);
  beforeAll(async () => {
    rows = await convertAll(tools, 'keras_networks.py', folder);
  }, 600_000);

  test('has an ONNX form that is proved equal', () => {
    expect(rows.filter(({ reason }) => reason !== null)).toEqual([]);
    expect(rows.length).toBe(25);
    for (const { proof } of rows) {
      expect(proof.probes).toBeGreaterThan(45);
      expect(proof.refused).toBe(0);
      expect(proof.rounded).toBeLessThan(5);
      expect(proof.largestDifference).toBeLessThanOrEqual(1e-5);
    }
  });

  test('inputs and outputs keep their names, shapes and types, whatever the number of records', () => {
    expect(row('several.keras')).toMatchObject({
      inputs: [{ name: 'left', type: 'tensor(float)', shape: ['batch', 4] }, { name: 'right', shape: ['batch', 3] }],
      outputs: [{ name: 'kind', shape: ['batch', 3] }, { name: 'size', shape: ['batch', 1] }],
    });
    expect(row('embedding.keras')?.inputs).toMatchObject([{ type: 'tensor(int32)', shape: ['batch', 7] }]);
    expect(row('any length.keras')?.inputs[0]?.shape).toEqual(['batch', expect.any(String), 3]);
  });

  test('a missing value is refused where onnxruntime drops it', () => {
    expect(row('dense.keras')?.missing).toBe(true);
    expect(row('convolution.keras')?.missing).toBe(false);
  });
});

test('asked by their own framework, of Keras 3 and 2, they answer as it does', async () => {
  const names = ['several.keras', 'any length.keras', 'embedding.keras', 'recurrent.h5', 'old.h5', 'old.keras', 'two saved', 'old saved'];
  const rows = await askNative(tools, folder, names);
  expect(rows.map(({ name, compared, largest }) => [name, compared > 10, largest < 1e-5])).toEqual(names.map((name) => [name, true, true]));
  expect(new Set(rows.map(({ platform }) => platform))).toEqual(new Set(['tensorflow_keras', 'tensorflow_savedmodel']));
}, 600_000);

test('a dense classifier with a metric of the user\'s own: what predict() gives, record by record', async () => {
  const file = path.join(lab.folder, 'games.h5');
  copyFileSync(path.join(fixtures, 'games.h5'), file);
  writeFileSync(path.join(lab.folder, 'sample.json'), '[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]');
  const deployed = await lab.mlfn(['deploy', file, '--name', 'games', '--sample', 'sample.json', '--json']);
  expect(deployed.code, deployed.stderr).toBe(0);
  const { url, verification } = JSON.parse(deployed.stdout) as { url: string; verification: { compared: number } };
  expect(verification.compared).toBeGreaterThan(0);
  const { functions } = await lab.json<{ functions: { releases: { engine: string; proof: { probes: number } }[] }[] }>(['status', 'games']);
  expect(functions[0]?.releases[0]).toMatchObject({ engine: 'onnx', model: { format: 'onnx' } });
  expect(functions[0]?.releases[0]?.proof.probes).toBeGreaterThan(70);
  const { json } = await ask(url, [[1, 0, 0, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]]);
  // What keras.models.load_model('games.h5', compile=False).predict() gives, of keras 3.15.1.
  expect(json.predictions[0][0]).toBeCloseTo(0.50283647, 6);
  expect(json.predictions[1][0]).toBeCloseTo(0.67973655, 6);
  const again = await lab.json<{ status: string }>(['deploy', file, '--name', 'games', '--sample', 'sample.json']);
  expect(again.status).toBe('up-to-date');
}, 600_000);

test('a package for AWS has room: less than 130 MB unzipped', async () => {
  const built = await lab.mlfn(['build', path.join(fixtures, 'games.keras'), '--target', 'aws', '--out', 'built', '--json']);
  expect(built.code, built.stderr).toBe(0);
  const { sizes } = JSON.parse(built.stdout) as { sizes: SizeTable };
  expect(sizes.fits).toBe(true);
  expect(sizes.totals.unzippedBytes).toBeGreaterThan(50 * 2 ** 20);
  expect(sizes.totals.unzippedBytes).toBeLessThan(130 * 2 ** 20);
}, 600_000);

test.each([
  ['custom.keras', 'MODEL_NOT_SERVED', 'mine>Twice'],
  ['lambda.h5', 'MODEL_UNSAFE', 'Lambda'],
  ['table.h5', 'MODEL_NO_ESTIMATOR', ''],
])('%s ends with 3 before anything is converted', async (name, code, said) => {
  const ran = await lab.mlfn(['deploy', path.join(fixtures, name), '--name', 'refused']);
  expect(ran.code).toBe(3);
  expect(ran.stderr).toContain(`[${code}]`);
  expect(ran.stderr).toContain(said);
});

test('a file that is cut short ends with 3', async () => {
  const file = lab.write({ 'cut.h5': readFileSync(path.join(fixtures, 'games.h5')).subarray(0, 9000) });
  const ran = await lab.mlfn(['deploy', file, '--name', 'cut']);
  expect(ran.code).toBe(3);
  expect(ran.stderr).toContain('[MODEL_DAMAGED]');
});

test('the engine plain is refused at once', async () => {
  const ran = await lab.mlfn(['deploy', path.join(fixtures, 'games.keras'), '--name', 'games', '--engine', 'plain']);
  expect(ran.code).toBe(3);
  expect(ran.stderr).toContain('[COMPILE_REFUSED]');
});

test('a network without an ONNX form is served by its framework, and the reason is told', async () => {
  const file = path.join(fixtures, 'texts.keras');
  lab.write({ 'texts.json': '["good film"]' });
  const refused = await lab.mlfn(['deploy', file, '--name', 'texts', '--engine', 'onnx']);
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain('[COMPILE_NETWORK]');
  const deployed = await lab.mlfn(['deploy', file, '--name', 'texts', '--sample', 'texts.json']);
  expect(deployed.code, deployed.stderr).toBe(0);
  expect(deployed.stderr).toMatch(/engine native {4}no ONNX form is proved equal: its inputs became/);
  expect(deployed.stderr).toMatch(/gave 3 of 3 answers/);
  const { functions } = await lab.json<{ functions: { releases: { engine: string; model: { format: string } }[]; url: string }[] }>(['status', 'texts']);
  expect(functions[0]?.releases[0]).toMatchObject({ engine: 'native', model: { format: 'keras' } });
  const { json } = await ask(functions[0]!.url, ['good film', 'very bad', 'a']);
  // What predict() gives, of keras 3.15.1.
  expect(json.predictions.map((row: number[]) => row[0]?.toFixed(6))).toEqual(['0.190816', '0.270896', '0.288808']);
  expect(await ask(functions[0]!.url, [3])).toMatchObject({ status: 422 });
}, 600_000);

test('natively an example answers what its ONNX form answers', async () => {
  const cwd = path.join(import.meta.dirname, '../../examples/keras-logit');
  const deployed = await lab.mlfn(['deploy', '--engine', 'native', '--json'], { cwd });
  expect(deployed.code, deployed.stderr).toBe(0);
  const { url } = JSON.parse(deployed.stdout) as { url: string };
  // To six digits, as its hook writes them.
  for (const { status, answer, body } of expectedOf('keras-logit')) expect(await ask(url, body)).toMatchObject({ status, json: answer });
}, 600_000);
