/** Files of a package in one folder: links to what is on the shelf. */
import { copyFile, link, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../../events.ts';
import type { Entry } from '../../types.ts';
import { concurrent } from '../concurrent.ts';
import { withTemporary } from '../temporary.ts';

const LANES = 8;

/** Makes `folder`, whole by one rename, unless it is there. */
export async function layFiles(ctx: Context, entries: Entry[], folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  const size = entries.reduce((sum, entry) => sum + entry.size, 0);
  await withTemporary(ctx, folder, size, async (temporary) => {
    await mkdir(temporary);
    for (const parent of new Set(entries.map((entry) => path.posix.dirname(entry.path)))) {
      await mkdir(path.join(temporary, parent), { recursive: true });
    }
    await concurrent(entries, LANES, async ({ path: name, source }) => {
      const target = path.join(temporary, name);
      if ('file' in source) await link(source.file, target).catch(() => copyFile(source.file, target));
      else await writeFile(target, source.bytes);
    });
    await rename(temporary, folder).catch(async (error: unknown) => {
      if (!(await isFolder(folder))) throw error;
      await rm(temporary, { recursive: true, force: true });
    });
  });
}

export async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then((stats) => stats.isDirectory(), () => false);
}
