// Debian's registry on this machine, empty but for the base; what it was sent is what lies in its folder.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../../scripts/venv.mjs';

const lab = path.join(path.dirname(path.dirname(import.meta.dirname)), '.oci-lab');
const folderOf = (name) => readdirSync(lab).find((each) => each.startsWith(name)) ?? fail(`There is no ${name} in ${lab}. Run: node scripts/oci-lab.mjs`);

export const crane = path.join(lab, folderOf('crane-'), 'crane');
const base = path.join(lab, folderOf('base-trixie-'), 'layout');

/** Where it lies in the registry. */
export const BASE = 'base:trixie';

/** @param lab of bench/aws/lab.mjs. @returns `{host, bytes(), stop()}`: bytes that it holds, the base included */
export async function startRegistry({ startServer, freePort }, work) {
  const host = `127.0.0.1:${await freePort()}`;
  const folder = path.join(work, 'registry');
  const storage = path.join(folder, 'storage');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(storage, { recursive: true });
  const config = path.join(folder, 'config.yml');
  writeFileSync(config, `version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: ${storage}}\nhttp:\n  addr: ${host}\n`);
  const ready = () => fetch(`http://${host}/v2/`).then(({ ok }) => ok, () => false);
  const server = await startServer({ command: 'docker-registry', args: ['serve', config], folder, ready });
  execFileSync('skopeo', ['copy', '--quiet', '--dest-tls-verify=false', `oci:${base}:trixie`, `docker://${host}/${BASE}`]);
  return { host, bytes: () => weigh(storage), stop: server.stop };
}

function weigh(folder) {
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile() && each.name === 'data');
  return files.reduce((sum, each) => sum + statSync(path.join(each.parentPath, each.name)).size, 0);
}
