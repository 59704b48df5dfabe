/** Models that lead out of their folder, or are not what was saved, through a deploy: refused, and nothing of them is anywhere. */
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from './lab.ts';
import { halfMade } from './leftovers.ts';

const fixtures = path.join(import.meta.dirname, '../inspect/fixtures');
let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open({ engine: 'auto' });
});
afterAll(() => lab.close());

const copied = (name: string, to: string) => {
  cpSync(path.join(fixtures, name), path.join(lab.folder, to), { recursive: true });
  return path.join(lab.folder, to);
};

test.each<[what: string, make: () => string, code: string, says: RegExp]>([
  ['a SavedModel with a link out of its folder', () => {
    const folder = copied('saved_model', 'linked');
    rmSync(path.join(folder, 'variables/variables.data-00000-of-00001'));
    symlinkSync('/etc/passwd', path.join(folder, 'variables/variables.data-00000-of-00001'));
    return folder;
  }, 'MODEL_UNSAFE', /^variables\/variables\.data-00000-of-00001 is a link that leads out/],
  ['a SavedModel whose folder of variables is elsewhere', () => {
    const folder = copied('saved_model', 'elsewhere');
    rmSync(path.join(folder, 'variables'), { recursive: true });
    symlinkSync(path.join(fixtures, 'saved_model/variables'), path.join(folder, 'variables'));
    return folder;
  }, 'MODEL_UNSAFE', /^variables is a link that leads out/],
  ['an .h5 that was cut', () => {
    const file = copied('games.h5', 'cut.h5');
    writeFileSync(file, readFileSync(file).subarray(0, 5000));
    return file;
  }, 'MODEL_DAMAGED', /has 5000 bytes; it was written with 20896/],
  ['an .h5 of which bytes were changed', () => {
    const file = copied('games.h5', 'changed.h5');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xff, 96, 2048));
    return file;
  }, 'MODEL_DAMAGED', /no object header/],
  ['an ONNX whose numbers are /etc/passwd', () => copied('passwd.onnx', 'passwd.onnx'), 'MODEL_UNSAFE', /\/etc\/passwd/],
  ['an ONNX whose numbers are a link to it', () => {
    const file = copied('beside.onnx', 'beside.onnx');
    symlinkSync('/etc/passwd', path.join(lab.folder, 'weights.bin'));
    return file;
  }, 'MODEL_UNSAFE', /weights\.bin.* link/],
])('%s', async (_what, make, code, says) => {
  const model = make();
  for (const trust of [[], ['--trust']]) {
    const told = await lab.refused(['deploy', model, '--name', 'out', ...trust], 3);
    expect(told).toMatchObject({ code, message: expect.stringMatching(says), hint: expect.any(String) });
  }
  expect((await lab.refused(['status', 'out'], 2)).code).toBe('FUNCTION_UNKNOWN');
  expect(halfMade(lab.home)).toEqual([]);
});
