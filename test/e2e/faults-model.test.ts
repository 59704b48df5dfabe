/** Models and functions that are broken, hostile or ill-behaved: told, not run, and never in the way of the live release. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { python } from '../python.ts';
import { ask, Lab, powerless } from './lab.ts';
import { halfMade, processesOf } from './leftovers.ts';

const heart = path.join(import.meta.dirname, '../../examples/heart-disease/model.joblib');

let lab: Lab;
let url: string;
beforeAll(async () => {
  lab = await Lab.open();
  url = await lab.deploy(lab.app('good'));
});
afterAll(() => lab.close());

const running = () => halfMade(lab.home).filter((name) => !/daemon\.json|claims|workers/.test(name));

/** The release that was live answers, and nothing of the failed one is there. */
async function untouched(): Promise<boolean> {
  expect((await ask(url)).json).toEqual({ version: 'good' });
  expect(running()).toEqual([]);
  return true;
}

/** Runs Python in the lab's folder: `save(object, name)` pickles. */
function make(source: string): void {
  const helper = 'import os, pickle, sys\nsys.path.insert(0, os.getcwd())\ndef save(o, name):\n    with open(name, "wb") as f:\n        pickle.dump(o, f)\n';
  const ran = spawnSync(python, ['-B', '-c', helper + source], { cwd: lab.folder, encoding: 'utf8' });
  expect(ran.status, ran.stderr).toBe(0);
}

describe('a model file that is', () => {
  const whole = readFileSync(heart);
  test.each<[what: string, name: string, bytes: Uint8Array, exit: number, code: RegExp]>([
    ['empty', 'empty.joblib', Buffer.alloc(0), 3, /^MODEL_EMPTY$/],
    ['cut short', 'cut.joblib', whole.subarray(0, whole.length >> 1), 3, /^MODEL_DAMAGED$/],
    ['cut by one byte', 'last.joblib', whole.subarray(0, -1), 3, /^MODEL_DAMAGED$/],
    ['garbage in the middle', 'garbage.joblib', Buffer.concat([whole.subarray(0, 500), Buffer.alloc(500, 0xff), whole.subarray(1000)]), 3, /^MODEL_(DAMAGED|UNSAFE)$/],
    ['zeros', 'zeros.joblib', Buffer.alloc(4096), 3, /^MODEL_(DAMAGED|FORMAT)$/],
    ['a PNG', 'model.png', Buffer.from('89504e470d0a1a0a0000000d4948445200000001', 'hex'), 3, /^MODEL_FORMAT$/],
    ['a web page', 'page.joblib', Buffer.from('<!doctype html><title>404</title>'), 3, /^MODEL_(FORMAT|DAMAGED)$/],
    ['followed by more', 'more.joblib', Buffer.concat([whole, Buffer.from('more')]), 3, /^MODEL_(UNSAFE|DAMAGED)$/],
  ])('%s', async (_what, name, bytes, exit, code) => {
    const file = lab.write({ [name]: bytes });
    expect((await lab.refused(['deploy', file, '--name', 'fn'], exit)).code).toMatch(code);
    expect((await lab.mlfn(['inspect', file])).code).toBe(3);
    expect(await untouched()).toBe(true);
  });

  test('fitted on no columns', async () => {
    make('import numpy\nfrom sklearn.linear_model import Ridge\nr = Ridge().fit(numpy.ones((2, 1)), [1, 2])\nr.n_features_in_ = 0\nr.coef_ = numpy.ones((0,))\nsave(r, "none.pkl")');
    expect((await lab.refused(['deploy', 'none.pkl', '--name', 'fn'], 3)).code).toBe('MODEL_NO_FEATURES');
    expect(await untouched()).toBe(true);
  });

  test('a folder, missing, a loop of links, a device', async () => {
    mkdirSync(path.join(lab.folder, 'folder.joblib'));
    symlinkSync('loop.joblib', path.join(lab.folder, 'loop.joblib'));
    for (const name of ['folder.joblib', 'missing.joblib', 'loop.joblib', '/dev/zero']) {
      const error = await lab.refused(['deploy', name, '--name', 'fn'], 2);
      expect(error.message).toContain(name);
    }
    expect(await untouched()).toBe(true);
  });

  test('not to be read', async () => {
    const file = lab.write({ 'closed.joblib': whole });
    chmodSync(file, 0);
    const error = await lab.refused(['inspect', file], 2, { program: powerless });
    expect(error.message).toContain('closed.joblib');
  });
});

