/** What of the cache of images goes when a command begins: what nobody used for long, and never beside another command. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bundled } from '../../scripts/sources.mjs';
import { useCache } from '../../src/oci/index.ts';
import { Lab as CommandLab } from '../e2e/lab.ts';
import { linkTree, warmUv } from '../e2e/warm.ts';
import { type Lab, makeLab } from './lab.ts';
import { writeSmallBase } from './small-base.ts';
import { smallImage } from './small-image.ts';

const DAY = 24 * 3600;
const cacheOf = ({ ctx }: Pick<Lab, 'ctx'>) => path.join(ctx.home.cache, 'oci');

/** @param size without bytes on the disk */
function put(file: string, days: number, content = '', size?: number): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  if (size !== undefined) truncateSync(file, size);
  const at = Date.now() / 1000 - days * DAY;
  utimesSync(file, at, at);
  return file;
}

const blob = (lab: Lab, letter: string, days: number, size?: number) => put(path.join(cacheOf(lab), 'blobs/sha256', letter.repeat(64)), days, 'bytes', size);
const left = (lab: Lab, folder = 'blobs/sha256') => readdirSync(path.join(cacheOf(lab), folder)).map((name) => name.slice(0, 1)).toSorted();
const used = async (lab: Lab) => (await useCache(lab.ctx))();

test('unused for a month, a blob goes with what is known of it, and an upload after a week', async () => {
  const lab = makeLab();
  for (const [letter, days] of [['a', 31], ['b', 29], ['c', 0]] as const) {
    blob(lab, letter, days);
    put(path.join(cacheOf(lab), 'layers', `${letter}.json`), days, JSON.stringify({ digest: `sha256:${letter.repeat(64)}`, size: 5 }));
    put(path.join(cacheOf(lab), 'facts', `${letter}.json`), days, '{}');
  }
  put(path.join(cacheOf(lab), 'layers/damaged.json'), 0, '{');
  put(path.join(cacheOf(lab), 'uploads/old'), 8);
  put(path.join(cacheOf(lab), 'uploads/new'), 6);
  await used(lab);
  expect([left(lab), left(lab, 'layers'), left(lab, 'facts'), left(lab, 'uploads'), left(lab, 'users')]).toEqual([['b', 'c'], ['b', 'c'], ['b', 'c'], ['n'], []]);
});

test('above 20 GB the longest unused go, none of the last day', async () => {
  const lab = makeLab();
  for (const [letter, days] of [['a', 9], ['b', 5], ['c', 2], ['d', 0.5], ['e', 0]] as const) blob(lab, letter, days, 6e9);
  await used(lab);
  expect(left(lab)).toEqual(['c', 'd', 'e']);
  blob(lab, 'f', 0, 18e9);
  await used(lab);
  expect(left(lab)).toEqual(['d', 'e', 'f']);
});

test('what a killed command was writing goes, and what a running one writes stays', async () => {
  const lab = makeLab();
  const ended = spawn(process.execPath, ['-e', '']);
  await once(ended, 'close');
  const name = (pid: number | undefined, host = os.hostname()) => path.join(cacheOf(lab), 'blobs/sha256', `.${'a'.repeat(64)}.tmp-${host}-${pid}-${randomBytes(4).toString('hex')}`);
  put(name(ended.pid), 0, 'half');
  put(name(1, 'other-host'), 2, 'half');
  const stay = [put(name(process.pid), 0, 'half'), put(name(1, 'other-host'), 0.5, 'half')];
  await used(lab);
  expect(readdirSync(path.join(cacheOf(lab), 'blobs/sha256')).toSorted()).toEqual(stay.map((file) => path.basename(file)).toSorted());
});

test('nothing goes beside a command that runs; after its kill -9 it does', async () => {
  const lab = makeLab();
  const holder = spawn(process.execPath, [await bundled(path.join(import.meta.dirname, 'holder.mjs')), lab.ctx.home.root], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  blob(lab, 'a', 100);
  await used(lab);
  expect(left(lab)).toEqual(['a']);
  holder.kill('SIGKILL');
  await once(holder, 'close');
  expect(left(lab, 'users')).toEqual(['u']);
  await used(lab);
  expect([left(lab), left(lab, 'users')]).toEqual([[], []]);
});

test('a command waits for one that sweeps, and not for one that was killed at it', async () => {
  const lab = makeLab();
  const users = path.join(cacheOf(lab), 'users');
  const ended = spawn(process.execPath, ['-e', '']);
  await once(ended, 'close');
  put(path.join(users, `sweep-${os.hostname()}-${ended.pid}-00000000`), 0);
  // A process of another machine, or of a container before this one, that had the same number.
  put(path.join(users, `sweep-${os.hostname()}-${process.pid}-00000002`), 0.01);
  put(path.join(users, 'sweep-other-host-1-00000003'), 0.01);
  blob(lab, 'a', 100);
  await used(lab);
  expect([left(lab), left(lab, 'users')]).toEqual([[], []]);
  const sweeping = put(path.join(users, `sweep-${os.hostname()}-${process.pid}-00000001`), 0);
  let over = false;
  const waiting = used(lab).finally(() => (over = true));
  await expect.poll(() => readdirSync(users).some((name) => name.startsWith('use-'))).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(over).toBe(false);
  const aborted = makeLab();
  put(path.join(cacheOf(aborted), 'users', path.basename(sweeping)), 0);
  aborted.abort();
  await expect(useCache(aborted.ctx)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  rmSync(sweeping);
  await waiting;
  expect([left(lab, 'users'), left(aborted, 'users')]).toEqual([[], ['s']]);
});

test('of two that begin at once, or many, each comes to its end and leaves nothing', async () => {
  const lab = makeLab();
  blob(lab, 'a', 100);
  const releases = await Promise.all(Array.from({ length: 12 }, () => useCache(lab.ctx)));
  for (const release of releases) release();
  expect(left(lab, 'users')).toEqual([]);
  await used(lab);
  expect(left(lab)).toEqual([]);
});

test('a layer that is used again is young again', async () => {
  const lab = makeLab();
  const model = randomBytes(1000);
  const { image, base } = await smallImage(lab, model);
  const file = path.join(cacheOf(lab), 'blobs', ...image.layers[1]!.descriptor.digest.split(':'));
  put(file, 29.9, '', statSync(file).size);
  await smallImage(lab, model, base);
  expect(Date.now() - statSync(file).mtimeMs).toBeLessThan(DAY * 1000);
});

test('mlfn image sweeps as it begins, and leaves no mark of itself', async () => {
  const lab = await CommandLab.open();
  try {
    linkTree(await warmUv(), path.join(lab.home, 'cache/uv'));
    mkdirSync(path.join(lab.folder, 'base'));
    writeSmallBase(path.join(lab.folder, 'base'));
    const oci = path.join(lab.home, 'cache/oci');
    const old = put(path.join(oci, 'blobs/sha256', 'a'.repeat(64)), 31);
    await lab.json(['image', lab.app(1), '--base', 'oci:base', '--name', 'fn', '-o', 'fn.tar']);
    expect([existsSync(old), readdirSync(path.join(oci, 'users'))]).toEqual([false, []]);
    expect(readdirSync(path.join(oci, 'blobs/sha256'))).toHaveLength(2);
  } finally {
    await lab.close();
  }
});
