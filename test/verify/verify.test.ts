import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { MlfnError } from '../../src/errors.ts';
import { verify } from '../../src/verify/index.ts';
import { cache, exampleParts, makeRelease, type Parts, type Release, root } from './release.ts';

const open: Release[] = [];
afterEach(async () => {
  for (const release of open.splice(0)) await release.close();
});
afterAll(() => rmSync(cache, { recursive: true, force: true }));

function made(parts: Parts): Release {
  const release = makeRelease(parts);
  open.push(release);
  return release;
}

/** Verifies a release that serves `served`, by default the very same parts. */
async function check(parts: Parts, sample: unknown, options: { served?: Parts; timeout?: number } = {}) {
  const release = made(parts);
  const call = await (options.served === undefined ? release : made(options.served)).serve();
  const { ctx, card, lock, bundle } = release;
  return verify(ctx, { card, lock, bundle, sample, call, timeout: options.timeout ?? 60 });
}

async function failure(promise: Promise<unknown>): Promise<MlfnError> {
  return promise.then(
    (value) => expect.fail(`It passed: ${JSON.stringify(value)}`),
    (error: MlfnError) => error,
  );
}

const payload = (name: string): unknown => JSON.parse(readFileSync(path.join(root, 'examples', name, 'payload.json'), 'utf8'));
const appOf = (text: string, attribute = 'answer'): Parts => ({
  artifact: { kind: 'python', module: 'app', attribute },
  code: { 'app.py': text },
});

test.each([
  ['echo', 1],
  ['marco-polo', 1],
  ['logit', 1], // preprocess: the body is the hook's own
  ['heart-disease', 2], // the record, and a list of it
  ['height', 2],
  ['custom-class', 3], // both records, and each alone
  ['custom-class-main', 3],
  ['knn-digits', 21], // 360 records together, and 20 of them alone
  ['change', 1],
])('the answers of %s are the model\'s own', async (name, compared) => {
  const { verification, sample } = await check(exampleParts(name), payload(name));
  expect(verification).toMatchObject({ method: 'sample', compared });
  expect(verification.warmMs).toBeGreaterThan(0);
  expect(verification.largestDifference ?? 0).toBeLessThan(1e-12);
  expect(sample?.requests[0]).toEqual(payload(name));
  expect(sample?.answers).toHaveLength(compared);
});

test('a release with another model is refused, naming field and both values', async () => {
  const served = exampleParts('custom-class');
  const other = path.join(root, 'examples/heart-disease/model.joblib');
  const parts = exampleParts('custom-class');
  const sample = payload('heart-disease');
  const error = await failure(
    check({ ...exampleParts('heart-disease') }, sample, {
      served: { ...exampleParts('heart-disease'), code: { 'hooks.py': 'def postprocess(predictions):\n    return {"diagnosis": "healthy"}\n' } },
    }),
  );
  expect(error).toMatchObject({ code: 'VERIFY_DIFFERENT', kind: 'verify' });
  expect(error.message).toBe(
    'For the sample, diagnosis is "healthy" from the release and "heart-disease" from the model itself.',
  );
  const refused = await failure(check(parts, payload('custom-class'), { served: { ...served, artifact: { kind: 'model', file: other, format: 'joblib' } } }));
  expect(refused).toMatchObject({ code: 'VERIFY_REFUSED', kind: 'verify' });
  expect(refused.message).toMatch(/For all 2 records together, the release answered 422: /);
});

test('a difference in one record names that record', async () => {
  const app = 'def postprocess(predictions, body):\n    return {"n": [float(p) for p in predictions], "alone": isinstance(body, dict)}\n';
  const wrong = app.replace('isinstance(body, dict)', 'isinstance(body, list)');
  const parts = { ...exampleParts('height'), code: { 'hooks.py': app } };
  const served = { ...parts, code: { 'hooks.py': wrong.replace('isinstance(body, list)', 'False') } };
  const error = await failure(check(parts, [{ Weight: 200 }, { Weight: 180 }], { served }));
  expect(error.message).toBe('For record 1 alone, alone is false from the release and true from the model itself.');
});

