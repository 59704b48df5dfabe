// Finds a Python for the scripts of this repository.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const windows = process.platform === 'win32';

/** Best first: the examples' model files were trained on 3.12. */
const PREFERRED = ['3.12', '3.13', '3.11', '3.10', '3.14', '3.9'];
const PROBE = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2]); print(sys.executable)';

/** A pyenv shim or a Windows Store alias is a file that does not run, and Debian splits venv off: so each is asked. */
export function probe(command, args = []) {
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

/** `{version, executable}` of the best Python that can make environments, of those versions (best first), or null. */
export function bestPython(versions = PREFERRED) {
  const usable = [];
  for (const [command, args] of candidates()) {
    const found = probe(command, args);
    if (found?.version === versions[0]) return found;
    if (found && versions.includes(found.version)) usable.push(found);
  }
  usable.sort((a, b) => versions.indexOf(a.version) - versions.indexOf(b.version));
  return usable[0] ?? null;
}

export const NO_PYTHON =
  'No Python from 3.9 to 3.14 with venv was found. Install one (Debian: apt install python3-venv) and run this again.';
