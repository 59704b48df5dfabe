/**
 * The record of what was released: on the disk, and nowhere else.
 *
 *   functions/<name>/live.json                 written by the daemon only
 *   functions/<name>/releases/<n>/release.json immutable; the folder appears whole, by one rename
 *                                 host.json     facts of this machine
 *                                 owner.json    the process that deploys it
 *                                 verified.json makes a release of a candidate
 */
import { randomBytes } from 'node:crypto';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Release, Sample, Verification } from '../../live.ts';
import type { Host, ReleaseDraft } from '../provider.ts';
import { isErrno, namesIn, readJson, removeTree, syncFolder, writeJson } from './files.ts';
import { isAlive, ownIdentity, ownerOf, tagOf, type Identity } from './identity.ts';
import { functionFolder, type FunctionFolder, type Layout } from './layout.ts';

export type ReleaseRecord = Omit<Release, 'verification' | 'sample'>;

interface Verified {
  verification: Verification;
  sample: Sample | null;
}

export interface LivePointer {
  number: number;
  /** ISO 8601, UTC. */
  since: string;
}

/** A release folder as it lies on the disk. */
export interface Stored {
  folder: string;
  record: ReleaseRecord;
  verified: Verified | null;
}

const NEW = '.new-';
const TRASH = '.trash-';

export function releaseFolder(functionPath: FunctionFolder, number: number): string {
  return path.join(functionPath.releases, String(number));
}

export function readLive(functionPath: FunctionFolder): Promise<LivePointer | null> {
  return readJson<LivePointer>(functionPath.liveFile);
}

/** By number, candidates among them. */
export async function readReleases(functionPath: FunctionFolder): Promise<Stored[]> {
  const numbers = (await namesIn(functionPath.releases)).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(numbers.sort((a, b) => a - b).map((number) => readRelease(functionPath, number)));
  return found.filter((each) => each !== null);
}

export async function readRelease(functionPath: FunctionFolder, number: number): Promise<Stored | null> {
  const folder = releaseFolder(functionPath, number);
  const [record, verified] = await Promise.all([
    readJson<ReleaseRecord>(path.join(folder, 'release.json')),
    readJson<Verified>(path.join(folder, 'verified.json')),
  ]);
  return record === null ? null : { folder, record, verified };
}

export function toRelease(stored: Stored): Release {
  if (stored.verified === null) throw new Error(`release ${stored.record.number} is not verified`);
  return { ...stored.record, ...stored.verified };
}

export function readHost(stored: Stored): Promise<Host | null> {
  return readJson<Host>(path.join(stored.folder, 'host.json'));
}

export async function isAbandoned(stored: Stored): Promise<boolean> {
  const owner = await readJson<Identity>(path.join(stored.folder, 'owner.json'));
  return owner === null || !(await isAlive(owner));
}

/** Takes the next free number. Of two deploys at once, one gets it and the other the one after. */
export async function createRelease(functionPath: FunctionFolder, draft: ReleaseDraft, host: Host): Promise<number> {
  const owner = await ownIdentity();
  const made = path.join(functionPath.releases, `${NEW}${tagOf(owner)}-${randomBytes(4).toString('hex')}`);
  await mkdir(made, { recursive: true });
  try {
    await writeJson(path.join(made, 'host.json'), host);
    await writeJson(path.join(made, 'owner.json'), owner);
    for (;;) {
      const taken = (await namesIn(functionPath.releases)).filter((name) => /^\d+$/.test(name)).map(Number);
      const record: ReleaseRecord = { ...draft, number: Math.max(0, ...taken) + 1, createdAt: new Date().toISOString() };
      await writeJson(path.join(made, 'release.json'), record);
      if (await claimed(made, releaseFolder(functionPath, record.number))) {
        await syncFolder(functionPath.releases);
        return record.number;
      }
    }
  } catch (error) {
    await removeTree(made);
    throw error;
  }
}

/** A folder that holds something is never replaced by a rename: that is the lock. */
async function claimed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    const codes = ['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'];
    if (codes.some((code) => isErrno(error, code)) && (await namesIn(to)).length > 0) return false;
    throw error;
  }
}

/** Goes on with the candidate of a killed deploy; the facts of the machine are written anew. */
export async function adopt(stored: Stored, host: Host): Promise<void> {
  await writeJson(path.join(stored.folder, 'owner.json'), await ownIdentity());
  await writeJson(path.join(stored.folder, 'host.json'), host);
}

export function writeVerified(stored: Stored, verified: Verified): Promise<void> {
  return writeJson(path.join(stored.folder, 'verified.json'), verified);
}

/** Gone in one rename, so that a kill leaves nothing that looks like a release or a function. */
export async function removeWhole(folder: string): Promise<void> {
  const tag = `${TRASH}${tagOf(await ownIdentity())}-${randomBytes(4).toString('hex')}`;
  const trash = path.join(path.dirname(folder), tag);
  try {
    await rename(folder, trash);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  await removeTree(trash);
}

/** Takes away what killed processes left half made, half removed, or unverified. */
export async function sweepFunction(layout: Layout, name: string, keep: number | null): Promise<void> {
  const functionPath = functionFolder(layout, name);
  await sweepMarked(functionPath.releases);
  for (const stored of await readReleases(functionPath)) {
    if (stored.verified !== null || stored.record.number === keep) continue;
    if (await isAbandoned(stored)) await removeWhole(stored.folder);
  }
}

export async function sweepMarked(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    // `..new-`: a tree that was being written for a `.new-` has a temporary name of its own.
    const plain = name.startsWith('..') ? name.slice(1) : name;
    const mark = [NEW, TRASH].find((each) => plain.startsWith(each));
    if (mark === undefined) continue;
    const owner = ownerOf(plain.slice(mark.length));
    if (owner === null || !(await isAlive(owner))) await removeTree(path.join(folder, name));
  }
}

export async function functionNames(layout: Layout): Promise<string[]> {
  return (await namesIn(layout.functions)).filter((name) => !name.startsWith('.'));
}
