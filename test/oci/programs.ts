/** Where scripts/oci-lab.mjs put the programs and the base; the sentence to read when one is missing. */
import { existsSync } from 'node:fs';
import path from 'node:path';

const lab = path.resolve(import.meta.dirname, '../../.oci-lab');
const say = (what: string) => new Error(`There is no ${what}. Run: node scripts/oci-lab.mjs`);

export const crane = path.join(lab, 'crane-v0.22.1', process.platform === 'win32' ? 'crane.exe' : 'crane');
if (!existsSync(crane)) throw say(crane);

/** An OCI layout of Debian 13 with Python 3.13 and glibc 2.41, tag `trixie`. */
export const debian = path.join(lab, 'base-trixie-2', 'layout');
if (!existsSync(path.join(debian, 'index.json'))) throw say(debian);

/** Of the system's packages. */
export function installed(program: 'skopeo' | 'umoci' | 'bwrap' | 'docker-registry'): string {
  const found = (process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, program)).find((file) => existsSync(file));
  if (found === undefined) throw say(program);
  return found;
}
