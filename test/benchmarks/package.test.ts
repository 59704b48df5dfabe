/** The benchmark of packages runs: one round of one model, with a peer that needs nothing but uv and zip. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Result } from './results.ts';

const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-test-bench-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

// It may have to make the environment of the models, and trains them.
const PATIENCE = 900_000;

test('one round is measured, and every package answers as the model does', { timeout: PATIENCE }, () => {
  const script = path.join(import.meta.dirname, '../../bench/package.mjs');
  const words = ['1', '--models', 'texts', '--without', 'sam,serverless,tutorial,7zz', '--results', work];
  const printed = execFileSync(process.execPath, [script, ...words], { encoding: 'utf8', stdio: 'pipe' });
  const result = JSON.parse(readFileSync(path.join(work, 'package.models.texts.without.sam,serverless,tutorial,7zz.json'), 'utf8')) as Result;
  expect(printed).toContain(`## ${result.title}`);
  expect(result.command).toBe('npm run bench:package -- 1 --models texts --without sam,serverless,tutorial,7zz');
  const rows = result.tables[0]?.rows ?? [];
  expect(rows.map(({ name }) => name)).toEqual(['mlfn (plain)', 'mlfn, native', 'mlfn, native, its lock not known', 'uv + zip -1']);
  for (const { cells } of rows) expect(cells[0]).toEqual([expect.any(Number)]);
  expect(printed).not.toContain('does not run');
});
