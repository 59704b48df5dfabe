// Makes a Python environment from a requirements file. Does nothing when it is up to date. Two at once are safe: the
// second waits for the first.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { probe } from './find-python.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function pythonOf(venv) {
  return path.join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
}

/** Runs a command of a script's work to its end; the script ends when it fails. */
export function run(command, args, env = process.env) {
  const done = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  if (done.status !== 0) fail(`${command} ${args.join(' ')} failed${done.error ? `: ${done.error.message}` : ''}`);
}

export function fail(message) {
  console.error(message);
  process.exit(1);
}

/** `findPython()` gives the `{version, executable}` to make it with; it fails by itself when there is none. */
export async function ensureVenv(venv, requirements, findPython) {
  const stamp = path.join(venv, 'mlfn-requirements.sha256');
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const upToDate = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === key && probe(pythonOf(venv)) !== null;
  if (upToDate()) return;
  await takeLock(`${venv}.lock`);
  if (upToDate()) return;
  const python = findPython();
  console.error(`Python ${python.version} at ${python.executable} -> ${venv}`);
  rmSync(stamp, { force: true });
  rmSync(venv, { recursive: true, force: true });
  run(python.executable, ['-m', 'venv', venv]);
  install(venv, requirements);
  writeFileSync(stamp, key);
}

function install(venv, requirements) {
  const python = pythonOf(venv);
  const env = { ...process.env, VIRTUAL_ENV: venv };
  delete env.PYTHONHOME;
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'uv'], env);
  run(python, ['-m', 'uv', 'pip', 'install', '--quiet', '--compile-bytecode', '--python', python, '-r', requirements], env);
}

/** The lock file holds its owner's process id, so one left by a kill is seen as such. It goes with this process. */
export async function takeLock(lock) {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      process.on('exit', () => rmSync(lock, { force: true }));
      for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!ownerLives(lock)) rmSync(lock, { force: true });
    await wait(500);
  }
}

function ownerLives(lock) {
  try {
    const owner = Number(readFileSync(lock, 'utf8'));
    if (owner === process.pid) return false;
    if (owner > 0) process.kill(owner, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
