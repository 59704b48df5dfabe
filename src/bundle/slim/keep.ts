/** Which files of the dependencies a package keeps, from what a run of it touched. The rules are told in docs/slimming.md. */
import type { Artifact, Entry } from '../../types.ts';
import { sourceOf } from '../owners.ts';

/** Path -> why: `imported`, `opened`, `mapped`, `lazy` as templates/tools/trace_package.py tells. */
export type Touched = Record<string, string>;

/** Bytes. What would save less of a package than this is not worth any risk: time zones, small packages. */
const SMALL = 1 << 20;

const CODE = /\.(py|pyc|pyd|so|dylib|dll)$|\.so\.[\d.]+$/;

/**
 * @param owners distribution of each file
 * @param whole distributions that are kept as they are
 */
export function keptFiles(artifact: Artifact, touched: Touched, owners: Map<string, string>, whole: ReadonlySet<string>): Set<string> {
  const ran = Object.keys(touched).filter((file) => touched[file] !== 'lazy');
  const used = new Set(ran.map((file) => owners.get(file) ?? ''));
  // What a function might import of a package that nothing else touched is an option that this model does without.
  const sources = new Set(Object.keys(touched).filter((file) => used.has(owners.get(file) ?? '')).map(sourceOf));
  const folders = new Set([...sources].filter((file) => CODE.test(file)).map(folderOf));
  const needed = ({ path: file }: Entry): boolean => {
    const owner = owners.get(file) ?? '';
    if (whole.has(owner) || sources.has(sourceOf(file))) return true;
    if (!used.has(owner)) return false;
    return isOfThePackage(file) || (!CODE.test(file) && isBeside(file, folders, artifact));
  };
  const saved = new Map<string, number>();
  for (const entry of artifact.entries) {
    const owner = owners.get(entry.path) ?? '';
    if (!needed(entry)) saved.set(owner, (saved.get(owner) ?? 0) + entry.size);
  }
  const worthwhile = ({ path: file }: Entry) => (saved.get(owners.get(file) ?? '') ?? 0) >= SMALL;
  return new Set(artifact.entries.filter((entry) => !worthwhile(entry) || needed(entry)).map((entry) => entry.path));
}

/** Metadata, which code asks for by the package's name; the libraries that a wheel brings, which its extensions load. */
function isOfThePackage(file: string): boolean {
  return /^[^/]+\.dist-info\//.test(file) || /^[^/]+\.libs\//.test(file) || /(^|\/)\.dylibs\//.test(file);
}

/** Data in the folder of a kept module, or in a folder below it that holds no modules of its own. */
function isBeside(file: string, folders: Set<string>, { entries }: Artifact): boolean {
  for (let folder = folderOf(file); ; folder = folderOf(folder)) {
    if (folders.has(folder)) return true;
    if (folder === '' || packagesOf(entries).has(folder)) return false;
  }
}

const known = new WeakMap<Entry[], Set<string>>();

function packagesOf(entries: Entry[]): Set<string> {
  const found = known.get(entries) ?? new Set(entries.filter((entry) => CODE.test(entry.path)).map((entry) => folderOf(sourceOf(entry.path))));
  known.set(entries, found);
  return found;
}

function folderOf(file: string): string {
  return file.slice(0, Math.max(file.lastIndexOf('/'), 0));
}
