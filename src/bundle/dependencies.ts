/** The dependency part: what the installer laid down, without what differs between two machines that install the same. */
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Artifact, Digest, Entry } from '../types.ts';
import { concurrent } from './concurrent.ts';
import { artifactOf, bytesEntry } from './digest.ts';
import { hashFile } from './hash.ts';
import { withTemporary } from './temporary.ts';

const SCHEMA = 1;
/** Notes of the installer about itself, and scripts whose first line names this machine's interpreter. */
const INSTALLER_NOTES = /^[^/]+\.dist-info\/(INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json|uv_build\.json)$/;
const LEFT_OUT = [INSTALLER_NOTES, /^(bin|Scripts)\//, /^\.[^/]*$/, /\.(pyo|DS_Store)$/];

interface ManifestRow {
  path: string;
  mode: 0o644 | 0o755;
  size: number;
  sha256: Digest;
  /** A RECORD rewritten to name only what is shipped. */
  text?: string;
}

/**
 * @param folder What `install()` made for one lock; its contents never change once it is there.
 * The manifest is kept beside the folder (`FOLDER.manifest.json`), so that the second bundle of a lock is a lookup.
 */
export async function dependencyArtifact(ctx: Context, folder: string): Promise<Artifact> {
  const manifest = `${folder}.manifest.json`;
  const known = await readManifest(manifest);
  const rows = known ?? (await survey(ctx, folder));
  if (known === null) await writeManifest(ctx, manifest, rows);
  return artifactOf('dependencies', rows.map((row) => toEntry(folder, row)));
}

function toEntry(folder: string, row: ManifestRow): Entry {
  if (row.text !== undefined) return bytesEntry(row.path, row.text);
  const { path: name, mode, size, sha256 } = row;
  return { path: name, mode, size, sha256, source: { file: path.join(folder, ...name.split('/')) } };
}

async function survey(ctx: Context, folder: string): Promise<ManifestRow[]> {
  const names = (await list(folder)).filter((name) => !LEFT_OUT.some((pattern) => pattern.test(name)));
  const shipped = new Set(names);
  let done = 0;
  return concurrent(names, 8, async (name): Promise<ManifestRow> => {
    const file = path.join(folder, ...name.split('/'));
    if (done++ % 500 === 0) ctx.emit({ type: 'progress', text: 'reading dependencies', done, total: names.length });
    if (!/^[^/]+\.dist-info\/RECORD$/.test(name)) return { path: name, ...(await hashFile(ctx, file)) };
    const text = shippedRecord(await readFile(file, 'utf8'), shipped);
    const { mode, sha256, size } = bytesEntry(name, text);
    return { path: name, mode, sha256, size, text };
  });
}

/** POSIX paths of every regular file below the folder. Wheels hold no symbolic links. */
async function list(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause) => {
    throw new MlfnError('BUNDLE_DEPENDENCIES_UNREADABLE', `The installed dependencies ${folder} cannot be read.`, {
      hint: `Delete ${folder} and run the command again: it is made anew.`,
      cause,
    });
  });
  return found
    .filter((each) => each.isFile())
    .map((each) => path.relative(folder, path.join(each.parentPath, each.name)).split(path.sep).join('/'));
}

/** Keeps the RECORD lines of shipped files, sorted: installers add their own lines in their own order. */
function shippedRecord(text: string, shipped: Set<string>): string {
  const lines = text.split(/\r?\n/).filter((line) => shipped.has(recordPath(line)));
  return `${lines.sort().join('\n')}\n`;
}

/** The first field of a RECORD line (CSV; a path with a comma or a quote is quoted). */
export function recordPath(line: string): string {
  if (!line.startsWith('"')) return line.slice(0, Math.max(line.indexOf(','), 0));
  const quoted = /^"((?:[^"]|"")*)"/.exec(line)?.[1] ?? '';
  return quoted.replaceAll('""', '"');
}

async function readManifest(file: string): Promise<ManifestRow[] | null> {
  const read = await readFile(file, 'utf8').then(JSON.parse).catch(() => null);
  return read?.schema === SCHEMA ? (read.rows as ManifestRow[]) : null;
}

async function writeManifest(ctx: Context, file: string, rows: ManifestRow[]): Promise<void> {
  const text = JSON.stringify({ schema: SCHEMA, rows });
  await withTemporary(ctx, file, Buffer.byteLength(text), async (temporary) => {
    await writeFile(temporary, text);
    await rename(temporary, file);
  });
}
