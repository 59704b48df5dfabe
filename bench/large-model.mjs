// A 2 GB model is inspected, bundled and deployed locally; prints the peak resident memory of every Node process of
// mlfn (the command and the daemon). Fails when one of them is over 150 MB: then a file was read whole.
//
//   node bench/large-model.mjs [bytes]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const LIMIT = 150e6;
const bytes = Number(process.argv[2] ?? 2 ** 31);
const root = path.dirname(import.meta.dirname);
const python = path.join(root, '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-bench-'));
const env = { ...process.env, MLFN_HOME: path.join(work, 'home') };
let failed = false;

function run(command, args, extra = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', env: { ...env, ...extra }, maxBuffer: 2 ** 26 });
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')} exited ${done.status}\n${done.stderr}`);
  return done.stdout;
}

/** Runs a command of mlfn and prints its time and the peak of every Node process it started. */
function measure(...args) {
  const peaks = path.join(work, 'peaks');
  rmSync(peaks, { force: true });
  const preload = pathToFileURL(path.join(import.meta.dirname, 'peak-memory.mjs')).href;
  const start = performance.now();
  run(process.execPath, [path.join(root, 'bin/mlfn.js'), ...args], { NODE_OPTIONS: `--import ${preload}`, PEAK_MEMORY: peaks });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const all = existsSync(peaks) ? readFileSync(peaks, 'utf8').trim().split('\n').map(Number) : [];
  if (all.length === 0) throw new Error('no peak was recorded');
  const peak = Math.max(...all);
  if (peak > LIMIT) failed = true;
  console.log(`mlfn ${args[0].padEnd(8)} ${seconds.padStart(6)} s   peak ${(peak / 1e6).toFixed(0)} MB of Node memory${peak > LIMIT ? '   OVER 150 MB' : ''}`);
}

try {
  const model = path.join(work, 'big.joblib');
  run(python, [path.join(import.meta.dirname, 'large_model.py'), model, String(bytes)]);
  console.log(`node ${process.version}, ${os.cpus().length} cores, ${python}`);
  console.log(`model ${statSync(model).size} bytes, uncompressed joblib`);
  const local = ['--target', 'local', '--name', 'big', '--port', '0'];
  measure('inspect', model);
  measure('build', model, '--name', 'big', '--out', path.join(work, 'out'));
  measure('deploy', model, ...local.slice(0, 4), '--memory', '10240', '--timeout', '120', '--concurrency', '1');
  const row = JSON.stringify({ instances: [Array.from({ length: 64 }, () => 0.5)] });
  measure('invoke', 'big', '--data', row);
  measure('stop');
} finally {
  spawnSync(process.execPath, [path.join(root, 'bin/mlfn.js'), 'stop'], { env });
  rmSync(work, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
