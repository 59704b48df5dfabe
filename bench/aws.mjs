// What a deploy to AWS sends, asks and takes: against the emulator on this machine, through the tests' gate, which counts.
//
//   npm run bench:aws [-- RUNS]        5 runs of each unless said; medians are printed
//
// Aims: a changed model sends at most itself compressed and 64 KiB; a rollback is one changing call. Ends with 1 when not.
import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = path.dirname(import.meta.dirname);
const runs = Number(process.argv[2] ?? 5);
const python = path.join(root, '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-bench-aws-'));
const home = path.join(work, 'home');
const name = 'heart';
let failed = false;

/** The tests' emulator and gate, which are TypeScript. */
async function lab() {
  const outfile = path.join(work, 'lab.mjs');
  const folder = path.join(root, 'test/aws/lab');
  await build({
    stdin: { contents: "export * from './ministack.ts'; export * from './gate.ts';", resolveDir: folder },
    bundle: true, platform: 'node', format: 'esm', outfile, packages: 'external',
    define: { 'import.meta.dirname': JSON.stringify(folder) },
  });
  return import(outfile);
}

function mlfn(args, env) {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const all = { ...process.env, MLFN_HOME: home, ...env };
    execFile(process.execPath, [path.join(root, 'bin/mlfn.js'), ...args, '--target', 'aws', '--json'], { cwd: work, env: all }, (error, stdout) => {
      if (error) reject(new Error(stdout));
      else resolve((performance.now() - begun) / 1000);
    });
  });
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const rows = {};

async function measure(what, gate, args) {
  gate.clear();
  const seconds = await mlfn(args, gate.env);
  (rows[what] ??= []).push({ seconds, sent: gate.sent(), calls: gate.calls.length, changes: gate.changes().length });
}

function retrain(seed) {
  const code = 'import joblib, sys; m = joblib.load("model.joblib"); m[-1].intercept_ += float(sys.argv[1]); joblib.dump(m, "model.joblib")';
  execFileSync(python, ['-c', code, String(seed)], { cwd: work });
}

const { startMinistack, startGate } = await lab();
try {
  for (const file of ['model.joblib', 'payload.json', 'hooks.py']) copyFileSync(path.join(root, 'examples/heart-disease', file), path.join(work, file));
  const deploy = ['deploy', 'model.joblib', '--name', name, '--sample', 'payload.json'];
  for (let run = 0; run < runs; run++) {
    // An empty account each time; the wheels are on this machine after the first run, which is not counted below.
    const cloud = await startMinistack();
    const gate = await startGate({ target: cloud.endpoint });
    try {
      if (run === 0) {
        await mlfn([...deploy], gate.env);
        await mlfn(['delete', name, '--yes'], gate.env);
        gate.clear();
      }
      await measure('first deploy', gate, deploy);
      await measure('nothing changed', gate, deploy);
      retrain(run + 1);
      await measure('model changed', gate, deploy);
      await measure('rollback', gate, ['rollback', name]);
    } finally {
      await gate.stop();
      await cloud.stop();
    }
  }
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  console.log(`npm run bench:aws -- ${runs}`);
  console.log(`mlfn ${version}, node ${process.version}, ministack 1.5.33, ${os.cpus().length} cores, ${os.cpus()[0]?.model}; medians of ${runs}`);
  for (const [what, all] of Object.entries(rows)) {
    const of = (key) => median(all.map((each) => each[key]));
    console.log(`${what.padEnd(16)} ${of('seconds').toFixed(2).padStart(7)} s ${String(of('sent')).padStart(12)} bytes sent ${String(of('calls')).padStart(4)} calls, ${of('changes')} changing`);
  }
  const model = gzipSync(readFileSync(path.join(work, 'model.joblib'))).length;
  const sent = Math.max(...rows['model changed'].map((each) => each.sent));
  console.log(`model changed sends at most ${sent} bytes: the model compressed (${model}) and ${sent - model}`);
  if (sent > model + 64 * 1024) failed = true;
  if (rows['rollback'].some((each) => each.changes !== 1)) failed = true;
} finally {
  rmSync(work, { recursive: true, force: true });
}
if (failed) console.log('an aim was missed');
process.exit(failed ? 1 : 0);