describe('a hostile pickle', () => {
  const mark = () => path.join(lab.folder, 'touched');
  const touch = () => `class E:\n    def __reduce__(self):\n        return (os.system, (${JSON.stringify(`touch ${mark()}`)},))\n`;

  test.each([
    ['of os.system', 'save(E(), "evil.pkl")'],
    ['inside a model', 'from sklearn.linear_model import Ridge\nm = Ridge()\nm.alpha = E()\nsave(m, "evil.pkl")'],
    ['inside a joblib file', 'import joblib\njoblib.dump([E()], "evil.pkl", compress=3)'],
    ['by builtins.eval', 'class V:\n    def __reduce__(self):\n        return (eval, ("__import__(\'os\').system(\'touch touched\')",))\nsave(V(), "evil.pkl")'],
  ])('%s is not loaded: by inspect, build, deploy or init', async (_what, source) => {
    make(touch() + source);
    expect((await lab.mlfn(['inspect', 'evil.pkl'])).code).toBe(3);
    for (const command of ['build', 'deploy']) {
      const error = await lab.refused([command, 'evil.pkl', '--name', 'fn'], 3);
      expect(error.code).toBe('MODEL_UNSAFE');
      expect(error.message).toMatch(/at byte \d+/);
    }
    expect(existsSync(mark())).toBe(false);
    expect(await untouched()).toBe(true);
  });

  test('with --trust a harmless one goes on', async () => {
    const source = 'import subprocess\nclass Odd:\n    def __init__(self):\n        self.call = subprocess.list2cmdline\n    def predict(self, X):\n        return [self.call(["a"]) for _ in X]\n';
    lab.write({ 'odd.py': source });
    make('from odd import Odd\nsave(Odd(), "odd.pkl")');
    expect((await lab.refused(['deploy', 'odd.pkl'], 3)).code).toBe('MODEL_UNSAFE');
    const odd = await lab.deploy('odd.pkl', ['--name', 'odd', '--trust']);
    expect(await ask(odd, [[1]])).toMatchObject({ status: 200, json: { predictions: ['a'] } });
  });
});

