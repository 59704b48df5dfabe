// The page's tests: `npm run test:page`. Apart from the other suites because they need a browser on the machine.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const vitest = path.join(path.dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const env = { ...process.env, MLFN_SUITE: 'page' };

for (const args of [['scripts/python-env.mjs'], ['scripts/chromium.mjs'], [vitest, 'run']]) {
  const done = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
}
