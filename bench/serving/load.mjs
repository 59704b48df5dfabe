// wrk, the load that every server gets: eight connections of one thread, each asking again as soon as it has its answer.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { fail } from '../../scripts/venv.mjs';

export const WRK = '4.1.0';
const WORDS = ['-t1', '-c8'];
const folder = path.join(path.dirname(path.dirname(import.meta.dirname)), '.bench/wrk', WRK);

/** How to run wrk: where there is none, Debian's packages are unpacked, which takes no rights. */
export function findWrk() {
  if (isWanted('wrk', process.env)) return { command: 'wrk', env: process.env };
  const command = path.join(folder, 'usr/bin/wrk');
  if (!existsSync(command)) unpack();
  const libraries = readdirSync(path.join(folder, 'usr/lib')).map((each) => path.join(folder, 'usr/lib', each));
  const env = { ...process.env, LD_LIBRARY_PATH: libraries.join(':') };
  return isWanted(command, env) ? { command, env } : fail(`The measurements need wrk ${WRK}. Install it and run this again.`);
}

/**
 * @param body file
 * @param seconds whole ones
 * @returns requests in a second, ms of p50 and p99, and how many requests failed or were not answered with 200
 */
export async function load({ command, env }, url, body, seconds) {
  const script = path.join(import.meta.dirname, 'wrk.lua');
  const { stdout } = await promisify(execFile)(command, [...WORDS, `-d${seconds}s`, '-s', script, url], { env: { ...env, BODY: body } });
  const { requests, microseconds, failed, p50, p99 } = JSON.parse(stdout.trim().split('\n').at(-1));
  return { rate: requests / (microseconds / 1e6), p50: p50 / 1000, p99: p99 / 1000, failed };
}

export const LOAD = `wrk ${WORDS.join(' ')}`;

function isWanted(command, env) {
  return spawnSync(command, ['-v'], { env, encoding: 'utf8' }).stdout?.includes(WRK) ?? false;
}

function unpack() {
  const debs = `${folder}.debs`;
  mkdirSync(debs, { recursive: true });
  const get = spawnSync('apt-get', ['download', 'wrk', 'libluajit-5.1-2', 'libluajit-5.1-common'], { cwd: debs, stdio: 'ignore' });
  if (get.status !== 0) fail(`The measurements need wrk ${WRK}, and apt-get cannot download it here. Install it and run this again.`);
  for (const deb of readdirSync(debs)) execFileSync('dpkg', ['-x', path.join(debs, deb), folder]);
  rmSync(debs, { recursive: true });
}
