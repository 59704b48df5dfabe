/** Ctrl-C, a second Ctrl-C and SIGTERM at any moment of any command: exit code 130, no trace, nothing left. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, Lab, type Running, until } from './lab.ts';
import { halfMade, processesOf } from './leftovers.ts';
import { stepsOf, withSignal } from './steps.ts';

let lab: Lab;
let url: string;
let sample: string;
beforeAll(async () => {
  lab = await Lab.open();
  sample = lab.write({ 'sample.json': '{"a": 1}' });
  url = await lab.deploy(lab.app('good'), ['--sample', sample]);
});
afterAll(() => lab.close());

const tidy = () => halfMade(lab.home).filter((name) => !/daemon\.json|claims|workers/.test(name));
const children = () => processesOf(lab.folder).filter((line) => /mlfn\.js|baseline\.py|imports\.py|scan_modules|git /.test(line));

/** It said that it was stopped, in a line of its own, and nothing of it is there. */
async function stopped(running: Running): Promise<boolean> {
  const ran = await running.done;
  expect(ran, ran.stderr).toMatchObject({ code: 130, signal: null, stdout: '' });
  expect(ran.stderr).toMatch(/Stopped[^\n]*INTERRUPTED[^\n]*\n/);
  expect(ran.stderr.endsWith('\n')).toBe(true);
  expect(tidy()).toEqual([]);
  expect(children()).toEqual([]);
  expect((await ask(url)).status).toBe(200);
  return true;
}

test('Ctrl-C at any step of a deploy', async () => {
  const steps = await stepsOf(lab, ['deploy', lab.app('listed'), '--name', 'fn', '--sample', sample]);
  const chosen = steps.flatMap((line, index) => {
    const all = process.env['MLFN_EVERY_STEP'] !== undefined;
    return all || (/^(rename|rm|spawn) /.test(line) && !line.includes('/mlfn_serve/')) || line.endsWith('/wsgi.py') ? [index + 1] : [];
  });
  let count = 0;
  for (const step of chosen) {
    const ran = await lab.mlfn(['deploy', lab.app(step), '--name', 'fn', '--sample', sample], { env: withSignal(step, 'SIGINT') });
    expect([0, 130], `${steps[step - 1]}\n${ran.stderr}`).toContain(ran.code);
    if (ran.code === 130) {
      count += 1;
      expect(ran.stdout).toBe('');
      expect(ran.stderr).toContain('INTERRUPTED');
    }
    expect(tidy(), steps[step - 1]).toEqual([]);
    expect((await ask(url)).status).toBe(200);
  }
  expect(count).toBeGreaterThan(chosen.length / 2);
}, 600_000);

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s at any time of a deploy', async (signal) => {
  for (const delay of [0, 80, 160, 320, 640]) {
    const running = lab.begin(['deploy', lab.app(`${signal} ${delay}`), '--name', 'fn', '--sample', sample]);
    await new Promise((resolve) => setTimeout(resolve, delay));
    running.child.kill(signal);
    const { code, signal: by } = await running.done;
    // Before Node runs the first line of ours the system ends it.
    expect([0, 130, by === signal ? null : 130]).toContain(code);
    expect(tidy()).toEqual([]);
  }
  expect((await ask(url)).status).toBe(200);
});

