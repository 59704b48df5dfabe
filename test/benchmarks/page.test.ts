/** docs/benchmarks.md is made from what the parts left behind, and hides nothing of it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { type Result, resultOf } from './results.ts';

const script = path.join(import.meta.dirname, '../../bench/page.mjs');
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-test-page-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function pageOf(...results: Result[]): string {
  const folder = mkdtempSync(path.join(work, 'results-'));
  const file = path.join(folder, 'page.md');
  for (const result of results) writeFileSync(path.join(folder, `${result.part}.json`), JSON.stringify(result));
  execFileSync(process.execPath, [script, folder, file], { stdio: 'pipe' });
  return readFileSync(file, 'utf8');
}

test('a figure is told with its median, its spread and its rounds', () => {
  const columns = [{ name: 'seconds' }, { name: 'bytes', digits: 0 }, { name: 'ratio', digits: 1 }, { name: 'note' }];
  const cells = [[3, 1, 2.5, 10], [1234567, 1234567, 1234567, 1234567], [2], 'in words'];
  const page = pageOf(resultOf('package', { tables: [{ title: 'party', columns, rows: [{ name: 'mlfn', cells }] }] }));
  expect(page).toContain('| party | n | seconds | bytes | ratio | note |');
  expect(page).toContain('| mlfn | 4 | 2.75 (1.00 to 10.00) | 1,234,567 | 2.0, n 1 | in words |');
});

test('what was run, when, of which commit and on which machine is told', () => {
  expect(pageOf(resultOf('startup'))).toContain(
    '- `npm run bench:startup -- 5`, 2026-11-21 12:00 UTC, commit abc1234\n- mlfn 0.1.0\n- Linux x64, 2 cores, load average 1.0 (0.5 to 1.5)\n- a fact\n',
  );
});

test('parts come in the order of the page, whatever is there of them', () => {
  const page = pageOf(resultOf('startup'), resultOf('package'), resultOf('aws'));
  expect([...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(['Aims', 'Of package', 'Of aws', 'Of startup']);
  expect(page).toContain('Not measured yet: `npm run bench:serving`, `npm run bench:image`, `npm run bench:networks`, `npm run bench:gcp`, `npm run bench:memory`.');
});

test('what was measured again in part stands below the whole, and its aims in place of the older ones', () => {
  const aims = (...values: number[]) => [{ aim: 'ahead of a', values: [0.9], least: 1 }, { aim: 'ahead of b', values, least: 1 }];
  const folder = mkdtempSync(path.join(work, 'again-'));
  const again = resultOf('serving', { command: 'npm run bench:serving -- 5 --models b', date: '2026-11-22T12:00:00.000Z', aims: aims(1.5).slice(1) });
  writeFileSync(path.join(folder, 'serving.json'), JSON.stringify(resultOf('serving', { aims: aims(0.8) })));
  writeFileSync(path.join(folder, 'serving.models.b.json'), JSON.stringify(again));
  execFileSync(process.execPath, [script, folder, path.join(folder, 'page.md')], { stdio: 'pipe' });
  const page = readFileSync(path.join(folder, 'page.md'), 'utf8');
  expect([...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(['Aims', 'Of serving', 'Of serving, `--models b`']);
  const [, table = ''] = page.split('## ');
  expect([...table.matchAll(/ahead of . .*/g)].map(([line]) => line)).toEqual(['ahead of a | at least 1 | 0.9 | 1 | **missed** |', 'ahead of b | at least 1 | 1.5 | 1 | met |']);
});

test('an aim that is missed, or was not measured, is said so twice: in its part and above', () => {
  const least = { aim: 'times faster', values: [3, 3.5, 5], least: 4 };
  const most = { aim: 'ms over', values: [150], most: 150 };
  const never = { aim: 'MB', values: [], most: 150, why: 'no peer here' };
  const page = pageOf(resultOf('package', { aims: [least, most, never] }));
  expect(page).toContain('| Of package | times faster | at least 4 | 3.5 (3.0 to 5.0) | 3 | **missed** |');
  expect(page).toContain('- **missed**: times faster, at least 4: 3.5 (3.0 to 5.0), n 3\n');
  expect(page).toContain('- met: ms over, at most 150: 150.0\n');
  expect(page).toContain('| Of package | MB | at most 150 | not measured: no peer here | 0 | **missed** |');
});

test('an aim is met when, and only when, the median is on its side', () => {
  const samples = fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(samples, fc.integer({ min: 1, max: 99 }), fc.boolean(), (values, limit, upwards) => {
      const sorted = values.toSorted((a, b) => a - b);
      const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1] ?? 0, sorted[Math.floor(sorted.length / 2)] ?? 0];
      const median = (low + high) / 2;
      const page = pageOf(resultOf('aws', { aims: [{ aim: 'an aim', values, ...(upwards ? { least: limit } : { most: limit }) }] }));
      expect(page.includes('- met: an aim')).toBe(upwards ? median >= limit : median <= limit);
    }),
    { numRuns: 15 },
  );
});

test('without results no page is written', () => {
  const empty = mkdtempSync(path.join(work, 'empty-'));
  const done = spawnSync(process.execPath, [script, empty, path.join(empty, 'page.md')], { encoding: 'utf8' });
  expect(done.status).toBe(1);
  expect(done.stderr).toContain('npm run bench:all');
});
