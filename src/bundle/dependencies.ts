/** The dependency part: what the installer laid down, without what differs between two machines that install the same. */
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Artifact, Entry } from '../types.ts';
import { concurrent } from './concurrent.ts';
import { artifactOf, bytesEntry } from './digest.ts';
import { hashFile } from './hash.ts';
import { isPruned } from './pruned.ts';
import { withTemporary } from './temporary.ts';

/** Notes of the installer about itself, and scripts whose first line names this machine's interpreter. */
const INSTALLER_NOTES = /^[^/]+\.dist-info\/(INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json|uv_build\.json)$/;
const RECORD = /^[^/]+\.dist-info\/RECORD$/;
const END = 'mlfn manifest 2';
const LEFT_OUT = [INSTALLER_NOTES, /^(bin|Scripts)\//, /^\.[^/]*$/, /\.(pyo|DS_Store)$/];

/**
 * @param folder What `install()` made for one lock; its contents never change once it is there.
 * The manifest is kept beside the folder (`FOLDER.manifest`), so that the second bundle of a lock is a lookup.
 */
export async function dependencyArtifact(ctx: Context, folder: string): Promise<Artifact> {
  const manifest = `${folder}.manifest`;
  const known = await readManifest(manifest, folder);
  if (known !== null) return artifactOf('dependencies', known);
  const artifact = artifactOf('dependencies', await survey(ctx, folder));
  await writeManifest(ctx, manifest, artifact.entries);
  return artifact;
}

/** path.join() for names that are clean already: thousands of them are made at once. */
function below(folder: string, name: string): string {
  return folder + path.sep + (path.sep === '/' ? name : name.replaceAll('/', path.sep));
}

async function survey(ctx: Context, folder: string): Promise<Entry[]> {
  const names = (await list(folder)).filter((name) => !isPruned(name) && !LEFT_OUT.some((pattern) => pattern.test(name)));
  const shipped = new Set(names);
  let done = 0;
  return concurrent(names, 8, async (name): Promise<Entry> => {
    const file = below(folder, name);
    if (done++ % 500 === 0) ctx.emit({ type: 'progress', text: 'reading dependencies', done, total: names.length });
    if (RECORD.test(name)) return bytesEntry(name, shippedRecord(await readFile(file, 'utf8'), shipped));
    return { path: name, ...(await hashFile(ctx, file)), source: { file } };
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

/** A line for each entry, and one that says that it is whole. Parsed without a copy of any text. */
async function readManifest(file: string, folder: string): Promise<Entry[] | null> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  if (lines.pop() !== END) return null;
  return lines.map((line): Entry => {
    const [sha256 = '', size, mode, name = '', text] = line.split('\t');
    if (text !== undefined) return bytesEntry(name, JSON.parse(text));
    return { path: name, mode: mode === '755' ? 0o755 : 0o644, sha256, size: Number(size), source: { file: below(folder, name) } };
  });
}

async function writeManifest(ctx: Context, file: string, entries: Entry[]): Promise<void> {
  const lines = entries.map(({ path: name, mode, sha256, size, source }) => {
    const text = 'bytes' in source ? [JSON.stringify(Buffer.from(source.bytes).toString())] : [];
    return [sha256, size, mode.toString(8), name, ...text].join('\t');
  });
  const whole = [...lines, END].join('\n');
  await withTemporary(ctx, file, Buffer.byteLength(whole), async (temporary) => {
    await writeFile(temporary, whole);
    await rename(temporary, file);
  });
}
