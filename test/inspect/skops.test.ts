import { afterAll, expect, test } from 'vitest';
import { assertSafe } from '../../src/inspect/index.ts';
import { Folder } from './cards.ts';
import { cardOf, fixture } from './fixtures.ts';
import { zip } from './zip-bytes.ts';

const folder = new Folder();
afterAll(() => folder.remove());

test('skops: classes, versions, features', async () => {
  const card = await cardOf(folder, 'pipeline.skops');
  expect(card).toMatchObject({ format: 'skops', framework: { name: 'scikit-learn', version: '1.9.1' }, madeBy: { name: 'skops', version: '0.16.0' }, model: 'StandardScaler > LogisticRegression', featureCount: 2, safe: true, findings: [] });
  expect(() => assertSafe(card, { trust: false })).not.toThrow();
});

test('skops: types that nobody knows are listed', async () => {
  expect(await cardOf(folder, 'own.skops')).toMatchObject({ safe: false, findings: [{ code: 'unknown-type', message: expect.stringContaining('__main__.Own') }] });
});

test.each([
  ['a class', { __class__: 'Popen', __module__: 'subprocess', __loader__: 'ObjectNode' }, 'subprocess.Popen'],
  ['a function', { __class__: 'function', __module__: 'builtins', __loader__: 'FunctionNode', content: { module_path: 'os', function: 'system' } }, 'os.system'],
])('skops: %s outside the allowlist is refused', async (_name, node, named) => {
  folder.write('m.skops', zip([['schema.json', JSON.stringify({ __class__: 'list', __module__: 'builtins', __loader__: 'ListNode', content: [node] })]]));
  expect(await folder.inspect('m.skops')).toMatchObject({ safe: false, findings: [{ code: 'forbidden-global', message: expect.stringContaining(named) }] });
});

test('safetensors: what is in it, and that the network is missing', async () => {
  const card = await cardOf(folder, 'tiny.safetensors');
  expect(card).toMatchObject({ format: 'safetensors', model: '2 tensors, 8 numbers', facts: { 'written for': 'pt' }, safe: true, findings: [{ code: 'no-estimator', hint: expect.stringContaining('FILE.py:function') }] });
  folder.write('cut.safetensors', fixture('tiny.safetensors').subarray(0, -1));
  expect(await folder.inspect('cut.safetensors')).toMatchObject({ damaged: true, findings: [{ code: 'truncated' }] });
});