describe('code that', () => {
  const cases: [what: string, source: string, sample: boolean, exit: number, code: string][] = [
    ['hangs when it is imported', 'import time\ntime.sleep(1000)\ndef predict(body):\n    return 1\n', false, 6, 'VERIFY_UNHEALTHY'],
    ['raises when it is imported', 'raise ValueError("not today")\ndef predict(body):\n    return 1\n', false, 6, 'VERIFY_UNHEALTHY'],
    ['ends its process when it is imported', 'import os\nos._exit(3)\ndef predict(body):\n    return 1\n', false, 6, 'VERIFY_UNHEALTHY'],
    ['raises when it is asked', 'def predict(body):\n    raise ValueError("no " + str(body))\n', true, 2, 'VERIFY_SAMPLE_REFUSED'],
    ['ends its process when it is asked', 'import os\ndef predict(body):\n    os._exit(3)\n', true, 3, 'VERIFY_CRASHED'],
    ['crashes in native code', 'import ctypes\ndef predict(body):\n    ctypes.string_at(0)\n', true, 3, 'VERIFY_CRASHED'],
    ['answers what is no JSON', 'def predict(body):\n    return object()\n', true, 2, 'VERIFY_SAMPLE_REFUSED'],
    ['answers otherwise in the release', 'import os\ndef predict(body):\n    return {"a": 1, "where": {"is": "AWS_LAMBDA_FUNCTION_NAME" in os.environ}}\n', true, 6, 'VERIFY_DIFFERENT'],
    ['answers otherwise each time', 'import random\ndef predict(body):\n    return {"draw": random.random()}\n', true, 6, 'VERIFY_UNSTABLE'],
    ['answers otherwise as time goes', 'import time\ndef predict(body):\n    return {"now": time.time()}\n', true, 6, 'VERIFY_UNSTABLE'],
    ['fails only in the release', 'import os\ndef predict(body):\n    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:\n        raise KeyError("secret")\n    return 1\n', true, 6, 'VERIFY_REFUSED'],
    ['does not parse', 'def predict(body:\n    return 1\n', false, 3, 'RESOLVE_CODE_UNREADABLE'],
    ['has no such function', 'def predict_all(body):\n    return 1\n', false, 3, 'MODEL_NO_ATTRIBUTE'],
  ];
  test.each(cases)('%s', async (_what, source, sample, exit, code) => {
    const model = `${lab.write({ 'bad.py': source })}:predict`;
    const args = sample ? ['--sample', lab.write({ 'sample.json': '{"a": 1}' })] : [];
    const error = await lab.refused(['deploy', model, '--name', 'fn', '--timeout', '2', ...args], exit);
    expect(error.code, error.message).toBe(code);
    expect(error.hint).toMatch(/\.$/);
    expect(await untouched()).toBe(true);
  });

  test('answers otherwise in the release: the record and the field are named', async () => {
    const model = `${lab.write({ 'bad.py': cases.find(([what]) => what === 'answers otherwise in the release')![1] })}:predict`;
    const sample = lab.write({ 'sample.json': '[{"a": 1}, {"a": 2}]' });
    const ran = await lab.mlfn(['deploy', model, '--name', 'fn', '--sample', sample]);
    expect(ran.code).toBe(6);
    expect(ran.stderr).toMatch(/where\.is|where.*is/);
    expect(await untouched()).toBe(true);
  });

  test('prints wherever it can: the answer is the answer, and the log has the rest', async () => {
    lab.write({
      'noisy.py': 'import os, sys\nprint("on import")\ndef predict(body):\n    print(\'{"a": 1}\')\n    sys.stdout.write("no end of line")\n    os.write(1, b"raw 1\\n")\n    os.write(2, b"raw 2\\n")\n    return {"b": 2}\n',
      'sample.json': '{}',
    });
    const noisy = await lab.deploy('noisy.py:predict', ['--name', 'noisy', '--sample', 'sample.json']);
    expect((await ask(noisy)).text).toBe('{"b": 2}');
    const { lines } = await lab.json(['logs', 'noisy']);
    const logged = lines.map((line: { text: string }) => line.text).join('\n');
    for (const text of ['on import', '{"a": 1}', 'no end of line', 'raw 1', 'raw 2']) expect(logged).toContain(text);
  });

  const modes = {
    exit: 'os._exit(1)',
    segfault: 'ctypes.string_at(0)',
    memory: 'len(bytearray(600 * 1024 * 1024))',
    sleep: 'time.sleep(60)',
    raise: '1 / 0',
    recursion: 'predict(body)',
    thread: 'sys.exit("bye")',
    fork: '[subprocess.Popen(["sleep", "1000"]), os._exit(1)]',
  };
  test('goes wrong while it is live: that call gets a problem, the next one an answer', async () => {
    const source = `import ctypes, os, subprocess, sys, time\ndef predict(body):\n    mode = body.get("mode")\n${Object.entries(modes).map(([name, act]) => `    if mode == ${JSON.stringify(name)}:\n        ${act}\n`).join('')}    return {"pid": os.getpid()}\n`;
    const live = await lab.deploy(`${lab.write({ 'live.py': source })}:predict`, ['--name', 'live', '--timeout', '4', '--memory', '256']);
    const statuses: Record<string, number> = {};
    for (const mode of Object.keys(modes)) {
      const answer = await ask(live, { mode });
      statuses[mode] = answer.status;
      expect(answer.type).toContain('application/problem+json');
      expect(answer.text).not.toMatch(/Traceback|live\.py/);
      expect((await ask(live)).status, mode).toBe(200);
    }
    expect(statuses).toEqual({ exit: 502, segfault: 502, memory: 502, sleep: 504, raise: 500, recursion: 500, thread: expect.any(Number), fork: 502 });
    expect(processesOf(lab.folder).filter((line) => line.includes('sleep'))).toEqual([]);
  });

  test('hangs or prints in its own __setstate__', async () => {
    lab.write({
      'slow.py': 'import time\nclass Slow:\n    def __setstate__(self, state):\n        print("loading")\n        time.sleep(1000)\n    def predict(self, X):\n        return [1]\n',
    });
    make('import slow\ns = slow.Slow()\ns.a = 1\nsave(s, "slow.pkl")');
    const error = await lab.refused(['deploy', 'slow.pkl', '--name', 'fn', '--timeout', '2'], 6);
    expect(error.message).toContain('2 s');
    expect(await untouched()).toBe(true);
    expect(processesOf(lab.folder).filter((line) => line.includes('baseline.py'))).toEqual([]);
  });
});
