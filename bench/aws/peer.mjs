// Installs the peer, AWS SAM, into .bench/ with pinned hashes and byte code; nothing when it is there. `npm test` does not need it.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { bestPython } from '../../scripts/find-python.mjs';
import { ensureVenv, fail, pythonOf } from '../../scripts/venv.mjs';

const root = path.dirname(path.dirname(import.meta.dirname));

/** @returns the folder of its commands, its version, and the package with which ministack understands its templates */
export async function installSam() {
  const venv = path.join(root, '.bench/sam');
  const translator = path.join(root, '.bench/translator');
  mkdirSync(path.dirname(venv), { recursive: true });
  await ensureVenv(venv, path.join(import.meta.dirname, 'sam/requirements.txt'), pythonOfTheRuntime);
  const asked = 'import samcli, samtranslator; print(samtranslator.__path__[0], samtranslator.__version__, samcli.__version__)';
  const [source, transform, version] = spawnSync(pythonOf(venv), ['-c', asked], { encoding: 'utf8' }).stdout.trim().split(' ');
  rmSync(translator, { recursive: true, force: true });
  cpSync(source, path.join(translator, 'samtranslator'), { recursive: true });
  return { bin: path.dirname(pythonOf(venv)), version, transform, translator };
}

function pythonOfTheRuntime() {
  return bestPython(['3.12']) ?? fail("`sam build` needs the Python of the function's runtime, 3.12, with venv. Install it and run this again.");
}
