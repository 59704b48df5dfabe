/** The package as files that a person can look at and send elsewhere. */
import { open, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Artifact, Bundle, Digest, Lock } from '../types.ts';
import { sha256 } from './digest.ts';
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

/** Writes dependencies.zip, function.zip, pylock.toml and manifest.json into `folder`, each replaced in one rename. */
export async function build(ctx: Context, made: { bundle: Bundle; lock: Lock }, folder: string): Promise<Built> {
  const { bundle, lock } = made;
  const target = path.resolve(ctx.cwd, folder);
  await assertFolder(target);
  const files: BuiltFile[] = [];
  for (const artifact of [bundle.dependencies, bundle.function]) {
    const name = `${artifact.part}.zip` as const;
    ctx.emit({ type: 'progress', text: `writing ${name}`, total: artifact.size });
    const zip = await writeZip(ctx, artifact, path.join(target, name));
    files.push({ path: name, part: artifact.part, bytes: zip.bytes, sha256: zip.sha256 });
  }
  files.push({ path: 'pylock.toml', part: 'lock', ...(await writeText(ctx, target, 'pylock.toml', lock.pylock)) });
  const manifest = `${JSON.stringify(manifestOf(bundle, lock), null, 1)}\n`;
  files.push({ path: 'manifest.json', part: 'manifest', ...(await writeText(ctx, target, 'manifest.json', manifest)) });
  return { folder: target, files };
}

async function assertFolder(target: string): Promise<void> {
  const stats = await stat(target).catch(() => null);
  if (stats === null || stats.isDirectory()) return;
  throw new MlfnError('BUNDLE_UNWRITABLE', `${target} is a file; the package needs a folder.`, {
    hint: 'Name another folder with --out.',
  });
}

async function writeText(ctx: Context, folder: string, name: string, text: string) {
  const bytes = Buffer.byteLength(text);
  await withTemporary(ctx, path.join(folder, name), bytes, async (temporary) => {
    const handle = await open(temporary, 'wx', 0o644);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path.join(folder, name));
  });
  return { bytes, sha256: sha256(text) };
}

function manifestOf(bundle: Bundle, lock: Lock) {
  return {
    schema: 1,
    python: lock.python,
    platform: lock.platform,
    lock: lock.digest,
    model: bundle.modelDigest,
    dependencies: rowsOf(bundle.dependencies),
    function: rowsOf(bundle.function),
  };
}

function rowsOf({ digest, size, entries }: Artifact) {
  return { digest, size, files: entries.map((entry) => [entry.path, entry.mode.toString(8), entry.size, entry.sha256]) };
}
