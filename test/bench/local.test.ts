/** `mlfn bench` as a user runs it, against functions on this machine. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, Lab } from '../e2e/lab.ts';
import { halfMade } from '../e2e/leftovers.ts';

const APP = `import os

count = failing = 0

def predict(body):
    global count, failing
    count += 1
    if body.get("fill"):
        held = bytearray(150_000_000)
        return {"held": len(held)}
    if body.get("every"):
        failing += 1
        if failing % body["every"] == 0:
            raise RuntimeError("on purpose")
    return {"count": count, "pid": os.getpid(), "predictions": [1, 2, 3, 4]}
`;
const QUICK = ['--seconds', '1', '--users', '1,2', '--calls', '10'];

let lab: Lab;
let url: string;
beforeAll(async () => {
  lab = await Lab.open();
  lab.write({ 'sample.json': '{"a": 1}', 'fill.json': '{"fill": true}', 'every.json': '{"every": 3}', 'always.json': '{"every": 1}', 'list.json': '[]' });
  const app = `${lab.write({ 'app.py': APP })}:predict`;
  // Without a sample: it answers each call otherwise.
  url = await lab.deploy(app, ['--concurrency', '1', '--memory', '256']);
});
afterAll(() => lab?.close());

const bench = (...args: string[]) => lab.json(['bench', 'fn', '--payload', 'sample.json', ...args]);
const live = async () => (await ask(url, {})).json as { count: number; pid: number };

describe('levels', () => {
  test('are measured cold, warm, and with each number of users; the workers of the live release are left alone', async () => {
    const before = await live();
    const report = await bench('--cold', '2', ...QUICK);
    const after = await live();
    expect(after.pid).toBe(before.pid);
    expect(report).toMatchObject({ schema: 1, function: 'fn', target: 'local', release: 1, scenario: 'levels', interrupted: false, limited: false, html: null });
    const [cold, warm, one, two] = report['series'];
    expect(report['series'].map(({ label }: { label: string }) => label)).toEqual(['cold', 'warm', '1 user', '2 users']);
    expect(cold).toMatchObject({ calls: 2, answered: 2, starts: { count: 2 }, latency: { count: 2 } });
    expect(cold.latency.min).toBeGreaterThanOrEqual(cold.starts.min);
    expect(warm).toMatchObject({ calls: 10, answered: 10, starts: null, errors: [] });
    expect(warm.latency.p50).toBeLessThan(cold.latency.min);
    expect(warm.latency.p50).toBeGreaterThanOrEqual(warm.handler.p50);
    for (const each of [one, two]) {
      expect(each).toMatchObject({ phase: 'load', errors: [], seconds: 1 });
      expect(Math.abs(each.perSecond - each.answered)).toBeLessThanOrEqual(2);
    }
    // First, warm-up, warm and load: those of the cold ones are counted elsewhere.
    expect(after.count - before.count).toBe(1 + 3 + 10 + one.calls + two.calls + 1);
  });

  test('cost what the prices of both clouds say, shared by the predictions of an answer', async () => {
    const { costs, payload } = await bench('--cold', '0', ...QUICK);
    expect(payload).toMatchObject({ bytes: 8, from: 'sample.json', predictions: 4 });
    expect(costs).toMatchObject([{ platform: 'AWS Lambda', memoryMb: 256, basis: 'handler' }, { platform: 'Cloud Run', memoryMb: 256, basis: 'handler' }]);
    const [{ billedMs, perMillionPredictions }] = costs;
    expect(perMillionPredictions).toBeCloseTo((billedMs * 1000 * 0.25 * 0.0000166667 + 0.2) / 4, 8);
    for (const { prices, assumed } of costs) {
      expect(prices).toMatch(/\d{4}-\d\d-\d\d; free tiers not subtracted/);
      expect(assumed).toContain('a call takes as long there as on this machine');
    }
  });

  test('are a table for people, with the method below it and the plan before it', async () => {
    const { stdout, stderr, code } = await lab.mlfn(['bench', 'fn', '-p', 'sample.json', '--cold', '1', ...QUICK]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^of +fn release 1 on local +256 MB$/m);
    expect(stdout).toMatch(/^ +calls +errors +ok\/s +min +p50 +p90 +p99 +max +starts$/m);
    expect(stdout).toMatch(/^cold +1 +0 +- .* 1$/m);
    expect(stdout).toMatch(/^2 users +\d+ +0 +[\d.]+( +[\d.]+ m?s){5} +0$/m);
    expect(stdout).toMatch(/^cost +\$[\d.]+ per million predictions +AWS Lambda +256 MB +[\d.]+ ms a call, measured in the handler$/m);
    expect(stdout).toMatch(/nearest rank/);
    expect(stdout).toMatch(/closed loop/);
    expect(stderr).toMatch(/^plan +fn release 1 on local: about \d+ calls in \d+ s, at most 50000$/m);
    expect(stderr).toMatch(/under load, calls so far/);
  });

  test('are planned and nothing more with --dry-run', async () => {
    const before = await live();
    const { planned } = await bench('--dry-run', ...QUICK);
    expect(planned).toMatchObject({ function: 'fn', target: 'local', cold: 5, warm: 10, most: 50_000, dollars: null, stages: [{ users: 1 }, { users: 2 }] });
    expect((await live()).count).toBe(before.count + 1);
  });

  test('make no more calls than they may', async () => {
    const before = await live();
    const limited = ['--cold', '0', '--users', '1,2', '--calls', '10', '--seconds', '100', '--max-calls', '40'];
    const report = await bench(...limited);
    expect(report['limited']).toBe(true);
    expect((await live()).count - before.count).toBe(40 + 1);
    const { stdout } = await lab.mlfn(['bench', 'fn', '-p', 'sample.json', ...limited]);
    expect(stdout).toMatch(/^limit /m);
  });

  test('count what fails apart', async () => {
    const { series } = await bench('--payload', 'every.json', '--cold', '0', ...QUICK);
    for (const { calls, answered, errors, latency } of series) {
      expect(errors).toEqual([{ what: expect.stringMatching(/^50\d$/), count: calls - answered }]);
      expect(Math.abs(calls / 3 - errors[0].count)).toBeLessThan(2);
      expect(latency.count).toBe(answered);
    }
  });

  test('at a rate are as many as the rate says', async () => {
    const { series, method } = await bench('--cold', '0', '--calls', '5', '--rate', '10,20', '--seconds', '1');
    expect(series.slice(1)).toMatchObject([{ label: '10/s', calls: 10, users: null, rate: 10 }, { label: '20/s', calls: 20 }]);
    expect(method.join('\n')).toContain('open loop');
  });
});

describe('scenarios', () => {
  test('ramp grows to each number of users and stays there', async () => {
    const { series } = await bench('--scenario', 'ramp', '--users', '2,4', '--seconds', '1', '--calls', '5', '--cold', '0');
    expect(series.map(({ label }: { label: string }) => label)).toEqual(['warm', 'to 2 users', '2 users', 'to 4 users', '4 users']);
    for (const each of series.slice(1)) expect(each.calls).toBeGreaterThan(0);
  });

  test('gaps are answered by a worker that is as fresh as it would be, and the report says that time ran faster', async () => {
    await lab.deploy(`${lab.write({ 'idle/app.py': APP })}:predict`, ['--name', 'idle', '--idle', '700', '--concurrency', '1']);
    const { gaps, speed, method } = await lab.json(['bench', 'idle', '--payload', 'sample.json', '--scenario', 'gaps', '--speed', '3600']);
    // 700 s are 11 minutes and 40 seconds.
    expect(gaps.map(({ minute, idle, coldMs, what }: Record<string, unknown>) => [minute, idle, coldMs !== null, what])).toEqual([
      [0, null, true, '200'],
      [6, 6, false, '200'],
      [16, 10, false, '200'],
      [31, 15, true, '200'],
      [61, 30, true, '200'],
    ]);
    expect(speed).toBe(3600);
    expect(method.join('\n')).toContain('gaps: 3600 times as fast as the clock: a gap of more than 700 s');
    const { stdout, stderr } = await lab.mlfn(['bench', 'idle', '-p', 'sample.json', '--scenario', 'gaps', '--speed', '3600']);
    expect(stdout).toMatch(/^ +31 +15 min +1024 MB +200 +[\d.]+ m?s +[\d.]+ m?s$/m);
    expect(stderr).toContain('minutes pass 3600 times as fast as on the clock');
  });
});

describe('memory sizes', () => {
  test('are releases beside the live one, which go on unseen and leave nothing', async () => {
    const answers = new Set<string>();
    const over = new AbortController();
    const caller = (async () => {
      while (!over.signal.aborted) {
        const { status, release } = await ask(url, {});
        answers.add(`${status} by ${release}`);
      }
    })();
    const report = await bench('--memory', '256,300,400', '--cold', '1', '--users', '1', '--seconds', '1', '--calls', '5');
    over.abort();
    await caller;
    expect([...answers]).toEqual(['200 by 1']);
    expect(report['series'].map(({ memory, label }: { memory: number; label: string }) => `${memory} ${label}`)).toEqual([256, 300, 400].flatMap((size) => [`${size} cold`, `${size} warm`, `${size} 1 user`]));
    expect(report['series'].every(({ errors }: { errors: [] }) => errors.length === 0)).toBe(true);
    expect(report['costs'].map(({ memoryMb }: { memoryMb: number }) => memoryMb)).toEqual([256, 256, 300, 300, 400, 400]);
    expect(await lab.json(['releases', 'fn'])).toMatchObject({ live: 1, releases: [{ number: 1, settings: { memory: 256 } }], candidates: [] });
    expect(halfMade(lab.home).filter((name) => name.includes('releases'))).toEqual([]);
  });

  test('are real: what does not fit fails, and the candidate is taken away', async () => {
    const error = await lab.refused(['bench', 'fn', '--payload', 'fill.json', '--memory', '128', ...QUICK], 5);
    expect(error).toMatchObject({ code: 'BENCH_FAILED', message: expect.stringMatching(/502.*128 MB is its limit/) });
    expect(halfMade(lab.home).filter((name) => name.includes('releases'))).toEqual([]);
    expect((await ask(url, {})).status).toBe(200);
  });

  test.each([
    [['--memory', '64'], 'BENCH_MEMORY', '64 MB'],
    [['--memory', '20000'], 'BENCH_MEMORY', '20000 MB'],
    [['--memory', '256,x'], 'CLI_USAGE', '256,x'],
  ])('%j are refused', async (args, code, what) => {
    expect(await lab.refused(['bench', 'fn', '--payload', 'sample.json', ...args], 2)).toMatchObject({ code, message: expect.stringContaining(what) });
  });
});

describe('Ctrl-C', () => {
  test('gives the report so far, with its page, and takes the candidate away', async () => {
    const page = path.join(lab.folder, 'stopped.html');
    const args = ['bench', 'fn', '-p', 'sample.json', '--memory', '300', '--cold', '1', '--users', '2', '--seconds', '60', '--html', page];
    const { child, said, done } = lab.begin(args);
    await said('under load');
    child.kill('SIGINT');
    const { code, stdout } = await done;
    expect(code).toBe(130);
    expect(stdout).toMatch(/^warm +300 MB +50 +0 /m);
    expect(stdout).toMatch(/^2 users +300 MB +\d+ +0 /m);
    expect(stdout).toMatch(/^stop +Ctrl-C: this is what there was until then$/m);
    expect(readFileSync(page, 'utf8')).toContain('Stopped by Ctrl-C');
    expect(halfMade(lab.home).filter((name) => name.includes('releases'))).toEqual([]);
  });

  test('before anything was measured is told as of any command', async () => {
    const { child, said, done } = lab.begin(['bench', 'fn', '-p', 'sample.json', '--memory', '310', '--cold', '0', '--html', 'never.html']);
    await said('plan');
    child.kill('SIGINT');
    const { code, stdout, stderr } = await done;
    expect([code, stdout]).toEqual([130, '']);
    expect(stderr).toContain('[INTERRUPTED]');
    expect(existsSync(path.join(lab.folder, 'never.html'))).toBe(false);
  });
});

test('kill -9 leaves a candidate that the next deploy takes away', async () => {
  const { child, said, done } = lab.begin(['bench', 'fn', '-p', 'sample.json', '--memory', '320', '--cold', '0', '--users', '1', '--seconds', '60']);
  await said('under load');
  child.kill('SIGKILL');
  await done;
  const left = () => halfMade(lab.home).filter((name) => name.includes('releases'));
  expect(left()).toEqual(['local/functions/fn/releases/2 is a candidate']);
  await lab.deploy(path.join(lab.folder, 'app.py:predict'), ['--concurrency', '1', '--memory', '256']);
  expect(left()).toEqual([]);
  expect(await lab.json(['releases', 'fn'])).toMatchObject({ live: 1, releases: [{ number: 1 }] });
});

describe('what cannot be measured is refused', () => {
  test.each([
    [['bench', 'fn'], 2, 'BENCH_NO_PAYLOAD', '--payload'],
    [['bench', 'nothing', '--payload', 'sample.json'], 2, 'FUNCTION_UNKNOWN', 'fn'],
    [['bench', 'fn', '--payload', 'list.json'], 2, 'BENCH_REFUSED', 'mlfn invoke'],
    [['bench', 'fn', '--payload', 'list.json', '--scenario', 'gaps', '--speed', '1'], 2, 'BENCH_REFUSED', 'mlfn invoke'],
    [['bench', 'fn', '--payload', 'sample.json', '--html', 'nowhere/page.html'], 2, 'CLI_USAGE', 'folder that is there'],
    [['bench', 'fn', '--payload', 'sample.json', '--html', '.'], 2, 'CLI_USAGE', 'path of a file'],
    [['bench', 'fn', '--payload', 'none.json'], 2, 'CLI_PAYLOAD', '--payload'],
    [['bench', 'fn', '--payload', 'sample.json', '--rate', '5', '--users', '2'], 2, 'CLI_USAGE', 'Leave one'],
    [['bench', 'fn', '--payload', 'sample.json', '--scenario', 'gaps', '--users', '2'], 2, 'CLI_USAGE', 'another scenario'],
    [['bench', 'fn', '--payload', 'sample.json', '--speed', '2'], 2, 'CLI_USAGE', 'another scenario'],
    [['bench', 'fn', '--payload', 'sample.json', '--seconds', '0'], 2, 'CLI_USAGE', 'from 1'],
    [['bench', 'fn', '--payload', 'sample.json', '--users', '1,2,'], 2, 'CLI_USAGE', '--users 1,2,4'],
  ])('%j', async (args, exit, code, hint) => {
    expect(await lab.refused(args, exit)).toMatchObject({ code, hint: expect.stringContaining(hint) });
  });

  test('a function that fails at the first call', async () => {
    expect(await lab.refused(['bench', 'fn', '--payload', 'always.json'], 5)).toMatchObject({ code: 'BENCH_FAILED', hint: expect.stringContaining('mlfn logs fn') });
  });
});
