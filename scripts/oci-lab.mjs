// Installs what the image tests run against: registries, judges of images, what runs one without Docker (apt, Go), and in .oci-lab a
// base image of Debian. Does nothing for what is there in the pinned version.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { buildGoProgram, makeGoProgram, make } from './go-program.mjs';
import { fail, pythonOf, run, takeLock } from './venv.mjs';

const root = path.dirname(import.meta.dirname);
const windows = process.platform === 'win32';
const lab = path.join(root, '.oci-lab');
const python = pythonOf(path.join(root, '.venv'));

const GO_PROGRAMS = [{ name: 'crane', version: 'v0.22.1', module: 'github.com/google/go-containerregistry/cmd/crane' }];
/** A registry that lists what refers to an image: the others here do not. */
const REFERRING = { name: 'referring', version: 'v0.22.1', source: path.join(root, 'test/oci/referring') };
/** Judges lists of packages. */
const CYCLONEDX = { wheel: 'cyclonedx-python-lib[json-validation]==11.12.0', folder: 'cyclonedx-11.12.0' };
/** A Node that writes zstd, whichever runs the tests. */
const NODE = { package: 'node@24.11.1', folder: 'node-24.11.1' };
/** Program -> package of Debian and Ubuntu. */
const PACKAGES = { skopeo: 'skopeo', umoci: 'umoci', bwrap: 'bubblewrap', mmdebstrap: 'mmdebstrap', 'docker-registry': 'docker-registry' };
/** Its Python is 3.13, its glibc 2.41. */
const BASE = { suite: 'trixie', packages: 'python3,libstdc++6,zlib1g', folder: 'base-trixie-2' };

function isThere(program) {
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, program)));
}

function apt(...args) {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo'];
  const [command, ...rest] = [...sudo, 'apt-get', '-o', 'DPkg::Lock::Timeout=400', ...args];
  return spawnSync(command, rest, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).status === 0;
}

function installPackages() {
  const missing = Object.keys(PACKAGES).filter((program) => !isThere(program));
  if (missing.length === 0) return;
  const install = ['install', '-y', '--no-install-recommends', ...missing.map((program) => PACKAGES[program])];
  if (existsSync('/usr/bin/apt-get') && (apt(...install) || (apt('update') && apt(...install)))) return;
  fail(`The image tests need ${missing.join(', ')}, which this machine has not.`);
}

function makeBase() {
  make(lab, BASE.folder, (folder) => {
    const tar = path.join(lab, `${BASE.suite}.tar`);
    run('mmdebstrap', ['--quiet', '--variant=essential', `--include=${BASE.packages}`, BASE.suite, tar]);
    const layout = path.join(folder, 'layout');
    const image = ['--image', `${layout}:${BASE.suite}`];
    run('umoci', ['init', '--layout', layout]);
    run('umoci', ['new', ...image]);
    run('umoci', ['raw', 'add-layer', ...image, tar]);
    run('umoci', ['config', ...image, '--config.env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', '--config.cmd', 'bash']);
    rmSync(tar);
  });
}

// Its pip brings a Go to machines that have none.
if (!existsSync(python) && spawnSync(process.execPath, [path.join(import.meta.dirname, 'python-env.mjs')], { stdio: 'inherit' }).status !== 0) {
  fail('The image tests need the Python environment of the others.');
}
mkdirSync(lab, { recursive: true });
await takeLock(path.join(lab, 'lock'));
installPackages();
for (const program of GO_PROGRAMS) makeGoProgram(lab, python, program);
buildGoProgram(lab, python, REFERRING);
make(lab, CYCLONEDX.folder, (folder) => run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', folder, CYCLONEDX.wheel]));
make(lab, NODE.folder, (folder) => run(windows ? 'npm.cmd' : 'npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, NODE.package]));
makeBase();
console.log(lab);
