/** Poetry's own table of dependencies and its lock, read as PEP 508 requirements. */
import { validRange } from '@renovatebot/pep440';
import { addRequirement, emptyFile, normalize, type RequirementsFile } from './requirements.ts';
import { asTable, tablesOf, type Table } from './toml.ts';

/** Poetry's constraint in PEP 440, or null where that has no words for it (`^1.0 || ^2.0`). `*` is the empty text. */
export function pep440(constraint: string): string | null {
  if (constraint.includes('|')) return null;
  const parts = constraint.replace(/([~^<>=!]=?=?)\s+/g, '$1').split(/[\s,]+/).filter((part) => part !== '' && part !== '*');
  return parts.map(clause).join(',');
}

function clause(part: string): string {
  const [, operator = '', version = ''] = /^(\^|~(?!=)|~=|={1,3}|!=|<=?|>=?|)(.*)$/.exec(part) ?? [];
  if (operator === '^' || operator === '~') return `>=${version},<${above(operator, version)}`;
  return operator === '' || operator === '=' ? `==${version}` : part;
}

/** `^1.2.3` goes to 2, `^0.2.3` to 0.3, `^0.0.3` to 0.0.4; `~1.2.3` and `~1.2` go to 1.3, `~1` to 2. */
function above(operator: '^' | '~', version: string): string {
  const release = (/^v?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? '0').split('.').map(Number);
  const first = release.findIndex((number) => number > 0);
  const last = release.length - 1;
  const raised = operator === '~' ? Math.min(1, last) : first === -1 ? last : first;
  return release.slice(0, raised + 1).map((number, index) => (index === raised ? number + 1 : number)).join('.');
}

/**
 * [tool.poetry.dependencies] without `python`, and the indexes of [[tool.poetry.source]].
 * @throws MlfnError RESOLVE_REQUIREMENTS_UNREADABLE
 */
export function fromPoetry(poetry: Table): RequirementsFile {
  const found = emptyFile('pyproject.toml', 'requirements');
  for (const [name, value] of Object.entries(asTable(poetry['dependencies']))) {
    if (normalize(name) === 'python') continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      addPoetry(found, name, typeof one === 'string' ? { version: one } : asTable(one));
    }
  }
  for (const { url, priority } of tablesOf(poetry['source'])) {
    if (typeof url === 'string') found.options.push(`--${priority === 'default' ? '' : 'extra-'}index-url ${url}`);
  }
  return found;
}

export function pythonOf(poetry: Table): string | null {
  const { python } = asTable(poetry['dependencies']);
  const range = typeof python === 'string' ? pep440(python) : null;
  return range !== null && range !== '' && validRange(range) ? range : null;
}

function addPoetry(into: RequirementsFile, name: string, wish: Table): void {
  const { version = '*', extras, markers, python, url, optional } = wish;
  const where = `pyproject.toml, ${name}`;
  if (optional === true) return;
  const specifier = pep440(String(version));
  if (['git', 'path', 'file'].some((key) => key in wish) || specifier === null) {
    into.unsupported.push({ where, text: `${name} = ${String(wish['git'] ?? wish['path'] ?? wish['file'] ?? version)}` });
    return;
  }
  const conditions = typeof markers === 'string' ? [`(${markers})`] : [];
  const pythons = typeof python === 'string' ? pep440(python) : '';
  for (const each of (pythons ?? '').split(',').filter(Boolean)) {
    conditions.push(each.replace(/^(\W+)(.*)$/, 'python_full_version $1 "$2"'));
  }
  const named = Array.isArray(extras) && extras.length > 0 ? `${name}[${extras.join(',')}]` : name;
  const line = typeof url === 'string' ? `${named} @ ${url}` : `${named}${specifier}`;
  addRequirement(into, conditions.length === 0 ? line : `${line} ; ${conditions.join(' and ')}`, where);
}

/**
 * poetry.lock: what the project itself asks for, at the versions and with the hashes of the lock. Groups are in it too,
 * and packages of other systems: they are constraints and no wishes.
 */
export function fromPoetryLock(lock: Table, asked: RequirementsFile): RequirementsFile {
  const found: RequirementsFile = { ...emptyFile('poetry.lock', 'lockfile'), items: asked.items, options: asked.options, unsupported: asked.unsupported };
  const packages = tablesOf(lock['package']).filter(({ source }) => ['legacy', undefined].includes(asTable(source)['type'] as string | undefined));
  const old = asTable(asTable(lock['metadata'])['files']); // before Poetry 1.5
  const names = packages.map((one) => normalize(String(one['name'])));
  for (const { name, version, files } of packages) {
    const key = normalize(String(name));
    // Two versions of it for two Pythons: which of them is meant is left to the requirements.
    if (names.indexOf(key) !== names.lastIndexOf(key)) continue;
    const hashes = tablesOf(files ?? old[String(name)]).map(({ hash }) => String(hash)).filter((hash) => hash.startsWith('sha256:'));
    addRequirement(found, [`${key}==${String(version)}`, ...hashes.map((hash) => `--hash=${hash}`)].join(' '), 'poetry.lock', true);
  }
  return found;
}
