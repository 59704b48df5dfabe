/** Files that are written to be sent: in the cache, each for as long as it is used. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Home } from '../events.ts';
import { isRunning } from '../running.ts';

/** The file is of this process: another may write the same, and takes its own away when it is done. */
export async function withScratch<T>(home: Home, name: { folder: string; extension: string }, use: (file: string) => Promise<T>): Promise<T> {
  const folder = path.join(home.cache, name.folder);
  await mkdir(folder, { recursive: true });
  await sweep(folder);
  const file = path.join(folder, `${process.pid}-${randomUUID()}.${name.extension}`);
  try {
    return await use(file);
  } finally {
    await rm(file, { force: true });
  }
}

/** What killed processes left: of a file that is being written the name begins with a dot. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const owner = /^\.?(\d+)-/.exec(name)?.[1];
    if (owner === undefined || !isRunning(Number(owner))) await rm(path.join(folder, name), { force: true });
  }
}
