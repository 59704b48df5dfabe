/** An artifact as a folder of read-only files. */
import { constants } from 'node:fs';
import { chmod, copyFile, link, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { platform } from 'node:os';
import path from 'node:path';
import type { Context } from '../events.ts';
import type { Artifact, Entry, Part } from '../types.ts';
import { concurrent } from './concurrent.ts';
import { changed, hashFile, interrupted, unreadable } from './hash.ts';
import { withTemporary } from './temporary.ts';

const CHUNK = 1 << 18;
const LANES = 8;

/**
 * Whether thousands of files are brought to the disk one by one. For 4,353 of them (ext4, 2 cores) that takes 2.2 s after
 * they were written and 0.3 s once the system had flushed them: little beside an install, once for each lock. macOS's
 * fsync empties the drive's own cache for every file, and Windows flushes only what is open for writing: after a power
 * cut there, what is wrong with a dependency is mended by deleting the object, and deploying again.
 */
const SYNCS_MANY = platform() === 'linux';

/**
 * Lays the artifact down as `folder`, which appears whole by one rename, and not before its bytes are on the disk: after
 * a power cut a folder that is there is not one of empty files. A folder that is already there is taken for
 * the same artifact (folders are named after its digest) and is left as it is.
 *
 * Dependencies come from mlfn's own immutable cache and are hard links where the file system allows. The user's own
 * files may be overwritten in place at any time: they are cloned (copy on write) or copied, and compared with their
 * digest.
 * @throws BUNDLE_CHANGED, BUNDLE_DISK_FULL, BUNDLE_UNWRITABLE, INTERRUPTED; none leaves anything behind.
 */
export async function writeTree(ctx: Context, artifact: Artifact, folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  await withTemporary(ctx, folder, artifact.size, async (temporary) => {
    await makeFolders(temporary, artifact);
    await concurrent(artifact.entries, LANES, async (entry) => {
      if (ctx.signal.aborted) throw interrupted();
      await lay(ctx, artifact.part, entry, path.join(temporary, ...entry.path.split('/')));
    });
    if (SYNCS_MANY && artifact.part === 'dependencies') await concurrent(artifact.entries, LANES, (entry) => sync(path.join(temporary, entry.path)));
    await syncFolders(temporary, artifact);
    try {
      await rename(temporary, folder);
    } catch (error) {
      // Another process was first: its folder has the same contents.
      if (!(await isFolder(folder))) throw error;
      await rm(temporary, { recursive: true, force: true });
    }
  });
}

async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then((stats) => stats.isDirectory(), () => false);
}

async function makeFolders(root: string, artifact: Artifact): Promise<void> {
  await mkdir(root);
  for (const folder of foldersOf(artifact)) await mkdir(path.join(root, folder), { recursive: true });
}

/** The names in a folder are its own bytes. Windows opens no folder, and writes such things in order by itself. */
async function syncFolders(root: string, artifact: Artifact): Promise<void> {
  if (platform() !== 'win32') await concurrent([...foldersOf(artifact)], LANES, (folder) => sync(path.join(root, folder)));
}

/** Every folder of it, POSIX paths, `.` among them. */
function foldersOf(artifact: Artifact): Set<string> {
  const folders = new Set(['.']);
  for (const { path: name } of artifact.entries) {
    for (let folder = path.posix.dirname(name); !folders.has(folder); folder = path.posix.dirname(folder)) folders.add(folder);
  }
  return folders;
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function lay(ctx: Context, part: Part, entry: Entry, target: string): Promise<void> {
  const readOnly = entry.mode & 0o555;
  if ('bytes' in entry.source) return writeBytes(part, entry.source.bytes, target, readOnly);
  const { file } = entry.source;
  if (part === 'dependencies' && (await linked(file, entry, target, readOnly))) return;
  if (!(await cloned(file, target))) await copyVerified(ctx, part, file, entry, target);
  else if ((await hashFile(ctx, target)).sha256 !== entry.sha256) throw changed(file);
  else if (part === 'function') await sync(target);
  await chmod(target, readOnly);
}

/** False when the file is on another disk, or shared with somebody else's cache whose modes are not ours to change. */
async function linked(file: string, entry: Entry, target: string, readOnly: number): Promise<boolean> {
  const source = await lstat(file).catch((cause) => unreadable(file, cause));
  if (source.size !== entry.size) throw changed(file);
  const ours = (source.mode & 0o777) === readOnly;
  if (source.nlink > 1 && !ours) return false;
  try {
    await link(file, target);
  } catch {
    return false;
  }
  if (!ours) await chmod(target, readOnly);
  return true;
}

async function cloned(file: string, target: string): Promise<boolean> {
  return copyFile(file, target, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL).then(
    () => true,
    async () => {
      await rm(target, { force: true });
      return false;
    },
  );
}

async function copyVerified(ctx: Context, part: Part, file: string, entry: Entry, target: string): Promise<void> {
  const from = await open(file, 'r').catch((cause) => unreadable(file, cause));
  try {
    const to = await open(target, 'wx', 0o600);
    try {
      const hash = createHash('sha256');
      const buffer = Buffer.allocUnsafe(Math.min(entry.size + 1, CHUNK));
      for (let size = 0; ; ) {
        if (ctx.signal.aborted) throw interrupted();
        const { bytesRead } = await from.read(buffer, 0, buffer.length, null);
        if (bytesRead === 0) break;
        size += bytesRead;
        if (size > entry.size) throw changed(file);
        hash.update(buffer.subarray(0, bytesRead));
        await writeAll(to, buffer.subarray(0, bytesRead));
      }
      if (hash.digest('hex') !== entry.sha256) throw changed(file);
      if (part === 'function') await to.sync();
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

async function writeBytes(part: Part, bytes: Uint8Array, target: string, mode: number): Promise<void> {
  const to = await open(target, 'wx', 0o600);
  try {
    await to.writeFile(bytes);
    if (part === 'function') await to.sync();
  } finally {
    await to.close();
  }
  await chmod(target, mode);
}

/** A disk that fills up takes a part of the buffer before it refuses the rest. */
async function writeAll(to: Awaited<ReturnType<typeof open>>, buffer: Buffer): Promise<void> {
  for (let offset = 0; offset < buffer.length; ) {
    offset += (await to.write(buffer, offset, buffer.length - offset)).bytesWritten;
  }
}
