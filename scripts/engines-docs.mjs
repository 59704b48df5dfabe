// Writes docs/engines.md from what every model of test/templates/compile/matrix.py gets; the test beside it says whether it is
// current.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { writeOrCheck } from './generated.mjs';

const root = path.dirname(import.meta.dirname);
const python = path.join(root, process.platform === 'win32' ? '.venv/Scripts/python.exe' : '.venv/bin/python');
const { status, stdout, error } = spawnSync(python, ['test/templates/compile/engines.py'], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
if (status !== 0) throw error ?? new Error(`engines.py ended with ${status}`);
writeOrCheck('docs/engines.md', stdout);
