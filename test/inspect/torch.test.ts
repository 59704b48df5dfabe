import { afterAll, expect, test } from 'vitest';
import { assertSafe } from '../../src/inspect/index.ts';
import { Folder } from './cards.ts';
import { cardOf } from './fixtures.ts';
import { global, join, proto, short } from './pickle-bytes.ts';
import { zip } from './zip-bytes.ts';

const folder = new Folder();
afterAll(() => folder.remove());

test.each(['script.pt', 'trace.pt'])('TorchScript: its inputs from its own code: %s', async (name) => {
  expect(await cardOf(folder, name)).toMatchObject({
    format: 'torchscript',
    framework: { name: 'torch', version: null },
    facts: { layout: '3' },
    model: 'module Net',
    inputs: [{ name: 'rows', type: 'Tensor', shape: null }],
    outputs: [{ type: 'Tensor' }],
    safe: true,
    findings: [],
  });
});

test('TorchScript that opens files is refused', async () => {
  const card = await cardOf(folder, 'reads.pt');
  expect(card).toMatchObject({ safe: false, findings: [{ code: 'executes-code', message: expect.stringContaining('torch.from_file') }] });
  expect(() => assertSafe(card, { trust: false })).toThrow(expect.objectContaining({ code: 'MODEL_UNSAFE' }));
});

test('an exported program: version, operators, names, types and shapes', async () => {
  expect(await cardOf(folder, 'exported.pt2')).toMatchObject({
    format: 'torch-exported',
    framework: { name: 'torch', version: '2.15.0' },
    versions: { torch: '2.15.0' },
    model: 'linear x2, relu',
    inputs: [{ name: 'rows', type: 'float32', shape: [null, 4] }],
    outputs: [{ name: 'linear_1', type: 'float32', shape: [null, 2] }],
    featureCount: 4,
    safe: true,
  });
});

test.each(['weights.pth', 'checkpoint.pth', 'legacy.pth'])('weights alone are refused with what to do instead: %s', async (name) => {
  const card = await cardOf(folder, name);
  expect(card).toMatchObject({ format: 'torch-saved', model: 'weights', safe: true, findings: [{ code: 'no-estimator', message: expect.stringContaining('state dict'), hint: expect.stringContaining('torch.export') }] });
  expect(() => assertSafe(card, { trust: true })).toThrow(expect.objectContaining({ code: 'MODEL_NO_ESTIMATOR' }));
});

test('a pickled module is code', async () => {
  expect(await cardOf(folder, 'module.pth')).toMatchObject({ safe: false, findings: [{ code: 'executes-code', message: expect.stringContaining('__main__.Net') }] });
});

test('what an archive of weights calls is named', async () => {
  const evil = join(proto(2), global('os', 'system'), '(', short('id'), 'tR.');
  folder.write('m.pth', zip([['m/data.pkl', evil], ['m/version', '3']]));
  expect(await folder.inspect('m.pth')).toMatchObject({ safe: false, findings: [{ message: expect.stringContaining('os.system') }] });
});
