/** Where scripts/aws-lab.mjs put the programs; the sentence to read when one is missing. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');
const windows = process.platform === 'win32';
const python = windows ? 'Scripts/python.exe' : 'bin/python';
const exe = windows ? '.exe' : '';

const PROGRAMS = {
  'labPython': [`.venv-aws/${python}`, 'Python 3.12 or 3.13'],
  'handlerPython': [`.aws-lab/runtime/${python}`, 'Python 3.12 or 3.13'],
  'versitygw': [`.aws-lab/versitygw-v1.8.0/versitygw${exe}`, 'Go modules'],
  'toxiproxy': [`.aws-lab/toxiproxy-v2.5.0/toxiproxy${exe}`, 'Go modules'],
  'runtimeEmulator': ['.aws-lab/rie-1.170.0/aws-lambda-rie', 'Linux'],
} as const;

/** The program's path. Throws when it is not installed: a test that needs it fails, and says what to install. */
export function program(name: keyof typeof PROGRAMS): string {
  const [file, needs] = PROGRAMS[name];
  const found = path.join(root, file);
  if (!existsSync(found)) throw new Error(`There is no ${found}. It needs ${needs}; then run: node scripts/aws-lab.mjs`);
  return found;
}

/** site-packages of .venv-aws. */
export function labPackages(): string {
  const venv = path.dirname(path.dirname(program('labPython')));
  if (windows) return path.join(venv, 'Lib/site-packages');
  const [version = ''] = readdirSync(path.join(venv, 'lib')).filter((name) => name.startsWith('python3.'));
  return path.join(venv, 'lib', version, 'site-packages');
}
