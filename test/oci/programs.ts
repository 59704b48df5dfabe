/** Where scripts/oci-lab.mjs put the programs and the base; the sentence to read when one is missing. */
import { existsSync } from 'node:fs';
import path from 'node:path';

const lab = path.resolve(import.meta.dirname, '../../.oci-lab');
const say = (what: string) => new Error(`There is no ${what}. Run: node scripts/oci-lab.mjs`);

function built(name: string, version: string): string {
  const file = path.join(lab, `${name}-${version}`, process.platform === 'win32' ? `${name}.exe` : name);
  if (!existsSync(file)) throw say(file);
  return file;
}

export const crane = built('crane', 'v0.22.1');
/** A registry that lists referrers (test/oci/referring). */
export const referring = built('referring', 'v0.22.1');

/** One that writes zstd. */
export const modernNode = path.join(lab, 'node-24.11.1/node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
if (!existsSync(modernNode)) throw say(modernNode);

/** A folder for Python's path. */
export const cyclonedx = path.join(lab, 'cyclonedx-11.12.0');
if (!existsSync(cyclonedx)) throw say(cyclonedx);

/** An OCI layout of Debian 13 with Python 3.13 and glibc 2.41, tag `trixie`. */
export const debian = path.join(lab, 'base-trixie-2', 'layout');
if (!existsSync(path.join(debian, 'index.json'))) throw say(debian);

/** Of the system's packages. */
export function installed(program: 'skopeo' | 'umoci' | 'bwrap' | 'docker-registry'): string {
  const found = (process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, program)).find((file) => existsSync(file));
  if (found === undefined) throw say(program);
  return found;
}
