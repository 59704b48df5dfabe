/** What lies beside the model and says which versions it wants. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { readText } from '../whole-files.ts';
import { asVersions } from './compiled.ts';
import { fromUser } from './interpreters.ts';
import { fromPoetry, fromPoetryLock, pythonOf } from './poetry.ts';
import { addRequirement, emptyFile, readRequirements, type RequirementsFile } from './requirements.ts';
import { asTable, readToml, type Table } from './toml.ts';

export interface Project {
  folder: string;
  requirements: RequirementsFile | null;
  /** The user named the file: it is obeyed to the letter. */
  named: boolean;
  /** A uv.lock, to be read by uv itself. */
  uvLock: string | null;
  requiresPython: string | null;
  /** `.python-version`, as `3.12` or `3.12.1`. */
  pythonVersion: string | null;
  /** A uv.toml with the indexes that the project configured for uv, and nothing else of it. */
  uvConfig: string;
}

/** What MLflow logs lists MLflow itself, and what its own way of serving needs: versions, not wishes. */
const MLMODEL = 'MLmodel';

/** Keys of uv's configuration that say where packages come from. */
const INDEX_KEYS = [
  'index',
  'index-url',
  'extra-index-url',
  'no-index',
  'find-links',
  'index-strategy',
  'keyring-provider',
];

/**
 * The lock or requirements beside the model, the first of: the file given, pylock.toml, uv.lock, poetry.lock,
 * requirements.txt, pyproject.toml with [project] or [tool.poetry] dependencies.
 * @throws MlfnError RESOLVE_REQUIREMENTS_UNREADABLE
 */
export async function readProject(ctx: Context, folder: string, given: string | undefined): Promise<Project> {
  const pyproject = await readToml(path.join(folder, 'pyproject.toml'));
  const uvToml = await readToml(path.join(folder, 'uv.toml'));
  const table = asTable(pyproject?.['project']);
  const names = new Set(await readdir(folder).catch(() => []));
  const version = names.has('.python-version') ? await readText(path.join(folder, '.python-version')) : null;
  const project: Project = {
    folder,
    requirements: null,
    named: given !== undefined,
    uvLock: null,
    requiresPython: typeof table['requires-python'] === 'string' ? table['requires-python'] : pythonOf(poetryOf(pyproject)),
    pythonVersion: /^(?:cpython-)?(3\.\d+(?:\.\d+)?)\b/m.exec(version ?? '')?.[1] ?? null,
    uvConfig: indexConfig(uvToml ?? asTable(asTable(pyproject?.['tool'])['uv'])),
  };
  if (given !== undefined) return readGiven(project, fromUser(ctx, given));
  const lock = [...names].filter((name) => /^pylock(\.[^.]+)?\.toml$/.test(name)).toSorted()[0];
  if (lock !== undefined) return readGiven(project, path.join(folder, lock));
  if (names.has('uv.lock') && pyproject !== null) return { ...project, uvLock: path.join(folder, 'uv.lock') };
  const own = fromPyproject(pyproject);
  if (names.has('poetry.lock') && own !== null) return readGiven(project, path.join(folder, 'poetry.lock'));
  if (names.has('requirements.txt')) {
    const found = await readGiven(project, path.join(folder, 'requirements.txt'));
    return names.has(MLMODEL) && found.requirements !== null ? { ...found, requirements: asVersions(found.requirements) } : found;
  }
  return { ...project, requirements: own };
}

async function readGiven(project: Project, file: string): Promise<Project> {
  const name = path.basename(file);
  if (name === 'uv.lock') return { ...project, uvLock: file };
  if (name === 'pyproject.toml') {
    const requirements = fromPyproject(await readToml(file));
    if (requirements !== null) return { ...project, requirements };
    throw unreadable(file, 'it has neither [project] nor [tool.poetry] dependencies');
  }
  if (!name.endsWith('.toml') && name !== 'poetry.lock') return { ...project, requirements: await readRequirements(file) };
  const lock = await readToml(file);
  if (lock === null) throw unreadable(file, 'there is no such file');
  if (name === 'poetry.lock') {
    const asked = fromPyproject(await readToml(path.join(path.dirname(file), 'pyproject.toml')));
    if (asked === null) throw unreadable(file, 'no pyproject.toml beside it says which of its packages are needed');
    return { ...project, requirements: fromPoetryLock(lock, asked) };
  }
  return { ...project, requirements: fromPylock(lock, file) };
}

function poetryOf(pyproject: Table | null): Table {
  return asTable(asTable(pyproject?.['tool'])['poetry']);
}

/** Null when it lists none. */
function fromPyproject(pyproject: Table | null): RequirementsFile | null {
  const { dependencies } = asTable(pyproject?.['project']);
  const poetry = poetryOf(pyproject);
  if (!Array.isArray(dependencies)) return poetry['dependencies'] === undefined ? null : fromPoetry(poetry);
  const found = emptyFile('pyproject.toml', 'requirements');
  for (const line of dependencies) addRequirement(found, String(line), 'pyproject.toml');
  return found;
}

/** PEP 751: every package with its version, its marker and the hashes of its wheels. */
function fromPylock(lock: Table, file: string): RequirementsFile {
  const label = path.basename(file);
  if (!Array.isArray(lock['packages'])) throw unreadable(file, 'it has no [[packages]]');
  const found = emptyFile(label, 'lockfile');
  for (const entry of lock['packages'].map(asTable)) {
    const { name, version, marker, wheels } = entry;
    if (typeof name !== 'string') throw unreadable(file, 'one of its packages has no name');
    if (typeof version !== 'string' || !Array.isArray(wheels)) {
      found.unsupported.push({ where: label, text: name });
      continue;
    }
    const hashes = wheels
      .map((wheel) => asTable(asTable(wheel)['hashes'])['sha256'])
      .filter((hash) => typeof hash === 'string');
    const pin = `${name}==${version}${typeof marker === 'string' ? ` ; ${marker}` : ''}`;
    addRequirement(found, [pin, ...hashes.map((hash) => `--hash=sha256:${hash}`)].join(' '), label);
  }
  return found;
}

function indexConfig(table: Table): string {
  const lines = INDEX_KEYS.flatMap((key) => {
    const value = table[key];
    if (typeof value === 'string' || typeof value === 'boolean') return [`${key} = ${JSON.stringify(value)}`];
    if (!Array.isArray(value)) return [];
    const items = value.map((item) => (typeof item === 'string' ? JSON.stringify(item) : inlineTable(asTable(item))));
    return [`${key} = [${items.join(', ')}]`];
  });
  return lines.map((line) => `${line}\n`).join('');
}

function inlineTable(table: Table): string {
  const plain = Object.entries(table).filter(([, value]) => ['string', 'boolean'].includes(typeof value));
  return `{ ${plain.map(([key, value]) => `${key} = ${JSON.stringify(value)}`).join(', ')} }`;
}

function unreadable(file: string, why: string): MlfnError {
  return new MlfnError('RESOLVE_REQUIREMENTS_UNREADABLE', `${path.basename(file)} cannot be used: ${why}.`, {
    hint: 'Name another file with --requirements.',
    details: { file },
  });
}
