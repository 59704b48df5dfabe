// Makes the repository's Python environment for tests: .venv, from test/requirements.txt.
import path from 'node:path';
import { bestPython, NO_PYTHON } from './find-python.mjs';
import { ensureVenv, fail, pythonOf } from './venv.mjs';

const root = path.dirname(import.meta.dirname);
const venv = path.join(root, '.venv');

await ensureVenv(venv, path.join(root, 'test/requirements.txt'), () => bestPython() ?? fail(NO_PYTHON));
console.log(pythonOf(venv));
