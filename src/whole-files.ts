/** Folders and files that are there whole or not at all, whoever is killed and however many run at once. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pid } from 'node:process';
import { isRunning } from './running.ts';
import { MlfnError } from './errors.ts';

const STALE_MS = 24 * 3600 * 1000;

/**
 * Makes `folder` by building it beside itself and renaming it. A folder that holds something is complete and is left as
 * it is; of two builders at once the first to finish wins.
 * @throws MlfnError DISK_FULL
 */
export async function makeFolder(folder: string, build: (temporary: string) => Promise<void>): Promise<void> {
  const parent = path.dirname(folder);
  await sweep(parent, path.basename(folder));
  if (await holdsSomething(folder)) return;
  const temporary = path.join(parent, temporaryName(path.basename(folder)));
  try {
    await mkdir(parent, { recursive: true });
    await mkdir(temporary);
    await build(temporary);
    await rmdir(folder).catch(() => undefined); // an empty one would stop the rename on Windows
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true, maxRetries: 3 });
    if (await holdsSomething(folder)) return;
    throw diskFull(error, folder) ?? error;
  }
}

/** A folder of its own for the time of `use`, swept up later if this process is killed in it. */
export async function withScratch<T>(cache: string, use: (folder: string) => Promise<T>): Promise<T> {
  const parent = path.join(cache, 'scratch');
  const folder = path.join(parent, temporaryName('resolve'));
  try {
    await mkdir(parent, { recursive: true });
    await sweep(parent, 'resolve');
    await mkdir(folder, { mode: 0o700 }); // addresses in it may hold passwords
    return await use(folder);
  } catch (error) {
    throw diskFull(error, folder) ?? error;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** @throws MlfnError DISK_FULL */
export async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await withFile(file, async (temporary) => {
    await writeFile(temporary, text);
    await rename(temporary, file);
  });
}

/** Gives `make` a name to write to beside `file`; whatever is left under it goes. @throws MlfnError DISK_FULL */
export async function withFile(file: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = path.join(path.dirname(file), temporaryName(path.basename(file)));
  try {
    await sweep(path.dirname(file), path.basename(file));
    await make(temporary);
  } catch (error) {
    await rm(temporary, { force: true });
    throw diskFull(error, file) ?? error;
  }
}

/** The parsed content of a cache file, or null when it is absent or not JSON. */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}

export async function readText(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR') return null;
    throw error;
  });
}

function diskFull(error: unknown, where: string): MlfnError | null {
  const full = error instanceof Error && ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
  if (!full) return null;
  return new MlfnError('DISK_FULL', `The disk is full: ${where} could not be written.`, {
    hint: 'Make room on it, then run the same command again.',
    cause: error,
  });
}

async function holdsSomething(folder: string): Promise<boolean> {
  return readdir(folder).then(
    (names) => names.length > 0,
    () => false,
  );
}

function temporaryName(base: string): string {
  return `.${base}.tmp-${os.hostname()}-${pid}-${randomBytes(4).toString('hex')}`;
}

/** Takes away what killed builders of anything in a folder left. */
export async function sweepLeftovers(folder: string): Promise<void> {
  await sweep(folder, null);
}

/** Takes away what killed builders left, of one name or of all (null): their process is gone, or the leftover is a day old. */
async function sweep(parent: string, base: string | null): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const [, what, host, owner] = /^\.(.*)\.tmp-(.*)-(\d+)-[0-9a-f]{8}$/.exec(name) ?? [];
    if (what === undefined || (base !== null && what !== base)) continue;
    const gone = host === os.hostname() && !isRunning(Number(owner));
    const left = path.join(parent, name);
    const age = Date.now() - (await stat(left).then((s) => s.mtimeMs, Date.now));
    if (!gone && age < STALE_MS) continue;
    // A uv that outlived its killed parent may still write there: the next sweep gets what this one cannot.
    await rm(left, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}
