/** The package as files that a person can look at and send elsewhere. */
import { open, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Artifact, Bundle, Digest, Lock } from '../types.ts';
import { sha256 } from './digest.ts';
import { hashOnce, noteHash } from './hash.ts';
import { withTemporary } from './temporary.ts';
import { writeZip } from './zip.ts';

export interface BuiltFile {
  /** File name inside the folder. */
  path: 'dependencies.zip' | 'function.zip' | 'pylock.toml' | 'manifest.json';
  part: 'dependencies' | 'function' | 'lock' | 'manifest';
  bytes: number;
  sha256: Digest;
}

export interface Built {
  /** Absolute. */
  folder: string;
  files: BuiltFile[];
}

/**
 * Writes dependencies.zip, function.zip, pylock.toml and manifest.json into `folder`, each replaced in one rename. A zip
 * that an earlier build wrote there of the same files, and nobody changed, is left as it is.
 */
export async function build(ctx: Context, made: { bundle: Bundle; lock: Lock }, folder: string): Promise<Built> {
  const { bundle, lock } = made;
  const target = path.resolve(ctx.cwd, folder);
  await assertFolder(target);
  const files: BuiltFile[] = [];
  const earlier = await readFile(path.join(target, 'manifest.json'), 'utf8').then(JSON.parse).catch(() => null);
  for (const artifact of [bundle.dependencies, bundle.function]) {
    const name = `${artifact.part}.zip` as const;
    const zip = (await unchanged(ctx, artifact, earlier, path.join(target, name))) ?? (await write(ctx, artifact, path.join(target, name)));
    files.push({ path: name, part: artifact.part, bytes: zip.bytes, sha256: zip.sha256 });
  }
  files.push({ path: 'pylock.toml', part: 'lock', ...(await writeText(ctx, path.join(target, 'pylock.toml'), lock.pylock)) });
  const manifest = `${JSON.stringify(manifestOf(bundle, lock, files), null, 1)}\n`;
  files.push({ path: 'manifest.json', part: 'manifest', ...(await writeText(ctx, path.join(target, 'manifest.json'), manifest)) });
  return { folder: target, files };
}

type Written = Pick<BuiltFile, 'bytes' | 'sha256'>;

async function write(ctx: Context, artifact: Artifact, file: string): Promise<Written> {
  ctx.emit({ type: 'progress', text: `writing ${path.basename(file)}`, total: artifact.size });
  const written = await writeZip(ctx, artifact, file);
  await noteHash(ctx, file, { sha256: written.sha256, size: written.bytes, mode: 0o644 });
  return written;
}

/** @param earlier manifest.json of the build before, or whatever lies in its place */
async function unchanged(ctx: Context, artifact: Artifact, earlier: unknown, file: string): Promise<Written | null> {
  const known = (earlier as Partial<ReturnType<typeof manifestOf>> | null)?.[artifact.part];
  if (known?.digest !== artifact.digest || known.zip === undefined) return null;
  const found = await hashOnce(ctx, file).catch(() => null);
  return found !== null && found.sha256 === known.zip ? { bytes: found.size, sha256: found.sha256 } : null;
}

async function assertFolder(target: string): Promise<void> {
  const stats = await stat(target).catch(() => null);
  if (stats === null || stats.isDirectory()) return;
  throw new MlfnError('BUNDLE_UNWRITABLE', `${target} is a file; the package needs a folder.`, {
    hint: 'Name another folder with --out.',
  });
}

/** Unless the file says so already: a disk takes its time over what must not get lost. */
async function writeText(ctx: Context, file: string, text: string): Promise<Written> {
  const bytes = Buffer.byteLength(text);
  const written = { bytes, sha256: sha256(text) };
  if ((await readFile(file, 'utf8').catch(() => null)) === text) return written;
  await withTemporary(ctx, file, bytes, async (temporary) => {
    const handle = await open(temporary, 'wx', 0o644);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  });
  return written;
}

function manifestOf(bundle: Bundle, lock: Lock, files: BuiltFile[]) {
  const zipOf = (part: BuiltFile['part']) => files.find((file) => file.part === part)?.sha256;
  return {
    schema: 1,
    python: lock.python,
    platform: lock.platform,
    lock: lock.digest,
    model: bundle.modelDigest,
    dependencies: { digest: bundle.dependencies.digest, size: bundle.dependencies.size, zip: zipOf('dependencies') },
    function: { digest: bundle.function.digest, size: bundle.function.size, zip: zipOf('function') },
  };
}
