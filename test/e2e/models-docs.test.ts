/** Each kind of model file is deployed here, and docs/models.md tells what came of it. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

test('the table of docs/models.md is what deploys of these files give', { timeout: 1_200_000 }, () => {
  const script = path.join(import.meta.dirname, '../../scripts/models-docs.mjs');
  const ran = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect(ran.status, ran.stdout + ran.stderr).toBe(0);
});
