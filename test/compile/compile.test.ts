/** The stage with real models, in a real child process with the tests' own scikit-learn. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compile, type CompileInput, prove } from '../../src/compile/index.ts';
import type { Event } from '../../src/events.ts';
import type { CompiledForm } from '../../src/types.ts';
import { failure, makeLab, modelCard } from '../bundle/lab.ts';
import { python } from '../python.ts';

const MODELS = `
import sys, joblib, numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
rng = np.random.default_rng(0)
x = rng.normal(size=(80, 3)); y = (x.sum(1) > 0).astype(int)
joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y), sys.argv[1] + "/linear.joblib")
joblib.dump(KNeighborsClassifier().fit(x, y), sys.argv[1] + "/knn.joblib")
joblib.dump(GaussianNB().fit(x, y), sys.argv[1] + "/bayes.joblib")
open(sys.argv[1] + "/broken.joblib", "wb").write(open(sys.argv[1] + "/linear.joblib", "rb").read()[:300])
`;

let folder: string;
const site = execFileSync(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], { encoding: 'utf8' }).trim();
beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'mlfn-compile-')));
  execFileSync(python, ['-c', MODELS, folder]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OWN = { lock: { digest: 'l', interpreter: python }, dependencies: site };

function inputOf(name: string, more: Partial<CompileInput> = {}): CompileInput {
  const card = modelCard(path.join(folder, name));
  return { card, digest: name, host: async () => OWN, sample: [0.1, 0.2, 0.3], engine: 'auto', converter: async () => ({ why: 'no tools' }), ...more };
}

test('a pipeline of numbers is compiled and proved, the same bytes in any cache', async () => {
  const forms = [];
  for (const lab of [makeLab(), makeLab()]) forms.push((await compile(lab.ctx, inputOf('linear.joblib'))) as CompiledForm);
  const [one, two] = forms;
  expect(one).toMatchObject({ engine: 'plain', why: expect.stringMatching(/^equal on [\d,]+ probes \(largest difference [\de.-]+\), answers in [\d.]+ ms instead of [\d.]+ ms$/) });
  expect(one?.proof.probes).toBeGreaterThan(100);
  expect(one?.proof.refused).toBeGreaterThan(0);
  expect(one?.modules).toEqual(expect.arrayContaining(['chain', 'linear', 'scaling']));
  expect(one?.modules).not.toContain('encoding');
  expect([one?.sha256, one?.size]).toEqual([two?.sha256, two?.size]);
  expect(one?.size).toBeLessThan(10_000);
  expect(readFileSync(one?.file ?? '').subarray(0, 8).toString()).toBe('MLFNPLN1');
});

test('the same model again is a lookup; another sample is another question', async () => {
  const lab = makeLab();
  const events: Event[] = [];
  const ctx = { ...lab.ctx, emit: (event: Event) => events.push(event) };
  const first = await compile(ctx, inputOf('linear.joblib'));
  expect(events).toHaveLength(1);
  expect(await compile(ctx, inputOf('linear.joblib'))).toEqual(first);
  expect(events).toHaveLength(1);
  await compile(ctx, inputOf('linear.joblib', { sample: [1, 2, 3] }));
  expect(events).toHaveLength(2);
  expect(readdirSync(path.join(lab.ctx.home.cache, 'compiled')).filter((name) => !/^[0-9a-f]{64}$/.test(name))).toEqual([]);
});

test.each([
  ['a file that cannot be loaded', 'broken.joblib', {}, /^it could not be compiled \(load: /],
  ['hooks that make what the model gets', 'linear.joblib', { hooks: 'import json, numpy as np\n' }, /^preprocess in hooks\.py may make arrays: it imports numpy$/],
  ['hooks with a module of their own', 'linear.joblib', { hooks: 'if True: from .own import thing\n' }, /^preprocess in hooks\.py may make arrays: it imports what only running it tells$/],
  ['hooks that import by other means', 'linear.joblib', { hooks: 'np = __import__("num" + "py")\n' }, /: it imports what only running it tells$/],
  ['a class of the user', 'linear.joblib', { card: { ...modelCard('x', [{ module: 'shapes', name: 'Shape', file: null }]) } }, /^it holds Shape, a class of your own$/],
  ['a file of many bytes', 'linear.joblib', { card: { ...modelCard('x'), size: 300 * 2 ** 20 } }, /^the file is larger than 200 MB$/],
  ['packages that this machine has not', 'linear.joblib', { host: async () => ({ why: 'they cannot be had' }) }, /^they cannot be had$/],
  ['an engine that was asked for', 'linear.joblib', { engine: 'native' }, /^asked for$/],
] as const)('%s: its own libraries, and why', async (_, name, more, why) => {
  const lab = makeLab();
  const hooks = 'hooks' in more ? { hooks: lab.write({ 'hooks.py': `${more.hooks}def preprocess(body):\n    return body\n` }) } : {};
  const form = await compile(lab.ctx, inputOf(name, { ...more, ...hooks } as Partial<CompileInput>));
  expect(form).toEqual({ engine: 'native', why: expect.stringMatching(why) });
});

test.each(['', 'import json, re as r\nfrom datetime import date\nfrom collections.abc import Mapping; import math\n', 'from urllib.parse import \\\n  quote\n'])(
  'a hook of the standard library may make what the model gets (%j), of a body that is not the model’s own',
  async (imports) => {
    const lab = makeLab();
    const hooks = lab.write({ 'hooks.py': `${imports}def preprocess(body):\n    return body["rows"]\n` });
    expect(await compile(lab.ctx, inputOf('linear.joblib', { hooks, sample: { rows: 'not the model’s' } }))).toMatchObject({ engine: 'plain' });
  },
);

test('an engine that cannot serve the model is refused by name, with the reason', async () => {
  const error = await failure(compile(makeLab().ctx, inputOf('broken.joblib', { engine: 'plain' })));
  expect(error).toMatchObject({ code: 'COMPILE_REFUSED', kind: 'model', message: expect.stringMatching(/^broken\.joblib cannot be served by the engine plain: it could not be compiled/) });
});

const HOST = { lock: { digest: 'with the converter', interpreter: python }, dependencies: site };

test('what is heavy on numbers becomes a graph, served by onnxruntime and NumPy alone', async () => {
  const lab = makeLab();
  const form = (await compile(lab.ctx, inputOf('knn.joblib', { converter: async () => HOST }))) as CompiledForm;
  expect(form).toMatchObject({ engine: 'onnx', why: expect.stringMatching(/^equal on [\d,]+ probes .* instead of [\d.]+ ms; KNeighborsClassifier has no plain form$/) });
  expect(form.modules).toEqual(expect.arrayContaining(['graph', 'graphs']));
  expect(form.proof.probes).toBeGreaterThan(100);
  const again = (await compile(makeLab().ctx, inputOf('knn.joblib', { engine: 'onnx', converter: async () => HOST }))) as CompiledForm;
  expect([again.sha256, again.size]).toEqual([form.sha256, form.size]);
  expect(again.why).not.toContain('plain');
});

test('without a converter it is the next engine, and both reasons', async () => {
  const form = await compile(makeLab().ctx, inputOf('knn.joblib', { converter: async () => ({ why: 'onnxruntime cannot be had: no wheel' }) }));
  expect(form).toEqual({ engine: 'native', why: 'KNeighborsClassifier has no plain form; onnxruntime cannot be had: no wheel' });
});

test('nothing asks for the converter where plain is quick, and an engine that has no graph is refused with the reason', async () => {
  const never = async () => Promise.reject(new Error('asked for'));
  expect(await compile(makeLab().ctx, inputOf('linear.joblib', { converter: never }))).toMatchObject({ engine: 'plain' });
  const error = await failure(compile(makeLab().ctx, inputOf('bayes.joblib', { engine: 'onnx', converter: async () => HOST })));
  expect(error).toMatchObject({ code: 'COMPILE_REFUSED', message: 'bayes.joblib cannot be served by the engine onnx: nothing in it is heavy on numbers.' });
});

test("a user's own rows are held against a graph as well", async () => {
  const lab = makeLab();
  const told = await prove(lab.ctx, { ...inputOf('knn.joblib', { converter: async () => HOST }), rows: rowsOf(lab, '0,1,2\n0.5,1.5,-2\n1e3,0,7\n') });
  expect(told).toMatchObject({ form: { engine: 'onnx' }, proof: { probes: 2, rounded: 0 }, differs: null });
});

test('a child that dies is no answer to be kept', async () => {
  const lab = makeLab();
  const died = await compile(lab.ctx, inputOf('linear.joblib', { host: async () => ({ ...OWN, dependencies: path.dirname(lab.write({ 'joblib.py': 'import os\nos.kill(os.getpid(), 9)\n' })) }) }));
  expect(died).toEqual({ engine: 'native', why: 'Python ended (SIGKILL) while it was compiled (load)' });
  expect(readdirSync(path.join(lab.ctx.home.cache, 'compiled'))).toEqual([]);
});

test('Ctrl-C ends the child, and nothing is taken for a result', async () => {
  const lab = makeLab();
  setTimeout(() => lab.abort(), 300);
  expect(await failure(compile(lab.ctx, inputOf('linear.joblib')))).toMatchObject({ code: 'INTERRUPTED', message: 'Stopped while the model was compiled.' });
  expect(readdirSync(path.join(lab.ctx.home.cache, 'compiled'))).toEqual([]);
  expect(existsSync(path.join(lab.ctx.home.cache, 'children')) && readdirSync(path.join(lab.ctx.home.cache, 'children'))).toEqual([]);
});

const rowsOf = (lab: ReturnType<typeof makeLab>, text: string) => lab.write({ 'rows.csv': text });

test("rows of the user's own are held against the model, each of them", async () => {
  const lab = makeLab();
  const told = await prove(lab.ctx, { ...inputOf('linear.joblib'), rows: rowsOf(lab, '0,1,2\n0.5,1.5,-2\n1e3,0,7\nabc,1,2\n') });
  expect(told).toMatchObject({ form: { engine: 'plain' }, rows: { read: 3, ignored: [] }, proof: { probes: 3, refused: 1, left: 0 }, differs: null });
  expect(told.rows.refusal).toEqual(expect.any(String));
});

test('a model without a compiled form answers itself: no row is compared', async () => {
  const lab = makeLab();
  const told = await prove(lab.ctx, { ...inputOf('linear.joblib', { card: { ...modelCard(path.join(folder, 'knn.joblib')) } }), rows: rowsOf(lab, '0,1,2\n0.5,1.5,-2\n') });
  expect(told).toMatchObject({ form: { engine: 'native', why: expect.stringContaining('KNeighborsClassifier') }, rows: { read: 1 }, proof: null, differs: null });
});

test('a file that is no table is refused by its name', async () => {
  const lab = makeLab();
  const error = await failure(prove(lab.ctx, { ...inputOf('linear.joblib'), rows: path.join(lab.folder, 'nowhere.csv') }));
  expect(error).toMatchObject({ code: 'COMPILE_ROWS', kind: 'usage', message: expect.stringContaining('nowhere.csv') });
});
