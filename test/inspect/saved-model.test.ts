import { cpSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import fc from 'fast-check';
import { assertSafe } from '../../src/inspect/index.ts';
import { Folder } from './cards.ts';
import { cardOf, fixture } from './fixtures.ts';

let folder: Folder;
let model: string;
beforeEach(() => {
  folder = new Folder();
  model = path.join(folder.path, 'model');
  cpSync(path.join(import.meta.dirname, 'fixtures/saved_model'), model, { recursive: true });
});
afterEach(() => folder.remove());

test('its signature, version and files', async () => {
  const card = await cardOf(folder, 'saved_model');
  expect(card).toMatchObject({
    format: 'saved-model',
    framework: { name: 'tensorflow', version: '2.21.0' },
    facts: { tags: 'serve', signature: 'serving_default' },
    inputs: [{ name: expect.any(String), type: 'float32', shape: [null, 10] }],
    outputs: [{ name: 'output_0', type: 'float32', shape: [null, 1] }],
    featureCount: 10,
    files: expect.arrayContaining(['saved_model.pb', 'variables/variables.index']),
    safe: true,
    findings: [],
  });
  expect(card.size).toBeGreaterThan(35_000);
  expect(() => assertSafe(card, { trust: false })).not.toThrow();
});

test.each([
  ['out of its folder', '/etc/passwd', 'a link that leads out of the folder'],
  ['inside it', '../saved_model.pb', 'a link'],
  ['to nothing', '/nowhere/at/all', 'a link to nothing'],
])('a link %s is refused', async (_name, to, why) => {
  symlinkSync(to, path.join(model, 'assets-x'));
  const card = await folder.inspect('model');
  expect(card).toMatchObject({ safe: false, findings: [{ code: 'link', message: expect.stringContaining(why) }] });
  expect(() => assertSafe(card, { trust: false })).toThrow(expect.objectContaining({ code: 'MODEL_UNSAFE', message: expect.stringContaining('assets-x') }));
});

test('a graph behind a link is not read', async () => {
  rmSync(path.join(model, 'saved_model.pb'));
  symlinkSync(path.join(import.meta.dirname, 'fixtures/saved_model/saved_model.pb'), path.join(model, 'saved_model.pb'));
  expect(await folder.inspect('model')).toMatchObject({ safe: false, inputs: [], findings: [{ code: 'link' }] });
});

test('without its variables it is damaged', async () => {
  rmSync(path.join(model, 'variables'), { recursive: true });
  expect(await folder.inspect('model')).toMatchObject({ damaged: true, findings: [{ code: 'missing-file' }] });
});

test('a graph that reads files is refused', async () => {
  const bytes = fixture('saved_model/saved_model.pb');
  // An operator of the graph by another name of the same length.
  const at = bytes.indexOf('\x12\x08Identity', 0, 'latin1');
  expect(at).toBeGreaterThan(0);
  bytes.write('ReadFile', at + 2, 'latin1');
  writeFileSync(path.join(model, 'saved_model.pb'), bytes);
  expect(await folder.inspect('model')).toMatchObject({ safe: false, findings: [{ code: 'executes-code', message: expect.stringContaining('ReadFile') }] });
});

test('cut and changed graphs are cards', async () => {
  const whole = fixture('saved_model/saved_model.pb');
  const change = fc.record({ length: fc.integer({ min: 0, max: whole.length }), at: fc.nat({ max: whole.length - 1 }), to: fc.nat({ max: 255 }) });
  await fc.assert(
    fc.asyncProperty(change, async ({ length, at, to }) => {
      const bytes = Buffer.from(whole);
      bytes[at] = to;
      writeFileSync(path.join(model, 'saved_model.pb'), bytes.subarray(0, length));
      expect(await folder.inspect('model')).toMatchObject({ kind: 'framework', path: model });
    }),
    { numRuns: 100 },
  );
});

test('a folder that is no model', async () => {
  await expect(folder.inspect('.')).rejects.toMatchObject({ code: 'MODEL_NOT_A_FILE', message: expect.stringContaining('saved_model.pb') });
});
