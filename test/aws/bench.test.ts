/** `mlfn bench` against Lambda: by the endpoint, and in sizes that come and go beside the live release. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FaultsLab } from './faults-lab.ts';
import { throttled } from './lab/gate/faults.ts';

const QUICK = ['--users', '1,2', '--seconds', '1', '--calls', '5'];

let lab: FaultsLab;
let url: string;
beforeAll(async () => {
  lab = await FaultsLab.open();
  ({ url } = await lab.mlfn(['deploy', lab.app('fast', 'old'), '--name', 'fast', '--sample', lab.write('sample.json', '{"a": 1}'), '--memory', '512', '--public']));
});
afterAll(() => lab?.close());
beforeEach(() => lab.gate.clear());

const bench = (...args: string[]) => lab.mlfn(['bench', 'fast', ...QUICK, ...args]);
/** Of the control plane, without those that call the function. */
const control = () => lab.gate.calls.filter(({ service, name }) => service !== 'url' && name !== 'lambda:Invoke').length;
const ofUrl = () => lab.gate.calls.filter(({ service }) => service === 'url').length;

describe('the endpoint', () => {
  test('is asked with its own sample, and priced by what Lambda bills', async () => {
    const { series, costs, payload, target, method } = await bench('--max-calls', '60');
    expect([target, payload]).toEqual(['aws', { bytes: 7, from: 'the sample of release 1', predictions: 1 }]);
    expect(series.find(({ label }: { label: string }) => label === 'warm')).toMatchObject({ calls: 5, answered: 5 });
    expect(series.flatMap(({ errors }: { errors: [] }) => errors)).toEqual([]);
    expect(costs).toMatchObject([{ platform: 'AWS Lambda', memoryMb: 512, basis: 'billed', architecture: 'x86_64', httpApi: false }]);
    expect(costs[0].perMillionCalls).toBeCloseTo(costs[0].billedMs * 1000 * 0.5 * 0.0000166667 + 0.2, 8);
    expect(method.join('\n')).toContain('where Lambda reports one');
  });

  test('is called as often as is said, and the control plane no more often for more calls', async () => {
    // As long as it takes to come to the limit.
    await bench('--max-calls', '12', '--seconds', '100');
    const few = [ofUrl(), control()];
    lab.gate.clear();
    await bench('--max-calls', '40', '--seconds', '100');
    // Three more are asked by lambda:Invoke, which says what is billed.
    expect([few, [ofUrl(), control()]]).toEqual([[9, few[1]], [37, few[1]]]);
  });

  test('is asked at the minutes of the gaps, and the report says that time ran faster', async () => {
    const { gaps, method } = await lab.mlfn(['bench', 'fast', '--scenario', 'gaps', '--speed', '3600']);
    expect(gaps.map(({ minute, what }: { minute: number; what: string }) => `${minute} ${what}`)).toEqual(['0 200', '6 200', '16 200', '31 200', '61 200']);
    expect(method.join('\n')).toContain('3600 times as fast as the clock: an instance that aws would have taken away meanwhile is still there');
  });

  test('is not called by a plan, which says what it costs', async () => {
    const { planned } = await bench('--dry-run');
    expect(planned).toMatchObject({ target: 'aws', most: 2000, cold: 0, memory: [512] });
    expect(planned.dollars).toBeGreaterThan(planned.calls * 0.2e-6);
    expect(planned.dollars).toBeLessThan(0.01);
    expect(ofUrl()).toBe(0);
    const { stderr, stdout } = await lab.begin(['bench', 'fast', ...QUICK, '--max-calls', '10', '--target', 'aws']).done;
    expect(stderr).toMatch(/^plan +fast release 1 on aws: about 10 calls in \d+ s, at most 10, roughly \$0\.0+\d+$/m);
    expect(stdout).toMatch(/as billed$/m);
  });

  // The first call and those that warm up are 4; nothing is tried again.
  test.each([
    ['refuses', ['429'], { operation: 'url:Call' }, { status: 429, code: 'TooManyRequestsException', message: 'Rate exceeded' }, []],
    ['cuts', ['ECONNRESET'], { operation: 'url:Call' }, { kind: 'cut-before' }, []],
    ['throttles by lambda:Invoke', ['429'], { operation: 'lambda:Invoke' }, throttled('lambda'), ['--memory', '512']],
  ] as const)('that %s some calls has them counted by their reason', async (_what, reasons, point, fault, more) => {
    const way = await lab.way();
    way.fault({ ...point, nth: 6, times: 3 }, fault);
    const { series } = await lab.mlfn(['bench', 'fast', ...QUICK, ...more, '--max-calls', '30'], { gate: way }).finally(() => way.stop());
    expect(series.flatMap(({ errors }: { errors: unknown[] }) => errors)).toEqual(reasons.map((what) => ({ what, count: 3 })));
  });
});

describe('memory sizes', () => {
  test('are versions beside the live one, which is asked all the while, and nothing of them stays', async () => {
    const before = await lab.account();
    const caller = lab.call(url);
    const { series, costs } = await bench('--memory', '256,512,1024', '--max-calls', '200');
    expect([...(await caller.stop()).keys()]).toEqual(['200 old']);
    expect([...new Set(series.map(({ memory }: { memory: number }) => memory))]).toEqual([256, 512, 1024]);
    expect(series.flatMap(({ errors }: { errors: [] }) => errors)).toEqual([]);
    expect(costs.map(({ memoryMb, basis }: Record<string, unknown>) => [memoryMb, basis])).toEqual([[256, 'billed'], [512, 'billed'], [1024, 'billed']]);
    expect(await lab.account()).toEqual(before);
    // The live release stands for its own size.
    expect(lab.gate.calls.filter(({ name }) => name === 'lambda:PublishVersion').length).toBe(2);
    expect(lab.gate.calls.filter(({ name }) => /Alias|Role|FunctionUrl/.test(name) && /Create|Update|Put|Delete/.test(name))).toEqual([]);
  });

  test('go when Ctrl-C comes', async () => {
    const before = await lab.account();
    const { child, done } = lab.begin(['bench', 'fast', '--users', '1', '--seconds', '120', '--memory', '128', '--calls', '5', '--target', 'aws', '--json', '--verbose']);
    await new Promise<void>((resolve) => child.stderr!.on('data', (text: string) => text.includes('under load') && resolve()));
    child.kill('SIGINT');
    const { code, stdout } = await done;
    expect([code, JSON.parse(stdout)]).toMatchObject([130, { interrupted: true, series: [{ memory: 128, label: 'cold', starts: { count: 1 } }, { memory: 128, label: 'warm' }, { memory: 128, label: '1 user' }] }]);
    expect(await lab.account()).toEqual(before);
  });

  test('are refused where the settings here are not those of the release', async () => {
    lab.write('mlfn.yaml', 'aws: {architecture: arm64}\n');
    const { error } = await lab.mlfn(['bench', 'fast', '--memory', '256'], { code: 2 });
    lab.write('mlfn.yaml', '');
    expect(error).toMatchObject({ code: 'BENCH_MEMORY', hint: expect.stringContaining('mlfn.yaml') });
  });
});
