/** Folders that a user names: made with all above them, or refused. */
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Not mkdir's own `recursive`: below a folder that takes no entries and says ENOENT (/proc), Node 20 never returns.
 * @returns those that were not there, outermost first. @throws what the system says, with its `code`
 */
export async function makeFolders(folder: string): Promise<string[]> {
  if (await isThere(folder)) return [];
  const parent = path.dirname(folder);
  const above = parent === folder ? [] : await makeFolders(parent);
  try {
    await mkdir(folder);
  } catch (error) {
    // Another command may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await isThere(folder))) return above;
    throw error;
  }
  return [...above, folder];
}

async function isThere(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => null);
  return found?.isDirectory() === true;
}