test('what the model prints does not matter', async () => {
  const text = 'import os, sys\nprint("{}")\nos.write(1, b"junk\\n")\ndef answer(payload):\n    print("x" * 100000, flush=True)\n    return {"n": payload["n"] + 1, "read": sys.stdin.read()}\n';
  const served = appOf('def answer(payload):\n    return {"n": payload["n"] + 1, "read": ""}\n');
  const { verification } = await check(appOf(text), { n: 41 }, { served });
  expect(verification).toMatchObject({ compared: 1, largestDifference: 0 });
});

test('a model that hangs on load is ended, and the message says where', async () => {
  const hangs = appOf('import time\n\ntime.sleep(3600)\n\ndef answer(payload):\n    return 1\n');
  const error = await failure(check(hangs, {}, { served: appOf('def answer(payload):\n    return 1\n'), timeout: 2 }));
  expect(error).toMatchObject({ code: 'VERIFY_HUNG', kind: 'model' });
  expect(error.message).toBe('app.py:answer was still loading after 2 s. It was at app.py:3.');
});

const HANGS = 'import os, time\nwith open("started.part", "w") as file:\n    file.write(str(os.getpid()))\nos.rename("started.part", "started")\ntime.sleep(3600)\n';

/** The child's process id, once its code runs. */
async function started(folder: string): Promise<number> {
  for (;;) {
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => path.basename(name) === 'started');
    if (found !== undefined) return Number(readFileSync(path.join(folder, found), 'utf8'));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const mustNotBeCalled = () => Promise.reject(new Error('must not be called'));

test('Ctrl-C ends the child at once and leaves nothing', async () => {
  const controller = new AbortController();
  const release = made({ ...appOf(HANGS), signal: controller.signal });
  const running = failure(verify(release.ctx, { ...release, sample: {}, call: mustNotBeCalled }));
  const pid = await started(cache);
  controller.abort();
  expect(await running).toMatchObject({ code: 'INTERRUPTED', kind: 'interrupted' });
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(readdirSync(path.join(cache, 'children'))).toEqual([]);
});

test('the child ends with the process that started it, and the next run sweeps its folder', async () => {
  const release = made(appOf(HANGS));
  const dead = spawnSync(process.execPath, ['--version']).pid;
  const folder = path.join(cache, 'children', `${dead}-left`);
  mkdirSync(folder, { recursive: true });
  const job = { artifact: { kind: 'python', module: 'app', attribute: 'answer' }, path: [path.join(release.folder, 'code')], hooks: null, main: {}, requests: [], timeout: 600 };
  writeFileSync(path.join(folder, 'job.json'), JSON.stringify(job));
  const tool = path.join(root, 'templates/tools/baseline.py');
  const child = spawn(release.lock.interpreter, ['-I', '-S', '-B', tool, 'job.json', 'result.json'], { cwd: folder });
  await started(folder);
  child.stdin.end();
  expect(await once(child, 'exit')).toEqual([70, null]);
  const again = made(appOf('x = 1\n'));
  await failure(verify(again.ctx, { ...again, sample: {}, call: mustNotBeCalled }));
  expect(existsSync(folder)).toBe(false);
});

test.each([
  ['a missing package', 'import not_there\n', /^app\.py:answer cannot be loaded: ModuleNotFoundError: No module named 'not_there' \(app\.py:1\)$/, /Add not_there/],
  ['an error in the module', 'x = 1\ny = x / 0\n', /ZeroDivisionError: division by zero \(app\.py:2\)$/, /by hand/],
  ['what another version has', 'import numpy._corelib\n', /No module named 'numpy\._corelib'/, /other versions/],
  ['a class of another version', 'raise AttributeError("Can\'t get attribute \'_BSpline\' on <module \'scipy.interpolate\'>")\n', /_BSpline/, /pip freeze/],
  ['an argument of another version', 'raise TypeError("__randomstate_ctor() takes from 0 to 1 positional arguments but 2 were given")\n', /_ctor/, /pip freeze/],
  ['a missing function', 'x = 1\n', /AttributeError: module 'app' has no attribute 'answer'/, /by hand/],
  ['a script that ends itself', 'raise SystemExit(0)\n', /SystemExit: 0 \(app\.py:1\)/, /by hand/],
])('%s is an error of the model', async (_, text, message, hint) => {
  const error = await failure(check(appOf(text), {}, { served: appOf('def answer(payload):\n    return 1\n') }));
  expect(error).toMatchObject({ code: 'VERIFY_LOAD_FAILED', kind: 'model' });
  expect(error.message).toMatch(message);
  expect(error.hint).toMatch(hint);
  expect(error.message).not.toContain('Traceback');
  expect(error.details['trace']).toContain('Traceback');
});

test('a file that is no pickle cannot be loaded', async () => {
  const parts: Parts = { artifact: { kind: 'model', file: path.join(root, 'examples/logit/payload.json'), format: 'pickle' } };
  const error = await failure(check(parts, {}, { served: exampleParts('height') }));
  expect(error).toMatchObject({ code: 'VERIFY_LOAD_FAILED' });
  expect(error.message).toMatch(/^payload\.json cannot be loaded: UnpicklingError: /);
});

test('a crash in native code is told with its stage', async () => {
  const text = 'import ctypes\ndef answer(payload):\n    ctypes.string_at(0)\n';
  const error = await failure(check(appOf(text), {}, { served: appOf('def answer(payload):\n    return 1\n') }));
  expect(error).toMatchObject({ code: 'VERIFY_CRASHED', kind: 'model', details: { stage: 'call' } });
  expect(error.details['crash']).toContain('app.py", line 3');
});

test('a file that does not travel is told from a wrong sample', async () => {
  const text = 'import os\ndef answer(payload):\n    return open(os.path.join(os.path.dirname(__file__), "table.csv")).read()\n';
  const error = await failure(check(appOf(text), {}, { served: appOf('def answer(payload):\n    return 1\n') }));
  expect(error.message).toMatch(/FileNotFoundError: .*table\.csv' \(app\.py:3\)$/);
  expect(error.hint).toMatch(/folder of an imported package/);
});

test("a function's context tells the function's own name", async () => {
  const text = 'def answer(event, context):\n    return {"name": context.function_name}\n';
  const served = appOf('def answer(event, context):\n    return {"name": "tried"}\n');
  expect((await check(appOf(text), {}, { served })).verification).toMatchObject({ compared: 1, largestDifference: null });
});

test('what makes an app is told from the app', async () => {
  const text = 'class App:\n    def wsgi_app(self, environ, start_response):\n        return []\n\n\ndef answer():\n    return App()\n';
  const served = appOf('def answer(payload):\n    return 1\n');
  const hint = expect.stringMatching(/^If it makes an app, write app = /);
  const bare = await failure(check(appOf(text), { path: '/' }, { served }));
  expect(bare).toMatchObject({ code: 'VERIFY_LOAD_FAILED', kind: 'model', hint });
  expect(bare.message).toBe('app.py:answer: it takes no parameters, so it is neither a function of a payload nor a WSGI app.');
  const configured = await failure(check(appOf(text.replace('answer()', 'answer(config=None)')), { path: '/' }, { served }));
  expect(configured).toMatchObject({ code: 'VERIFY_SAMPLE_REFUSED', hint });
  expect(configured.message).toMatch(/makes an app and is none: it returned a App\.$/);
});

test("the user's modules may be named as the tool's own parts are", async () => {
  const code = { 'table.py': 'X = 1\n', 'values.py': 'X = 2\n', 'app.py': 'import table, values\ndef answer(payload):\n    return table.X + values.X\n' };
  expect((await check({ ...appOf(''), code }, {})).verification).toMatchObject({ compared: 1, largestDifference: 0 });
});

test('a random model is told from one that was served wrong', async () => {
  const text = 'import random\ndef answer(payload):\n    return {"n": random.random()}\n';
  const error = await failure(check(appOf(text), {}));
  expect(error).toMatchObject({ code: 'VERIFY_UNSTABLE', kind: 'verify' });
  expect(error.message).toMatch(/does not answer the sample the same way twice: n was 0\.\d+, then 0\.\d+\.$/);
});

test('a model that remembers is unstable too', async () => {
  const text = 'count = 0\ndef answer(payload):\n    global count\n    count += 1\n    return count\n';
  const served = appOf('count = 5\ndef answer(payload):\n    return count\n');
  const error = await failure(check(appOf(text), {}, { served }));
  expect(error).toMatchObject({ code: 'VERIFY_UNSTABLE' });
  expect(error.message).toContain('the answer was 1, then 2.');
});

test('a sample that the model itself cannot answer is an error of the sample', async () => {
  const lacking = await failure(check(exampleParts('heart-disease'), { age: 63 }));
  expect(lacking).toMatchObject({ code: 'VERIFY_SAMPLE_REFUSED', kind: 'config' });
  expect(lacking.message).toContain("The sample lacks the column 'sex'.");
  const hook = await failure(check(exampleParts('logit'), { G1: 'one' }));
  expect(hook.message).toMatch(/failed in preprocess on the sample: ValueError: .*'one' \(hooks\.py:3\)$/);
  const named = await failure(check(exampleParts('knn-digits'), { a: 1 }));
  expect(named.message).toContain('give each record as a list of 64 values');
});

test('an answer that JSON cannot hold', async () => {
  const error = await failure(check(appOf('def answer(payload):\n    return object()\n'), {}));
  expect(error).toMatchObject({ code: 'VERIFY_SAMPLE_REFUSED' });
  expect(error.message).toContain('builtins.object cannot be written as JSON.');
});

test('a field that the release does not know is named', async () => {
  const error = await failure(check(exampleParts('height'), { Weight: 200, Height: 70 }));
  expect(error).toMatchObject({ code: 'VERIFY_REFUSED' });
  expect(error.message).toMatch(/Height/);
});

test('a missing value is NaN to both', async () => {
  const patient = { ...(payload('heart-disease') as object), ca: null };
  const { verification } = await check(exampleParts('heart-disease'), [patient, payload('heart-disease')]);
  expect(verification.compared).toBe(3);
});

const SICK = { status: 502, body: new TextEncoder().encode('{"detail":"no"}') };

test('without a sample only the health is asked', async () => {
  const result = await check(exampleParts('height'), null);
  expect(result).toMatchObject({ sample: null, verification: { method: 'health', compared: 0, largestDifference: null } });
  const release = made(exampleParts('height'));
  const serve = await release.serve();
  // What a target answers when the worker does not start.
  const error = await failure(verify(release.ctx, { ...release, sample: null, call: async (call) => ({ ...(await serve(call)), ...SICK }) }));
  expect(error).toMatchObject({ code: 'VERIFY_UNHEALTHY', kind: 'verify', message: 'The release is not well: it answered 502: no' });
});

test('variables of the release reach the model, and those of this machine do not', async () => {
  const text = 'import os\nanswered = os.environ.get("GREETING"), os.environ.get("MLFN_SECRET")\ndef answer(payload):\n    return answered\n';
  const release = made(appOf(text));
  const call = await made(appOf('def answer(payload):\n    return ["hello", None]\n')).serve();
  const ctx = { ...release.ctx, env: { ...process.env, MLFN_SECRET: 'x', PYTHONPATH: '/nowhere' } };
  const { verification } = await verify(ctx, { ...release, sample: {}, call, env: { GREETING: 'hello' } });
  expect(verification.compared).toBe(1);
});
