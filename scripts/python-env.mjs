// Makes the repository's Python environment for tests: .venv, from test/requirements.txt. Does nothing when it is up to
// date. Two at once are safe: the second waits for the first.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bestPython, NO_PYTHON, probe } from './find-python.mjs';

const root = path.dirname(import.meta.dirname);
const requirements = path.join(root, 'test/requirements.txt');
const venv = path.join(root, '.venv');
const stamp = path.join(venv, 'mlfn-requirements.sha256');
const lock = path.join(root, '.venv.lock');
const venvPython = path.join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

function run(command, args) {
  const env = { ...process.env, VIRTUAL_ENV: venv };
  delete env.PYTHONHOME;
  const done = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  if (done.status !== 0) fail(`${command} ${args.join(' ')} failed${done.error ? `: ${done.error.message}` : ''}`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The lock file holds its owner's process id, so one left by a kill is seen as such. */
async function takeLock() {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      process.on('exit', () => rmSync(lock, { force: true }));
      for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!ownerLives()) rmSync(lock, { force: true });
    await wait(500);
  }
}

function ownerLives() {
  try {
    const owner = Number(readFileSync(lock, 'utf8'));
    if (owner > 0) process.kill(owner, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function key() {
  return createHash('sha256').update(readFileSync(requirements)).digest('hex');
}

function upToDate() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === key() && probe(venvPython) !== null;
}

if (!upToDate()) {
  await takeLock();
  if (!upToDate()) build();
}
console.log(venvPython);

function build() {
  const python = bestPython();
  if (!python) fail(NO_PYTHON);
  console.error(`Python ${python.version} at ${python.executable} -> ${venv}`);
  rmSync(stamp, { force: true });
  rmSync(venv, { recursive: true, force: true });
  run(python.executable, ['-m', 'venv', venv]);
  run(venvPython, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'uv']);
  run(venvPython, ['-m', 'uv', 'pip', 'install', '--quiet', '--compile-bytecode', '--python', venvPython, '-r', requirements]);
  writeFileSync(stamp, key());
}
