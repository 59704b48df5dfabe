// Installs the peers into .bench/, in pinned versions; nothing when they are there. AWS SAM: bench/aws/peer.mjs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { make } from '../../scripts/go-program.mjs';
import { fail, run } from '../../scripts/venv.mjs';

const root = path.dirname(path.dirname(import.meta.dirname));
const bench = path.join(root, '.bench');
/** The last version without a login. */
const SERVERLESS = { serverless: '3.40.0', 'serverless-python-requirements': '6.1.2' };

/** @returns the script that Node runs, the folder of its plugins, and versions */
export function installServerless() {
  const name = `serverless-${SERVERLESS.serverless}-${SERVERLESS['serverless-python-requirements']}`;
  const modules = path.join(bench, name, 'node_modules');
  mkdirSync(bench, { recursive: true });
  make(bench, name, (folder) => {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const packages = Object.entries(SERVERLESS).map(([each, version]) => `${each}@${version}`);
    run(npm, ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-package-lock', '--silent', ...packages]);
  });
  return { script: path.join(modules, 'serverless/bin/serverless.js'), modules, versions: SERVERLESS };
}

/**
 * An archiver: the machine's own, else unpacked from Debian's package. The script ends, and says what to do, where there is neither.
 * @param command `zip` or `7zz`
 */
export function archiver(command, debian) {
  if (spawnSync(process.platform === 'win32' ? 'where' : 'which', [command]).status === 0) return command;
  const found = path.join(bench, debian, 'usr/bin', command);
  if (existsSync(found)) return found;
  mkdirSync(bench, { recursive: true });
  make(bench, debian, (folder) => {
    const got = spawnSync('apt-get', ['download', '-qq', debian], { cwd: folder, stdio: ['ignore', 'inherit', 'pipe'], encoding: 'utf8' });
    const file = got.status === 0 ? readdirSync(folder).find((each) => each.endsWith('.deb')) : undefined;
    if (file === undefined) fail(`There is no ${command} on this machine, and apt-get download ${debian} did not bring it. Install it and run this again, or leave it out: --without ${command}.\n${got.stderr ?? ''}`);
    run('dpkg-deb', ['-x', path.join(folder, file), folder]);
  });
  return found;
}

/** The version that a program prints with these words. */
export function versionOf(program, words, pattern) {
  const told = spawnSync(program, words, { encoding: 'utf8' });
  return pattern.exec(`${told.stdout}${told.stderr}`)?.[1] ?? 'of unknown version';
}
