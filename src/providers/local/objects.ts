/** Unpacked artifacts by digest: laid down once, shared by releases, collected when no release names them any more. */
import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Artifact, Digest } from '../../types.ts';
import type { Supplies } from '../provider.ts';
import { namesIn, openFolders, readJson, removeTree, writeJson } from './files.ts';
import { isAlive, ownIdentity, ownerOf, tagOf } from './identity.ts';
import { functionFolder, type Layout } from './layout.ts';
import { functionNames, readReleases, sweepMarked } from './records.ts';

const READ_ONLY_FOLDER = 0o555;

export function objectFolder(layout: Layout, digest: Digest): string {
  return path.join(layout.objects, digest);
}

/** From here on these objects are not collected, though no release names them yet. */
export async function lease(layout: Layout, name: string, digests: Digest[]): Promise<void> {
  const file = await leaseFile(layout, name);
  const held = (await readJson<Digest[]>(file)) ?? [];
  await writeJson(file, [...new Set([...held, ...digests])]);
}

export async function endLease(layout: Layout, name: string): Promise<void> {
  await rm(await leaseFile(layout, name), { force: true });
}

async function leaseFile(layout: Layout, name: string): Promise<string> {
  return path.join(layout.leases, `${tagOf(await ownIdentity())}-${name}.json`);
}

/** False when it was there already. Call it under a lease. */
export async function storeObject(layout: Layout, artifact: Artifact, writeTree: Supplies['writeTree']): Promise<boolean> {
  const folder = objectFolder(layout, artifact.digest);
  if (await exists(folder)) return false;
  await mkdir(layout.objects, { recursive: true });
  await sweepMarked(layout.objects);
  const made = path.join(layout.objects, `.new-${tagOf(await ownIdentity())}-${randomBytes(4).toString('hex')}`);
  try {
    await writeTree(artifact, made);
    // An artifact without files is a folder too. A folder of another owner's mode could not be renamed on macOS, so the
    // modes are set afterwards.
    await mkdir(made, { recursive: true });
    await rename(made, folder);
  } catch (error) {
    await removeTree(made);
    if (await exists(folder)) return false;
    throw error;
  }
  await openFolders(folder, READ_ONLY_FOLDER);
  return true;
}

/**
 * Removes what no release and no lease names. Safe beside a deploy that is storing: an object is first moved aside, and
 * moved back when a lease or release has come to name it meanwhile; whoever looked after the move stores it again.
 */
export async function collect(layout: Layout): Promise<void> {
  await sweepTrash(layout);
  const used = await usedDigests(layout);
  const unused = (await namesIn(layout.objects)).filter((name) => !name.startsWith('.') && !used.has(name));
  if (unused.length === 0) return;
  const tag = tagOf(await ownIdentity());
  for (const digest of unused) {
    const trash = path.join(layout.objects, `.collect-${tag}-${digest}`);
    await rename(objectFolder(layout, digest), trash).catch(() => undefined);
  }
  await settle(layout, (name) => name.startsWith(`.collect-${tag}-`));
}

/** What a killed collection had moved aside. */
async function sweepTrash(layout: Layout): Promise<void> {
  const dead = new Set<string>();
  for (const name of await namesIn(layout.objects)) {
    const owner = name.startsWith('.collect-') ? ownerOf(name.slice('.collect-'.length)) : null;
    if (owner !== null && !(await isAlive(owner))) dead.add(name);
  }
  if (dead.size > 0) await settle(layout, (name) => dead.has(name));
}

async function settle(layout: Layout, chosen: (name: string) => boolean): Promise<void> {
  const used = await usedDigests(layout);
  for (const name of (await namesIn(layout.objects)).filter(chosen)) {
    const trash = path.join(layout.objects, name);
    const folder = objectFolder(layout, name.slice(name.lastIndexOf('-') + 1));
    if (used.has(path.basename(folder)) && !(await exists(folder))) await rename(trash, folder).catch(() => undefined);
    if (await exists(trash)) await removeTree(trash);
  }
}

async function usedDigests(layout: Layout): Promise<Set<Digest>> {
  const used = new Set<Digest>();
  // Leases first: a deploy ends its lease only after its release is there to be found.
  for (const name of await namesIn(layout.leases)) {
    const file = path.join(layout.leases, name);
    const owner = ownerOf(name);
    if (owner !== null && (await isAlive(owner))) for (const digest of (await readJson<Digest[]>(file)) ?? []) used.add(digest);
    else await rm(file, { force: true });
  }
  for (const name of await functionNames(layout)) {
    for (const { record } of await readReleases(functionFolder(layout, name))) {
      used.add(record.artifacts.dependencies);
      used.add(record.artifacts.function);
    }
  }
  return used;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(() => true, () => false);
}
