/** What `mlfn inspect` and `mlfn deploy` say of models in their frameworks' own formats. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { mlfn, temporaryFolder } from './lab.ts';

const cwd = temporaryFolder();
const fixture = (name: string): string => path.join(import.meta.dirname, '../inspect/fixtures', name);

it('inputs and outputs with types and shapes, a line each', async () => {
  const { code, stdout } = await mlfn(['inspect', fixture('two.keras')], { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^input {2}image {2}float32 \[\?, 8, 8, 1\]\n {7}size {2}int32 \[\?, 2\]\noutput kind {2}float32 \[\?, 3\]$/m);
  expect(stdout).toMatch(/^safe {3}brings no Python code along; nothing was executed$/m);
});

it('columns of one type stand together', async () => {
  const { stdout } = await mlfn(['inspect', fixture('binary.ubj')], { cwd });
  expect(stdout).toMatch(/^made {3}with xgboost 3\.1\.1$/m);
  expect(stdout).toMatch(/^input {2}3 features, float32: age, chol, größe$/m);
});

it('--json has what the text leaves out', async () => {
  const { code, stdout } = await mlfn(['inspect', fixture('saved_model'), '--json'], { cwd });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ kind: 'framework', format: 'saved-model', versions: { tensorflow: '2.21.0' }, files: expect.arrayContaining(['saved_model.pb']) });
});

it('what runs code ends with 3', async () => {
  const { code, stdout } = await mlfn(['inspect', fixture('lambda.keras')], { cwd });
  expect(code).toBe(3);
  expect(stdout).toMatch(/^unsafe not to be loaded; nothing was executed\nerror {2}Lambda lambda runs byte code/m);
});

it('names of a file cannot steer the terminal', async () => {
  const bytes = readFileSync(fixture('binary.lgb.txt'), 'utf8').replace('age chol max_rate', 'a\x1b[2Jge chol max_rate');
  const file = path.join(cwd, 'steer.txt');
  writeFileSync(file, bytes);
  const { stdout } = await mlfn(['inspect', file], { cwd });
  expect(stdout).toContain('max_rate');
  expect(stdout).not.toContain('\x1b[2J');
});

it.each([
  ['custom.onnx', 3, 'MODEL_NOT_SERVED', 'standard operators'],
  ['passwd.onnx', 3, 'MODEL_UNSAFE', 'save_as_external_data'],
  ['weights.pth', 3, 'MODEL_NO_ESTIMATOR', 'torch.export'],
  ['reads.pt', 3, 'MODEL_UNSAFE', 'Export the model without it'],
])('deploy of %s ends with %i, and says what to do', async (name, exit, code, hint) => {
  const { code: ended, stderr } = await mlfn(['deploy', fixture(name), '--name', 'm', '--target', 'local', '--dry-run'], { cwd });
  expect(ended).toBe(exit);
  expect(stderr).toContain(`[${code}]`);
  expect(stderr).toContain(hint);
});
