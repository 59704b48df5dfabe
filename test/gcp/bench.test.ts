/** `mlfn bench` against Cloud Run, in both modes. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FaultsLab } from './faults-lab.ts';

const QUICK = ['--users', '1,2', '--seconds', '1', '--calls', '5'];

describe.each(['run', 'function'] as const)('mode %s', (mode) => {
  let lab: FaultsLab;
  beforeAll(async () => {
    lab = await FaultsLab.open(mode);
    const write = (name: string, text: string) => {
      writeFileSync(path.join(lab.folder, name), text);
      return path.join(lab.folder, name);
    };
    await lab.mlfn(['deploy', lab.app('fast', 'old'), '--name', 'fast', '--sample', write('sample.json', '{"a": 1}'), '--memory', '512']);
  });
  afterAll(() => lab?.close());
  const bench = (...args: string[]) => lab.mlfn(['bench', 'fast', ...QUICK, ...args]);

  test('the endpoint is asked with its own sample, and priced by what Cloud Run says of calls', async () => {
    const { series, costs, target, payload } = await bench('--max-calls', '60');
    expect([target, payload.from]).toEqual(['gcp', 'the sample of release 1']);
    expect(series.find(({ label }: { label: string }) => label === 'warm')).toMatchObject({ calls: 5, answered: 5 });
    expect(series.flatMap(({ errors }: { errors: [] }) => errors)).toEqual([]);
    expect(costs).toMatchObject([{ platform: 'Cloud Run', memoryMb: 512, cpu: 1, basis: 'handler' }]);
    expect(costs[0].billedMs % 100).toBeCloseTo(0, 8);
    expect(costs[0].perMillionCalls).toBeCloseTo(costs[0].billedMs * 1000 * (0.000024 + 0.5 * 0.0000025) + 0.4, 6);
  });

  test('memory sizes are refused: what was made for one would stay', async () => {
    const before = await lab.inventory();
    const { error } = await lab.mlfn(['bench', 'fast', ...QUICK, '--memory', '256,512'], { code: 2 });
    expect(error).toMatchObject({ code: 'BENCH_MEMORY', message: expect.stringContaining('on gcp'), hint: expect.stringContaining('name of its own') });
    expect(await lab.inventory()).toEqual(before);
  });
});
