/** What a package never touches is left out, and never at the price of an answer: by real runs of the real serving code. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { bundle } from '../../src/bundle/bundle.ts';
import { artifactOf, bytesEntry } from '../../src/bundle/digest.ts';
import { slimRows } from '../../src/bundle/slim/report.ts';
import { slim, type Slimmed } from '../../src/bundle/slim/slim.ts';
import type { Artifact, Bundle } from '../../src/types.ts';
import { python } from '../python.ts';
import { type Lab, lockOf, makeLab, pythonCard } from './lab.ts';

const BIG = 'x'.repeat(2 << 20);

/** Distributions as they lie installed: name -> path -> text. */
function dependenciesOf(packages: Record<string, Record<string, string>>): Artifact {
  const entries = Object.entries(packages).flatMap(([name, files]) => {
    const all = { ...files, [`${name}-1.0.dist-info/METADATA`]: `Name: ${name}\n` };
    const record = Object.keys(all).map((file) => `${file},sha256=x,1`).join('\n');
    return [...Object.entries(all).map(([file, text]) => bytesEntry(file, text)), bytesEntry(`${name}-1.0.dist-info/RECORD`, `${record}\n`)];
  });
  return artifactOf('dependencies', entries);
}

const PKG = {
  'pkg/__init__.py': 'from . import eager\nfrom pathlib import Path\nWORD = (Path(__file__).parent / "words" / "one.txt").read_text()\n',
  'pkg/eager.py': 'import other\ndef fail():\n    from . import late\n    from other.deep import thing\n    import idle\n',
  'pkg/late.py': 'import pkg.needed_by_late\n',
  'pkg/needed_by_late.py': 'def never():\n    import pkg.two_steps\n',
  'pkg/two_steps.py': '',
  'pkg/words/one.txt': 'one',
  'pkg/words/two.txt': 'two',
  'pkg/unused/__init__.py': '',
  'pkg/unused/big.py': `# ${BIG}`,
  'pkg/unused/data.txt': 'of a package that nobody imports',
};
const OTHER = { 'other/__init__.py': '', 'other/deep.py': 'thing = 1\n', 'other/big.txt': BIG, 'other/sub/__init__.py': `# ${BIG}` };
const IDLE = { 'idle/__init__.py': `# ${BIG}` };
const SMALL = { 'small/__init__.py': '', 'small/more.py': '' };

async function bundleOf(lab: Lab, app: string, packages: Record<string, Record<string, string>>): Promise<Bundle> {
  const card = pythonCard(lab.write({ 'app.py': app }));
  const made = await bundle(lab.ctx, { card, lock: lockOf(), dependencies: path.join(lab.root, 'dependencies'), name: 'demo', caller: 'lambda' });
  return { ...made, dependencies: dependenciesOf(packages) };
}

const ask = async (lab: Lab, made: Bundle, changes: { sample?: unknown; whole?: string[] } = {}) =>
  slim(lab.ctx, { bundle: made, interpreter: python, sample: { a: 1 }, opaque: true, names: [], whole: [], ...changes });
const done = (found: Slimmed | { why: string }): Slimmed => {
  if ('why' in found) throw new Error(found.why);
  return found;
};
const namesOf = ({ dependencies }: Slimmed) => dependencies.entries.map((entry) => entry.path).filter((name) => !name.includes('.dist-info/'));

const APP = 'import pkg\ndef predict(body):\n    return {"word": pkg.WORD}\n';

