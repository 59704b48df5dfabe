/** Where scripts/gcp-lab.mjs put the programs; the sentence to read when one is missing. */
import { existsSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');
const exe = process.platform === 'win32' ? '.exe' : '';
const PROGRAMS = { 'fake-gcs-server': `.gcp-lab/fake-gcs-server-v1.56.1/fake-gcs-server${exe}` } as const;

/** The program's path. Throws when it is not installed: a test that needs it fails, and says what to install. */
export function program(name: keyof typeof PROGRAMS): string {
  const found = path.join(root, PROGRAMS[name]);
  if (!existsSync(found)) throw new Error(`There is no ${found}. It needs Go modules; run: node scripts/gcp-lab.mjs`);
  return found;
}
