/** What `mlfn inspect` says of a file that cannot be deployed, and how it ends. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { python } from '../python.ts';
import { mlfn, temporaryFolder } from './lab.ts';

const cwd = temporaryFolder();
const whole = readFileSync(path.join(import.meta.dirname, '../../examples/heart-disease/model.joblib'));
const fitted = 'from sklearn.linear_model import Ridge; model = Ridge().fit([[0.0], [1.0]], [0, 1])';
const made = (name: string, value: string): string => {
  execFileSync(python, ['-c', `import joblib; ${fitted}; joblib.dump(${value}, ${JSON.stringify(name)})`], { cwd });
  return name;
};
const written = (name: string, bytes: Buffer | string): string => {
  writeFileSync(path.join(cwd, name), bytes);
  return name;
};

async function inspected(file: string) {
  const text = await mlfn(['inspect', file], { cwd });
  const json = await mlfn(['inspect', file, '--json'], { cwd });
  expect(json.code).toBe(text.code);
  const { findings } = JSON.parse(json.stdout) as { findings: { severity: string; code: string; offset?: number }[] };
  return { code: text.code, text: text.stdout, errors: findings.filter(({ severity }) => severity === 'error') };
}

it('a model without errors ends with 0', async () => {
  expect(await inspected(written('model.joblib', whole))).toMatchObject({ code: 0, text: expect.stringMatching(/^safe {3}names nothing/m), errors: [] });
});

it.each([
  ['list', '[model, model]'],
  ['dict', "{'model': model}"],
  ['array', 'model.coef_'],
])('a %s, which predicts nothing, ends with 3', async (name, value) => {
  const { code, text, errors } = await inspected(made(`${name}.joblib`, value));
  expect([code, errors.map((each) => each.code)]).toEqual([3, ['no-estimator']]);
  expect(text).toMatch(/^safe {3}/m);
});

it('an unsafe file ends with 3 and the place', async () => {
  const { code, text, errors } = await inspected(written('unsafe.pkl', "cos\nsystem\n(S'id'\ntR."));
  expect([code, errors[0]]).toMatchObject([3, { code: 'forbidden-global', offset: 0 }]);
  expect(text).toMatch(/^unsafe not loaded unless --trust is given[^]*^error {2}os\.system .*\(byte 0\)$/m);
});

it.each([
  ['cut in an array', whole.subarray(0, 700)],
  ['cut in an opcode', whole.subarray(0, 100)],
  ['with a byte that is no opcode', Buffer.concat([Buffer.from('\x80\x04\x8c\x05numpy\x8c\x04mean\x93', 'latin1'), Buffer.of(0xff), Buffer.from('.')])],
])('a file %s is told what helps, which is not --trust', async (name, bytes) => {
  const { code, text } = await inspected(written(`${name.replaceAll(' ', '-')}.joblib`, bytes));
  expect(code).toBe(3);
  expect(text).toMatch(/^broken cannot be loaded, not even with --trust; nothing was executed\nerror .*\(byte \d+\)\n {7}Copy or save the model again\.$/m);
  expect(text).not.toContain('unless --trust');
});