test('kept: what was imported or opened, what functions import and what that needs, data beside modules, metadata, the target\'s and small packages', async () => {
  const lab = makeLab();
  const made = await bundleOf(lab, APP, { pkg: PKG, other: OTHER, idle: IDLE, small: SMALL, server: { 'server.py': `# ${BIG}` } });
  const found = done(await ask(lab, made, { whole: ['Server'] }));
  expect(namesOf(found)).toEqual([
    'other/__init__.py', 'other/big.txt', 'other/deep.py', 'pkg/__init__.py', 'pkg/eager.py', 'pkg/late.py', 'pkg/needed_by_late.py',
    'pkg/words/one.txt', 'pkg/words/two.txt', 'server.py', 'small/__init__.py', 'small/more.py',
  ]);
  const record = found.dependencies.entries.find((entry) => entry.path === 'pkg-1.0.dist-info/RECORD')?.source;
  expect(Buffer.from(record !== undefined && 'bytes' in record ? record.bytes : '').toString()).not.toContain('unused');
  const rows = slimRows(lockOf(), made.dependencies, found);
  expect(Object.fromEntries(rows.map(({ name, why }) => [name, why]))).toMatchObject({
    idle: 'never touched', pkg: '2 imported, 1 opened, 2 imported in functions, 3 beside them', server: 'whole: without a part of it the package failed', small: 'whole: little to save',
  });
  expect(rows.reduce((sum, { kept, dropped }) => sum + kept.bytes + dropped.bytes, 0)).toBe(made.dependencies.size);
  expect(readdirSync(path.join(lab.ctx.home.cache, 'scratch'))).toEqual([]);
});

test('what no trace shows is found missing by the run without it, and put back', async () => {
  const lab = makeLab();
  const seen = { ...PKG, 'pkg/eager.py': 'import os\nhere = os.path.dirname(__file__)\nif not os.path.exists(os.path.join(here, "unused", "big.py")):\n    raise ImportError("gone", name="pkg.unused.big")\n' };
  const found = done(await ask(lab, await bundleOf(lab, APP, { pkg: seen, other: OTHER, idle: IDLE })));
  expect(found.whole).toEqual(['pkg']);
  expect(namesOf(found)).toContain('pkg/unused/big.py');
  expect(namesOf(found)).not.toContain('idle/__init__.py');
});

test('where nothing helps the whole package ships, and why is told', async () => {
  const lab = makeLab();
  const looks = 'import os, pkg\ndef predict(body):\n    return {"there": os.path.exists(os.path.join(os.path.dirname(os.path.dirname(pkg.__file__)), "ghost"))}\n';
  expect(await ask(lab, await bundleOf(lab, looks, { pkg: PKG, other: OTHER, idle: IDLE, ghost: { 'ghost/__init__.py': `# ${BIG}` } }))).toEqual({ why: 'without what it does not touch it failed: an answer was another' });
  const unstable = 'import pkg, uuid\ndef predict(body):\n    return str(uuid.uuid4())\n';
  expect(await ask(lab, await bundleOf(lab, unstable, { pkg: PKG, other: OTHER, idle: IDLE }))).toMatchObject({ why: expect.stringContaining('an answer was another') });
  const fails = 'import pkg\ndef predict(body):\n    raise ValueError("no")\n';
  expect(await ask(lab, await bundleOf(lab, fails, { pkg: PKG, other: OTHER, idle: IDLE }))).toEqual({ why: 'the sample itself is not answered' });
  const dies = 'import os\nos.abort()\n';
  expect(await ask(lab, await bundleOf(lab, `${dies}def predict(body):\n    return 1\n`, { pkg: PKG, other: OTHER, idle: IDLE }))).toMatchObject({ why: expect.stringMatching(/^it could not be tried here: Python ended \(SIGABRT\)/) });
});

test('the same package is not tried again; a changed model of the same names is, once, and has the same dependencies', async () => {
  const lab = makeLab();
  const told: string[] = [];
  lab.ctx.emit = (event) => void told.push(event.text);
  const first = await bundleOf(lab, APP, { pkg: PKG, other: OTHER, idle: IDLE });
  const found = done(await ask(lab, first));
  expect(told).toHaveLength(2);
  expect(done(await ask(lab, first)).dependencies.digest).toBe(found.dependencies.digest);
  expect(told).toHaveLength(2);
  const changed = { ...first, function: artifactOf('function', [...first.function.entries, bytesEntry('model/other.joblib', 'other')]) };
  expect(done(await ask(lab, changed)).dependencies.digest).toBe(found.dependencies.digest);
  expect(told).toHaveLength(4);
  expect(done(await ask(lab, changed)).dependencies.digest).toBe(found.dependencies.digest);
  expect(told).toHaveLength(4);
});
