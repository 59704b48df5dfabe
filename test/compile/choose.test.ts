/** Which form ships, from what was proved and measured. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { choose, type Outcome } from '../../src/compile/choose.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mlfn-choose-'));
  file = path.join(folder, 'model.mlfn');
  writeFileSync(file, 'numbers');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROOF = { probes: 500, refused: 40, alone: 20, rounded: 0, left: 0, largestDifference: 0 };

/** @param ms for the sample; a text is why there is no such form */
function outcome(ms: number | string, nativeMs: number): Outcome {
  const compiled = typeof ms === 'string' ? ({ ok: false, reason: ms } as const) : ({ ok: true, modules: [], proof: PROOF, warmUs: ms * 1000 } as const);
  return { native: { warmUs: nativeMs * 1000 }, compiled: compiled as Outcome['compiled'], file };
}

test.each([
  ['plain is quick', 'plain', 1, null, 0.2, /^equal on 500 probes/],
  ['a graph that is quick', 'onnx', 'no plain form', 3, 0.5, /; no plain form$/],
  ['a graph that is quicker by enough', 'onnx', 80, 8, 60, /; plain Python takes 80 ms$/],
  ['a graph that is hardly quicker than plain is not worth onnxruntime', 'plain', 20, 15, 60, /^equal on/],
  ['plain is slow, and a graph hardly better', 'plain', 80, 70, 60, /^equal on/],
  ['both are much slower than its own libraries', 'native', 80, 70, 30, /^its own libraries answer the sample in 30 ms, plain Python in 80 ms, onnxruntime in 70 ms$/],
  ['a graph that is a little slower than its own libraries, and starts before them', 'onnx', 'no plain form', 9, 8, /; no plain form$/],
  ['a graph that takes more than twice as long, and some ms', 'onnx', 'no plain form', 22, 8, /; no plain form$/],
  ['plain that takes more than twice as long, and some ms', 'plain', 20, 6, 7, /^equal on/],
  ['plain is slow, but the best there is', 'plain', 40, 'no graph', 60, /^equal on/],
  ['neither is there', 'native', 'no plain form', 'no graph', 1, /^no plain form; no graph$/],
  ['a slow graph alone', 'native', 'no plain form', 130, 13, /^its own libraries answer the sample in 13 ms, onnxruntime in 130 ms; no plain form$/],
] as const)('%s: %s', async (_, engine, plain, onnx, native, why) => {
  const form = await choose('auto', outcome(plain, native), onnx === null ? null : outcome(onnx, native));
  expect(form).toMatchObject({ engine, why: expect.stringMatching(why) });
});

test('an engine that was asked for ships where it is proved, however slow', async () => {
  expect(await choose('plain', outcome(900, 1), null)).toMatchObject({ engine: 'plain' });
  expect(await choose('onnx', null, outcome(900, 1))).toMatchObject({ engine: 'onnx' });
  expect(await choose('onnx', null, outcome('no graph', 1))).toEqual({ engine: 'native', why: 'no graph' });
});
