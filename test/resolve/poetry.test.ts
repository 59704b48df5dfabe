/** Poetry's own table and its lock, and its carets and tildes against what they are said to mean. */
import { satisfies } from '@renovatebot/pep440';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolve } from '../../src/resolve/index.ts';
import { pep440 } from '../../src/resolve/poetry.ts';
import { readProject } from '../../src/resolve/project.ts';
import { here, makeLab, modelCard, pathWithUv, pins, warnings } from './lab.ts';
import { startRegistry, type Registry } from './registry.ts';

let registry: Registry;
let PATH: string;

beforeAll(async () => {
  PATH = await pathWithUv();
  registry = await startRegistry([
    { name: 'frame', version: '1.0', requires: ['base>=1'], published: '2022-06-01' },
    ...['1.0', '1.5', '2.0'].map((version) => ({ name: 'base', version, published: '2022-01-01' })),
    ...['0.3.0', '0.3.9', '0.4.0'].map((version) => ({ name: 'tool', version, requires: ['deep'], published: '2022-01-01' })),
    ...['1.0', '1.1'].map((version) => ({ name: 'deep', version, published: '2022-01-01' })),
  ]);
});
afterAll(() => registry.close());

const release = fc.array(fc.constantFrom(0, 0, 1, 2, 9), { minLength: 1, maxLength: 3 });

test.each(['^', '~'] as const)('%s: as the documentation words it, for any release', (operator) => {
  fc.assert(
    fc.property(release, release, (given, candidate) => {
      const at = (numbers: number[], index: number) => numbers[index] ?? 0;
      const nonZero = given.findIndex((number) => number > 0);
      // A caret keeps the left-most number that is not zero, or the last of zeros alone; a tilde the minor, if one is given.
      const kept = operator === '~' ? Math.min(1, given.length - 1) : nonZero === -1 ? given.length - 1 : nonZero;
      const same = [0, 1, 2].slice(0, kept + 1).every((index) => at(given, index) === at(candidate, index));
      const order = [0, 1, 2].map((index) => at(candidate, index) - at(given, index)).find((difference) => difference !== 0) ?? 0;
      expect(satisfies(candidate.join('.'), pep440(operator + given.join('.')) ?? '')).toBe(same && order >= 0);
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ['*', ''], ['1.2.3', '==1.2.3'], ['1.2.*', '==1.2.*'], ['= 1.2', '==1.2'], ['~= 1.2', '~=1.2'], ['>= 1.2, <3', '>=1.2,<3'], ['>=1.2 <3', '>=1.2,<3'],
  ['^1.2, !=1.4', '>=1.2,<2,!=1.4'], ['^2.0rc1', '>=2.0rc1,<3'], ['^1.0 || ^2.0', null],
])('%s in PEP 440', (poetry, expected) => {
  expect(pep440(poetry)).toBe(expected);
});

const PYPROJECT = `
[tool.poetry]
name = "mine"
[tool.poetry.dependencies]
python = "^3.9"
frame = "1.0"
base = { version = "^1.0", extras = ["fast", "io"], markers = "sys_platform != 'win32'" }
tool = [{ version = "~0.3", python = "<3.99" }, { version = "^0.4", python = ">=3.99" }]
later = { version = "*", optional = true }
mine = { git = "http://127.0.0.1:9/x.git" }
wide = "^1 || ^2"
[[tool.poetry.source]]
name = "ours"
url = "http://127.0.0.1:9/simple"
[tool.poetry.group.dev.dependencies]
pytest = "^8"
`;

test('the table: carets, extras, markers, Pythons, sources, and what has no wheel', async () => {
  const user = await makeLab();
  await user.write('pyproject.toml', PYPROJECT);
  const project = await readProject(user.ctx, user.folder, undefined);
  expect(project.requiresPython).toBe('>=3.9,<4');
  expect(project.requirements?.items.map(({ line }) => line)).toEqual([
    'frame==1.0',
    "base[fast,io]>=1.0,<2 ; (sys_platform != 'win32')",
    'tool>=0.3,<0.4 ; python_full_version < "3.99"',
    'tool>=0.4,<0.5 ; python_full_version >= "3.99"',
  ]);
  expect(project.requirements?.options).toEqual(['--extra-index-url http://127.0.0.1:9/simple']);
  expect(project.requirements?.unsupported.map(({ text }) => text)).toEqual(['mine = http://127.0.0.1:9/x.git', 'wide = ^1 || ^2']);
});

test('resolved from the table; from poetry.lock when that is beside it, of which groups stay away', async () => {
  const user = await makeLab({ PATH, UV_DEFAULT_INDEX: registry.url });
  await user.write('pyproject.toml', '[tool.poetry.dependencies]\npython = "^3.9"\nframe = "^1.0"\nbase = "^1.0"\ntool = "~0.3"\n');
  const card = modelCard(user.folder, '1.0', ['frame']);
  const open = await resolve(user.ctx, card, here, {});
  expect(pins(open)).toEqual(['base==1.5', 'deep==1.1', 'frame==1.0', 'tool==0.3.9']);
  expect(open.source).toBe('requirements');
  const sha = open.packages.find(({ name }) => name === 'frame')?.sha256;
  const entries = [['base', '1.0'], ['deep', '1.0'], ['tool', '0.3.0'], ['pytest', '8.0'], ['frame', '1.0', `, { file = "f.whl", hash = "sha256:${sha}" }`]];
  const lock = entries.map(([name, version, more]) => `[[package]]\nname = "${name}"\nversion = "${version}"\noptional = false\nfiles = [${more === undefined ? '' : more.slice(2)}]\n`);
  await user.write('poetry.lock', `${lock.join('\n')}\n[metadata]\nlock-version = "2.1"\n`);
  const locked = await resolve(user.ctx, card, here, {});
  expect(pins(locked)).toEqual(['base==1.0', 'deep==1.0', 'frame==1.0', 'tool==0.3.0']);
  expect(locked).toMatchObject({ source: 'lockfile', sourceDetail: 'pinned by poetry.lock' });
  expect(warnings(user)).toEqual([]);
});
