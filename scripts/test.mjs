// All tests: `npm test`. Every suite runs, also after one has failed, and leaves its counts in test-results/.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const vitest = path.join(path.dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const python = path.join(root, process.platform === 'win32' ? '.venv/Scripts/python.exe' : '.venv/bin/python');

function run(command, ...args) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (done.error) console.error(done.error.message);
  return done.status === 0;
}

mkdirSync(path.join(root, 'test-results'), { recursive: true });
if (!run(process.execPath, 'scripts/python-env.mjs')) process.exit(1);
const passed = [
  // Where one cannot be made, the tests of its target fail and say so; the others run.
  run(process.execPath, 'scripts/aws-lab.mjs'),
  run(process.execPath, 'scripts/gcp-lab.mjs'),
  run(process.execPath, 'scripts/oci-lab.mjs'),
  run(python, '-m', 'ruff', 'check', 'templates', 'examples', 'test', 'bench'),
  run(python, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--junitxml=test-results/pytest.xml', 'test/templates'),
  run(process.execPath, vitest, 'run'),
];
process.exit(passed.every(Boolean) ? 0 : 1);
