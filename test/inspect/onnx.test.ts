import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { assertSafe } from '../../src/inspect/index.ts';
import { Folder } from './cards.ts';
import { cardOf, fixture } from './fixtures.ts';

const folder = new Folder();
afterAll(() => folder.remove());

test('a pipeline of scikit-learn: inputs, outputs, operator sets and who made it', async () => {
  expect(await cardOf(folder, 'logit.onnx')).toMatchObject({
    format: 'onnx',
    framework: { name: 'onnxruntime', version: null },
    madeBy: { name: 'skl2onnx', version: '1.20.0' },
    facts: { ir: 10, 'opset ai.onnx': 9, 'opset ai.onnx.ml': 1 },
    model: 'Scaler, LinearClassifier, Cast, ZipMap',
    inputs: [{ name: 'X', type: 'float32', shape: [null, 3] }],
    outputs: [{ name: 'output_label', type: 'int64', shape: [null] }, { name: 'output_probability', type: 'sequence(map(int64, float32))', shape: null }],
    featureCount: 3,
    findings: [],
    safe: true,
  });
});

test('numbers in a file beside it', async () => {
  expect(await cardOf(folder, 'beside.onnx')).toMatchObject({ files: ['weights.bin'], safe: true, outputs: [{ name: 'y', shape: [null, 2] }] });
});

test.each([
  ['passwd.onnx', '"/etc/passwd", which is an absolute path'],
  ['above.onnx', 'has .. in it'],
  ['branch.onnx', String.raw`"C:\\weights.bin", which is an absolute path`],
])('numbers anywhere else are refused: %s', async (name, why) => {
  const card = await cardOf(folder, name);
  expect(card).toMatchObject({ safe: false, damaged: false, files: [], findings: [{ code: 'external-data-outside', message: expect.stringContaining(why) }] });
  expect(() => assertSafe(card, { trust: false })).toThrow(expect.objectContaining({ code: 'MODEL_UNSAFE' }));
  expect(() => assertSafe(card, { trust: true })).toThrow(expect.objectContaining({ code: 'MODEL_UNSAFE' }));
});

test('numbers that are missing, cut off, or behind a link', async () => {
  folder.write('m.onnx', fixture('beside.onnx'));
  const missing = await folder.inspect('m.onnx');
  expect(missing).toMatchObject({ damaged: true, findings: [{ code: 'missing-file' }] });
  expect(() => assertSafe(missing, { trust: true })).toThrow(expect.objectContaining({ code: 'MODEL_DAMAGED' }));
  folder.write('weights.bin', Buffer.alloc(23));
  expect(await folder.inspect('m.onnx')).toMatchObject({ damaged: true, findings: [{ code: 'truncated', message: expect.stringContaining('23 bytes') }] });
  const inner = path.join(folder.path, 'inner');
  mkdirSync(inner);
  copyFileSync(path.join(folder.path, 'm.onnx'), path.join(inner, 'm.onnx'));
  symlinkSync('../weights.bin', path.join(inner, 'weights.bin'));
  expect(await folder.inspect('inner/m.onnx')).toMatchObject({ safe: false, findings: [{ code: 'external-data-outside', message: expect.stringContaining('a link that leads out') }] });
});

test('operators of another library are named, and not served', async () => {
  expect(await cardOf(folder, 'custom.onnx')).toMatchObject({ safe: true, findings: [{ severity: 'warning', code: 'custom-operators', message: expect.stringContaining('"ai.example"') }] });
  const card = await cardOf(folder, 'custom.onnx');
  expect(() => assertSafe(card, { trust: true })).toThrow(expect.objectContaining({ code: 'MODEL_NOT_SERVED', message: expect.stringContaining('"ai.example"'), hint: expect.stringContaining('standard operators') }));
});

test('what may be served passes', async () => {
  const card = await cardOf(folder, 'logit.onnx');
  expect(() => assertSafe(card, { trust: false })).not.toThrow();
});
