// Makes the repository's Python environment for tests: .venv, from test/requirements.txt. Does nothing when it is up to
// date. Two at once are safe: the second waits for the first.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const requirements = path.join(root, 'test/requirements.txt');
const venv = path.join(root, '.venv');
const stamp = path.join(venv, 'mlfn-requirements.sha256');
const lock = path.join(root, '.venv.lock');
const windows = process.platform === 'win32';
const venvPython = path.join(venv, windows ? 'Scripts/python.exe' : 'bin/python');

/** Best first: the examples' model files were trained on 3.12. */
const PREFERRED = ['3.12', '3.13', '3.11', '3.10', '3.14', '3.9'];
const PROBE = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2]); print(sys.executable)';

/** A pyenv shim or a Windows Store alias is a file that does not run, and Debian splits venv off: so each is asked. */
function probe(command, args = []) {
  const asked = spawnSync(command, [...args, '-c', PROBE], { encoding: 'utf8', timeout: 20_000 });
  if (asked.status !== 0) return null;
  const [version, executable] = asked.stdout.trim().split(/\r?\n/);
  return version && executable ? { version, executable } : null;
}

function* candidates() {
  const pyenv = path.join(process.env.PYENV_ROOT ?? path.join(os.homedir(), '.pyenv'), 'versions');
  const installed = existsSync(pyenv) ? readdirSync(pyenv).sort() : [];
  for (const version of PREFERRED) {
    yield [`python${version}`];
    if (windows) yield ['py', [`-${version}`]];
    for (const name of installed) {
      if (name.startsWith(`${version}.`)) yield [path.join(pyenv, name, windows ? 'python.exe' : 'bin/python')];
    }
  }
  yield ['python3'];
  yield ['python'];
}

function bestPython() {
  const usable = [];
  for (const [command, args] of candidates()) {
    const found = probe(command, args);
    if (found?.version === PREFERRED[0]) return found;
    if (found && PREFERRED.includes(found.version)) usable.push(found);
  }
  usable.sort((a, b) => PREFERRED.indexOf(a.version) - PREFERRED.indexOf(b.version));
  return usable[0] ?? null;
}

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
  if (!python) fail(`No Python from 3.9 to 3.14 with venv was found. Install one (Debian: apt install python3-venv) and run this again.`);
  console.error(`Python ${python.version} at ${python.executable} -> ${venv}`);
  rmSync(stamp, { force: true });
  rmSync(venv, { recursive: true, force: true });
  run(python.executable, ['-m', 'venv', venv]);
  run(venvPython, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'uv']);
  run(venvPython, ['-m', 'uv', 'pip', 'install', '--quiet', '--compile-bytecode', '--python', venvPython, '-r', requirements]);
  writeFileSync(stamp, key());
}
