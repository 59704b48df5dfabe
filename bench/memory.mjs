// The peak resident memory of every Node process of mlfn (the command and the daemon) while a model of 2 GB is inspected, bundled,
// deployed locally and asked: npm run bench:memory [-- --bytes N]. Over 150 MB a file was read whole.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from '../scripts/build.mjs';
import { pythonOf } from '../scripts/venv.mjs';
import { begin, wordsOf } from './measured/record.mjs';

const LIMIT = 150;
const { values } = wordsOf({ options: { bytes: { type: 'string', default: String(2 ** 31) } } });
const root = path.dirname(import.meta.dirname);
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-bench-'));
const env = { ...process.env, MLFN_HOME: path.join(work, 'home') };

function run(command, args, extra = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', env: { ...env, ...extra }, maxBuffer: 2 ** 26 });
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')} exited ${done.status}\n${done.stderr}`);
  return done.stdout;
}

/** Runs a command of mlfn. @returns seconds, and the peak in MB of the largest of the Node processes that it started */
function measure(...args) {
  const peaks = path.join(work, 'peaks');
  rmSync(peaks, { force: true });
  const preload = pathToFileURL(path.join(import.meta.dirname, 'peak-memory.mjs')).href;
  const start = performance.now();
  run(process.execPath, [path.join(root, 'bin/mlfn.js'), ...args], { NODE_OPTIONS: `--import ${preload}`, PEAK_MEMORY: peaks });
  const seconds = (performance.now() - start) / 1000;
  const all = existsSync(peaks) ? readFileSync(peaks, 'utf8').trim().split('\n').map(Number) : [];
  if (all.length === 0) throw new Error('no peak was recorded');
  const peak = Math.max(...all) / 1e6;
  record.tell(`mlfn ${args[0]}  ${seconds.toFixed(1)} s, ${peak.toFixed(0)} MB`);
  return { name: `\`mlfn ${args[0]}\``, cells: [[seconds], [peak]] };
}

await build();
const record = begin('memory', 5);
let met = false;
try {
  const model = path.join(work, 'big.joblib');
  run(pythonOf(path.join(root, '.venv')), [path.join(import.meta.dirname, 'memory/large_model.py'), model, values.bytes]);
  const local = ['--target', 'local', '--name', 'big'];
  const row = JSON.stringify({ instances: [Array.from({ length: 64 }, () => 0.5)] });
  const rows = [
    measure('inspect', model),
    measure('build', model, '--name', 'big', '--out', path.join(work, 'out')),
    measure('deploy', model, ...local, '--memory', '10240', '--timeout', '120', '--concurrency', '1'),
    measure('invoke', 'big', '--data', row),
    measure('stop'),
  ];
  met = record.keep({
    title: 'Memory with a large model',
    text: [`A nearest-neighbours model of ${(statSync(model).size / 1e9).toFixed(1)} GB, an uncompressed joblib file. The peak is that of the largest Node process, the daemon included; the Python that serves holds the model, and is not counted.`],
    facts: ['once each: the peak does not depend on what else the machine does'],
    versions: {},
    tables: [{ title: 'command', columns: [{ name: 'seconds', digits: 1 }, { name: 'MB at the peak', digits: 0 }], rows }],
    aims: [{ aim: 'MB of memory in Node, whatever the size of the model', values: [Math.max(...rows.map(({ cells }) => cells[1][0]))], most: LIMIT, digits: 0 }],
  }, values.results);
} finally {
  spawnSync(process.execPath, [path.join(root, 'bin/mlfn.js'), 'stop'], { env });
  rmSync(work, { recursive: true, force: true });
}
process.exit(met ? 0 : 1);
