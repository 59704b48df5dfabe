/** Takes away what killed commands and daemons left. Whatever has a living owner stays. */
import { rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../../events.ts';
import { endedWithin, STOP_MS, stopDaemon, tellDaemon } from './daemon-client.ts';
import { sweepWorkers } from './daemon/worker-process.ts';
import { namesIn, removeTree, sweepWrites } from './files.ts';
import { isAlive, ownerOf } from './identity.ts';
import { functionFolder, layoutOf, type Layout } from './layout.ts';
import { collect } from './objects.ts';
import { functionNames, isAbandoned, readReleases, removeWhole, sweepMarked } from './records.ts';

export async function sweep(ctx: Context): Promise<void> {
  const layout = layoutOf(ctx.home.local);
  for (const folder of [layout.functions, layout.objects, layout.clients]) await sweepMarked(folder);
  for (const folder of [layout.root, layout.leases]) await sweepWrites(folder);
  for (const name of await functionNames(layout)) await sweepRecords(layout, name);
  await collect(layout);
}

/** Ends the daemon, and what one that was killed has left. False when none ran. */
export async function stop(ctx: Context): Promise<boolean> {
  const layout = layoutOf(ctx.home.local);
  const ended = await stopDaemon(ctx);
  const found = await endClaimants(ctx, layout);
  await sweepWorkers(layout);
  await sweep(ctx);
  return ended || found;
}

/** A daemon whose daemon.json was lost is known by its claim alone. */
async function endClaimants(ctx: Context, layout: Layout): Promise<boolean> {
  let found = false;
  for (const name of await namesIn(layout.claims)) {
    const owner = ownerOf(name);
    if (owner !== null && (await isAlive(owner))) {
      found = true;
      process.kill(owner.pid, 'SIGTERM');
      if (!(await endedWithin(owner, STOP_MS, ctx.signal))) process.kill(owner.pid, 'SIGKILL');
    }
    await rm(path.join(layout.claims, name), { force: true });
  }
  return found;
}

async function sweepRecords(layout: Layout, name: string): Promise<void> {
  const folder = functionFolder(layout, name);
  await sweepMarked(folder.releases);
  await sweepWrites(folder.root);
  for (const { record, verified, folder: release } of await readReleases(folder)) {
    await sweepWrites(release);
    if (verified !== null || !(await isAbandoned({ record, verified, folder: release }))) continue;
    await tellDaemon(layout, 'DELETE', `functions/${name}/releases/${record.number}`);
    await removeWhole(release);
  }
  // Fails while there is a release, or another command is making one: only then is it no function any more.
  const empty = await rmdir(folder.releases).then(() => true, () => false);
  if (empty) await removeTree(folder.root);
}
