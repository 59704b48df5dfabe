import { existsSync } from 'node:fs';
import path from 'node:path';

/** Interpreter of the tests' Python environment, which holds test/requirements.txt. */
export const python = path.join(
  import.meta.dirname,
  process.platform === 'win32' ? '../.venv/Scripts/python.exe' : '../.venv/bin/python',
);

if (!existsSync(python)) {
  throw new Error(`There is no ${python}. Run: node scripts/python-env.mjs`);
}
