/** The dependency part: what the installer laid down, without what differs between two machines that install the same. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Wheels } from '../resolve/wheels.ts';
import type { Artifact } from '../types.ts';
import { concurrent } from './concurrent.ts';
import { artifactOf, bytesEntry } from './digest.ts';
import { hashFile } from './hash.ts';
import { below, type Found, readManifest, writeManifest } from './manifest.ts';
import { isPruned } from './pruned.ts';
import { RECORD, shippedRecord } from './record.ts';
import { weightsOf } from './weights.ts';
import { isFolder, layFiles } from './wheels/lay.ts';
import { entryOf, lineOf, shelfOf, shelve, type Shelved } from './wheels/shelf.ts';

/** Notes of the installer about itself, and scripts whose first line names this machine's interpreter. */
const INSTALLER_NOTES = /^[^/]+\.dist-info\/(INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json|uv_build\.json)$/;
/** Wheels that are unpacked and compiled side by side. */
const SHELVING = 2;
const LEFT_OUT = [INSTALLER_NOTES, /^(bin|Scripts)\//, /^\.[^/]*$/, /\.(pyo|DS_Store)$/];

/** Of a lock: asked when it is bundled for the first time, or when its files are needed. */
export interface Supply {
  /** Null where `install` must do it. */
  wheels(): Promise<Wheels | null>;
  /** Lays all of it down as `folder`. */
  install(folder: string): Promise<void>;
}

/**
 * @param folder Of one lock; its contents never change once it is there. With a supply it need not be there: files then are
 * those on the shelf of wheels, and the folder is made by `layDependencies` when somebody wants to import from it.
 * The manifest is kept beside the folder (`FOLDER.manifest`), so that the second bundle of a lock is a lookup.
 */
export async function dependencyArtifact(ctx: Context, folder: string, supply?: Supply): Promise<Artifact> {
  const manifest = `${folder}.manifest`;
  const known = await readManifest(manifest, folder, shelfOf(ctx));
  if (known !== null) return known;
  const shelved = supply === undefined ? null : await shelveAll(ctx, supply);
  if (shelved === null) await supply?.install(folder);
  const found = shelved === null ? await survey(ctx, folder) : await shippedOf(shelved, shelfOf(ctx));
  const made = artifactOf('dependencies', found.map(({ entry }) => entry));
  const artifact = { ...made, weights: weightsOf(made) };
  await writeManifest(ctx, manifest, artifact, found);
  return artifact;
}

/** All that the lock installs, tests included, as a folder for `sys.path`. */
export async function layDependencies(ctx: Context, folder: string, supply: Supply): Promise<void> {
  if (await isFolder(folder)) return;
  const shelved = await shelveAll(ctx, supply);
  if (shelved === null) return supply.install(folder);
  await layFiles(ctx, shelved.flatMap(({ name, files }) => files.map((file) => entryOf(shelfOf(ctx), name, file))), folder);
}

/** Null where the wheels cannot be had, one of them is unusual, or two have different files of one name: uv decides then. */
async function shelveAll(ctx: Context, supply: Supply): Promise<Shelved[] | null> {
  const found = await supply.wheels();
  if (found === null) return null;
  const shelved = await concurrent(found.wheels, SHELVING, (wheel) => shelve(ctx, wheel, found.byteCode));
  const seen = new Map<string, string>();
  const whole: Shelved[] = [];
  for (const one of shelved) {
    if (one === null) return null;
    const files = one.files.filter(({ path: name, sha256 }) => seen.get(name) !== sha256);
    if (files.some(({ path: name }) => seen.has(name))) return null;
    for (const { path: name, sha256 } of files) seen.set(name, sha256);
    whole.push({ ...one, files });
  }
  return whole;
}

async function shippedOf(wheels: Shelved[], shelf: string): Promise<Found[]> {
  const rows = wheels.flatMap(({ name, files }) => files.filter((file) => isShipped(file.path)).map((file) => ({ name, file })));
  const shipped = new Set(rows.map(({ file }) => file.path));
  return Promise.all(
    rows.map(async ({ name, file }): Promise<Found> => {
      const entry = entryOf(shelf, name, file);
      if (!RECORD.test(file.path) || !('file' in entry.source)) return { entry, shelved: [name, lineOf(file)] };
      const text = await readFile(entry.source.file, 'utf8');
      return { entry: bytesEntry(file.path, shippedRecord(text, shipped)) };
    }),
  );
}

function isShipped(name: string): boolean {
  return !isPruned(name) && !LEFT_OUT.some((pattern) => pattern.test(name));
}

async function survey(ctx: Context, folder: string): Promise<Found[]> {
  const names = (await list(folder)).filter(isShipped);
  const shipped = new Set(names);
  let done = 0;
  return concurrent(names, 8, async (name): Promise<Found> => {
    const file = below(folder, name);
    if (done++ % 500 === 0) ctx.emit({ type: 'progress', text: 'reading dependencies', done, total: names.length });
    if (RECORD.test(name)) return { entry: bytesEntry(name, shippedRecord(await readFile(file, 'utf8'), shipped)) };
    return { entry: { path: name, ...(await hashFile(ctx, file)), source: { file } } };
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
