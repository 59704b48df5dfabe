/** The runtime client that workers run. It comes from the cache, which may be deleted while releases live on. */
import { randomBytes } from 'node:crypto';
import { cp, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { removeTree } from './files.ts';
import { ownIdentity, tagOf } from './identity.ts';
import type { Layout } from './layout.ts';

/** A copy that stays; its folder is named after version, Python and platform. Null for mlfn's own client. */
export async function keepClient(layout: Layout, client: string | null): Promise<string | null> {
  if (client === null) return null;
  const kept = path.join(layout.clients, path.basename(client));
  if (await isThere(kept)) return kept;
  const made = path.join(layout.clients, `.new-${tagOf(await ownIdentity())}-${randomBytes(4).toString('hex')}`);
  try {
    await cp(client, made, { recursive: true });
    await rename(made, kept);
  } catch (error) {
    await removeTree(made);
    // Another deploy was first.
    if (!(await isThere(kept))) throw error;
  }
  return kept;
}

function isThere(folder: string): Promise<boolean> {
  return stat(folder).then(() => true, () => false);
}