describe('Ctrl-C while', () => {
  test('the model hangs in its own answer', async () => {
    const model = `${lab.write({ 'hang.py': 'import time\ndef predict(body):\n    time.sleep(1000)\n' })}:predict`;
    const running = lab.begin(['deploy', model, '--name', 'fn', '--sample', sample]);
    await until(() => processesOf(lab.folder).some((line) => line.includes('baseline.py')));
    running.child.kill('SIGINT');
    expect(await stopped(running)).toBe(true);
  });

  test('the candidate hangs', async () => {
    const source = 'import os, time\ndef predict(body):\n    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:\n        time.sleep(1000)\n    return 1\n';
    const running = lab.begin(['deploy', `${lab.write({ 'hang.py': source })}:predict`, '--name', 'fn', '--sample', sample]);
    await until(() => processesOf(lab.folder).filter((line) => line.includes('worker.py')).length > 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    running.child.kill('SIGINT');
    expect(await stopped(running)).toBe(true);
    expect(processesOf(lab.folder).filter((line) => line.includes('worker.py')).length).toBeLessThan(2);
  });

  test('a call is waited for', async () => {
    await lab.deploy(`${lab.write({ 'sleep.py': 'import time\ndef predict(body):\n    time.sleep(body)\n    return body\n' })}:predict`, ['--name', 'sleep', '--timeout', '60']);
    const running = lab.begin(['invoke', 'sleep', '--data', '50']);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    running.child.kill('SIGINT');
    expect(await stopped(running)).toBe(true);
    expect(await lab.json(['invoke', 'sleep', '--data', '0'])).toMatchObject({ status: 200 });
  });

  test('standard input is waited for', async () => {
    const running = lab.begin(['invoke', 'fn', '--payload', '-'], { program: ['sh', '-c', 'sleep 1000 | exec "$@"', 'sh', process.execPath, path.join(import.meta.dirname, '../../bin/mlfn.js')] });
    await until(() => processesOf(lab.folder).some((line) => line.includes('mlfn.js invoke') && !line.includes(': sh')));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const [, pid] = /process (\d+)/.exec(processesOf(lab.folder).find((line) => /: \S*node\S* /.test(line) && line.includes('mlfn.js invoke'))!)!;
    process.kill(Number(pid), 'SIGINT');
    await until(() => running.text().includes('INTERRUPTED'));
    for (const line of processesOf(lab.folder).filter((each) => each.includes('sleep 1000'))) process.kill(Number(/\d+/.exec(line)![0]), 'SIGTERM');
    await running.done;
    expect(running.text()).toMatch(/Stopped/);
  });

  test('the log is followed: what came is printed, whole lines and no error of ours', async () => {
    await lab.mlfn(['invoke', 'fn', '--data', '{}']);
    const running = lab.begin(['logs', 'fn', '--follow']);
    await running.said('REPORT');
    running.child.kill('SIGINT');
    const ran = await running.done;
    expect(ran.code).toBe(130);
    expect(ran.stdout.endsWith('\n')).toBe(true);
  });

  test('a daemon is started', async () => {
    await lab.json(['stop']);
    for (const delay of [100, 200, 300, 400]) {
      const running = lab.begin(['invoke', 'fn', '--data', '{}']);
      await new Promise((resolve) => setTimeout(resolve, delay));
      running.child.kill('SIGINT');
      const { code, signal } = await running.done;
      // A signal that comes before Node listens ends it as any process: shells call that 130 too.
      expect([0, 130]).toContain(signal === 'SIGINT' ? 130 : code);
      await lab.json(['stop']);
      expect(halfMade(lab.home)).toEqual([]);
    }
    expect(await lab.json(['invoke', 'fn', '--data', '{}'])).toMatchObject({ status: 200 });
  });
});

test('with --json it is one document', async () => {
  const model = `${lab.write({ 'hang.py': 'import time\ndef predict(body):\n    time.sleep(1000)\n' })}:predict`;
  const running = lab.begin(['deploy', model, '--name', 'fn', '--sample', sample, '--json']);
  await until(() => processesOf(lab.folder).some((line) => line.includes('baseline.py')));
  running.child.kill('SIGTERM');
  const ran = await running.done;
  expect(ran.code).toBe(130);
  expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code: 'INTERRUPTED' } });
});

test('a second Ctrl-C ends it at once, and the next command mends what was left', async () => {
  const source = 'import os, time\ndef predict(body):\n    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:\n        time.sleep(1000)\n    return 1\n';
  const running = lab.begin(['deploy', `${lab.write({ 'hang.py': source })}:predict`, '--name', 'fn', '--sample', sample]);
  await until(() => processesOf(lab.folder).filter((line) => line.includes('worker.py')).length > 1);
  running.child.kill('SIGINT');
  running.child.kill('SIGINT');
  expect((await running.done).code).toBe(130);
  await lab.deploy(lab.app('after two'), ['--sample', sample]);
  expect((await ask(url)).json).toEqual({ version: 'after two' });
  expect(tidy()).toEqual([]);
});

test('a build that is stopped leaves no file half written', async () => {
  const out = path.join(lab.folder, 'out');
  await lab.json(['build', lab.app('built'), '--name', 'fn', '--out', out]);
  const steps = await stepsOf(lab, ['build', lab.app('again'), '--name', 'fn', '--out', out]);
  const writes = steps.flatMap((line, index) => (line.includes(out) ? [index + 1] : []));
  expect(writes.length).toBeGreaterThan(3);
  for (const step of writes) {
    const ran = await lab.mlfn(['build', lab.app(step), '--name', 'fn', '--out', out], { env: withSignal(step, 'SIGINT') });
    expect([0, 130]).toContain(ran.code);
    expect(halfMade(out)).toEqual([]);
    expect(() => void JSON.parse(readFileSync(path.join(out, 'manifest.json'), 'utf8'))).not.toThrow();
  }
});
