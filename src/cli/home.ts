import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context, Home } from '../events.ts';

/** `MLFN_HOME`, else `.mlfn` in the user's folder. Nothing is made yet. */
export function homeOf(env: Context['env'], cwd: string): Home {
  const root = env['MLFN_HOME'] ? path.resolve(cwd, env['MLFN_HOME']) : path.join(userFolder(env), '.mlfn');
  return { root, cache: path.join(root, 'cache'), local: path.join(root, 'local') };
}

/** Makes the folders, readable by their owner only: releases hold the user's variables. */
export function ensureHome(home: Home): void {
  try {
    for (const folder of [home.root, home.cache, home.local]) {
      makeFolder(folder);
      accessSync(folder, constants.W_OK);
    }
  } catch (cause) {
    throw new MlfnError('CLI_HOME', `mlfn cannot keep its state in ${home.root}: ${(cause as Error).message}`, {
      hint: 'Set MLFN_HOME to a folder that you can write to.',
      details: { home: home.root },
      cause,
    });
  }
}

/** Not mkdir's own `recursive`: below a folder that takes no entries and says ENOENT (/proc), Node 20 never returns. */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const parent = path.dirname(folder);
  if (!existsSync(parent) && parent !== folder) makeFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another command may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function userFolder(env: Context['env']): string {
  // A container's user id may have no passwd entry and no HOME: homedir() throws then.
  try {
    return env['HOME'] || env['USERPROFILE'] || os.homedir();
  } catch (cause) {
    throw new MlfnError('CLI_HOME', 'This user has no home folder.', {
      hint: 'Set MLFN_HOME to a folder that you can write to.',
      cause,
    });
  }
}
