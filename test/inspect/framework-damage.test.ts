/** Whatever the bytes are: a card, or an MlfnError; never a crash, a hang, or all of the memory. */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { MlfnError } from '../../src/errors.ts';
import { assertSafe } from '../../src/inspect/index.ts';
import { Folder } from './cards.ts';
import { fixture } from './fixtures.ts';
import { join } from './pickle-bytes.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const FILES = ['logit.onnx', 'beside.onnx', 'branch.onnx', 'binary.json', 'dart.json', 'binary.ubj', 'categories.ubj', 'games.h5', 'latest.h5', 'games.keras', 'lambda.keras', 'kinds.lgb.txt', 'script.pt', 'weights.pth', 'exported.pt2', 'legacy.pth', 'own.skops', 'tiny.safetensors', 'kinds.cbm'];

describe.each(FILES)('%s', (name) => {
  const whole = fixture(name);

  test('cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 1 }), async (length) => {
        // LightGBM's own program writes no such line behind the rest.
        fc.pre(!/^\s*pandas_categorical:null\n$/.test(whole.toString('latin1', length)));
        const card = await folder.card(whole.subarray(0, length));
        if (!(card instanceof MlfnError)) expect(() => assertSafe(card, { trust: true })).toThrow(MlfnError);
        else expect(['MODEL_FORMAT', 'MODEL_DAMAGED']).toContain(card.code);
      }),
      { numRuns: 60 },
    );
    expect(await folder.card(whole.subarray(0, whole.length >> 1))).not.toMatchObject({ safe: true });
  });

  test('with bytes changed', async () => {
    const changes = fc.array(fc.record({ at: fc.nat({ max: whole.length - 1 }), to: fc.nat({ max: 255 }) }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, async (all) => {
        const bytes = Buffer.from(whole);
        for (const { at, to } of all) bytes[at] = to;
        const card = await folder.card(bytes);
        expect(card instanceof MlfnError ? card.hint : card.path).toMatch(/./);
      }),
      { numRuns: 150 },
    );
  });
});

/** `{L<7>learner` and what follows. */
const ubj = (...parts: (string | Buffer)[]): Buffer => join('{L\0\0\0\0\0\0\0\x07learner', ...parts);

test.each([
  ['a list of 2^62 nothings', ubj('[$Z#L', Buffer.from('4000000000000000', 'hex')), 'bad-length'],
  ['a list of 2^50 nothings', ubj('[$Z#L', Buffer.from('0004000000000000', 'hex')), 'too-complex'],
  ['a text of 2^40 bytes', ubj('SL', Buffer.from('0000010000000000', 'hex')), 'too-complex'],
  ['a text of -1 bytes', ubj('Si\xff'), 'bad-length'],
  ['lists in lists', ubj('['.repeat(100_000)), 'too-complex'],
  ['numbers past the end', ubj('[$d#L', Buffer.from('0000010000000000', 'hex')), 'truncated'],
  ['objects in objects of JSON', Buffer.from(`{"learner":${'{"a":'.repeat(100_000)}`), 'too-complex'],
  ['lists in lists of JSON', Buffer.from(`{"learner":{"a":${'['.repeat(100_000)}`), 'truncated'],
  ['a text of JSON that does not end', Buffer.from(`{"learner":{"a":"${'x'.repeat(5_000_000)}`), 'too-complex'],
  ['JSON with a word in it', Buffer.from('{"learner":{"a":nothing}}'), 'corrupt'],
  ['two models', Buffer.from('{"learner":{}} {"learner":{}}'), 'trailing-data'],
  ['a field of ONNX that is longer than the file', join('\x08\x08\x12\x03abc\x3a\xff\xff\xff\xff\x0f'), 'truncated'],
  ['a number of ONNX that does not end', join('\x08\x08\x12\x03abc\x3a', '\xff'.repeat(40)), 'corrupt'],
])('%s', async (_name, bytes, code) => {
  const card = await folder.card(bytes);
  expect(card).toMatchObject({ safe: false, findings: [{ severity: 'error', code }] });
});
