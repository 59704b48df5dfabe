// The main job on this machine, with nothing left behind: trains examples/heart-disease in a throw-away environment,
// deploys it to the local target, asks it for a prediction, and takes everything away again.
//   npm run demo             leaves nothing
//   npm run demo -- --keep   leaves the endpoint running and says how to stop it
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { bestPython, NO_PYTHON } from './find-python.mjs';

const root = path.dirname(import.meta.dirname);
const keep = process.argv.includes('--keep');
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-demo-'));
const home = path.join(work, 'home');
const example = path.join(work, 'heart-disease');
const venv = path.join(work, 'venv');
const python = path.join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
const env = { ...process.env, MLFN_HOME: home };
// The venv is named by its path alone, so that no variable of the caller's points elsewhere.
for (const name of ['PYTHONHOME', 'PYTHONPATH', 'VIRTUAL_ENV', 'CONDA_PREFIX']) delete env[name];
let deployed = false;
let finished = false;

process.on('exit', cleanUp);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

function cleanUp() {
  if (keep && finished) return;
  if (deployed) spawnSync(process.execPath, [path.join(root, 'bin/mlfn.js'), 'stop'], { env, cwd: work, stdio: 'ignore' });
  rmSync(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** Runs a step to its end; its output is the user's to see, except where it is wanted as text. */
function run(command, args, { cwd = root, capture = false } = {}) {
  const done = spawnSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', capture ? 'pipe' : 'inherit', 'inherit'] });
  if (done.status === 0) return done.stdout ?? '';
  console.error(`\nThe demo stopped: ${[path.basename(command), ...args].join(' ')} ended with ${done.status ?? done.signal ?? done.error?.message}.`);
  process.exit(done.status || 1);
}

/** What the command answered on stdout; its story goes to stderr as it happens. */
function mlfn(...args) {
  console.log(`\n$ mlfn ${args.join(' ')}`);
  const answer = run(process.execPath, [path.join(root, 'bin/mlfn.js'), ...args], { cwd: example, capture: true });
  console.log(answer.trimEnd());
  return answer;
}

const found = bestPython();
if (!found) {
  console.error(NO_PYTHON);
  process.exit(1);
}
console.log(`Python ${found.version} at ${found.executable}; everything is made in ${work}`);
run(process.execPath, [path.join(root, 'scripts/build.mjs')]);
run(found.executable, ['-m', 'venv', venv]);
run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'uv']);
const pins = path.join(root, 'test/requirements.txt');
run(python, ['-m', 'uv', 'pip', 'install', '--quiet', '--python', python, '--constraint', pins, 'scikit-learn', 'pandas']);
// mlfn takes this uv, and from this environment the versions that the model was trained with.
env.PATH = `${path.dirname(python)}${path.delimiter}${env.PATH ?? ''}`;
env.VIRTUAL_ENV = venv;

mkdirSync(example);
for (const file of ['train.py', 'hooks.py', 'payload.json', 'mlfn.yaml']) {
  cpSync(path.join(root, 'examples/heart-disease', file), path.join(example, file));
}
console.log('\n$ python train.py');
run(python, ['train.py'], { cwd: example });

deployed = true;
mlfn('deploy');
const answer = JSON.parse(mlfn('invoke', 'heart-disease', '--payload', 'payload.json'));
const [first] = JSON.parse(readFileSync(path.join(root, 'examples/heart-disease/expected.json'), 'utf8'));
if (!isDeepStrictEqual(answer, first.answer)) {
  console.error(`\nThe endpoint answered ${JSON.stringify(answer)}, not ${JSON.stringify(first.answer)}.`);
  process.exit(1);
}
finished = true;
if (keep) {
  const set = process.platform === 'win32' ? `set "MLFN_HOME=${home}" &&` : `MLFN_HOME=${home}`;
  console.log(`\nIt keeps running. To stop it: ${set} node ${path.join(root, 'bin/mlfn.js')} stop, then delete ${work}`);
} else console.log('\nThe endpoint is stopped and everything it made is deleted (npm run demo -- --keep leaves it running).');
