/**
 * One daemon per home. Each process that would be the daemon puts down a file with its own name and looks who else
 * lives: as it writes before it looks, of two at once at least one sees the other. Nothing is left to break after a
 * kill, because a file counts only while its process lives.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { namesIn } from '../files.ts';
import { isAlive, ownerOf, ownIdentity, tagOf } from '../identity.ts';

/** False when another process is the daemon; `besides` is a predecessor that gives the place up. */
export async function claim(folder: string, besides: number | null): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  const own = tagOf(await ownIdentity());
  for (let tries = 0; tries < 20; tries++) {
    await writeFile(path.join(folder, own), '');
    const others = await living(folder, own, besides);
    if (others.length === 0) return true;
    await rm(path.join(folder, own), { force: true });
    // Both of two may have stepped back: the one that comes back first gets it.
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 80));
  }
  return false;
}

export async function release(folder: string): Promise<void> {
  await rm(path.join(folder, tagOf(await ownIdentity())), { force: true });
}

async function living(folder: string, own: string, besides: number | null): Promise<string[]> {
  const others: string[] = [];
  for (const name of await namesIn(folder)) {
    const owner = ownerOf(name);
    if (name === own || owner === null || owner.pid === besides) continue;
    if (await isAlive(owner)) others.push(name);
    else await rm(path.join(folder, name), { force: true });
  }
  return others;
}
