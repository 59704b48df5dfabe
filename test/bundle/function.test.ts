/** The function part: what it holds, what settings.json tells of it, and how the user's modules are found. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { bundle, type BundleInput } from '../../src/bundle/bundle.ts';
import type { ModelCard, UserClass } from '../../src/card.ts';
import type { Bundle } from '../../src/types.ts';
import { failure, lockOf, makeLab, modelCard, pythonCard, rowsOf, sha256, writeFiles, type Lab } from './lab.ts';

const made = (lab: Lab, card: ModelCard, more: Partial<BundleInput> = {}) =>
  bundle(lab.ctx, { card, lock: lockOf(), dependencies: path.join(lab.root, 'dependencies'), name: 'demo', ...more });

function settingsOf({ function: part }: Bundle): Record<string, unknown> {
  const source = part.entries.find((each) => each.path === 'settings.json')?.source;
  if (source === undefined || !('bytes' in source)) throw new Error('no settings.json');
  return JSON.parse(Buffer.from(source.bytes).toString()) as Record<string, unknown>;
}

const own = ({ function: part }: Bundle) => part.entries.map((each) => each.path).filter((name) => name !== 'main.py' && !name.startsWith('mlfn_serve/'));
const userClass = (module: string, name: string, file: string | null): UserClass => ({ module, name, file });

test('a plain model: the serving code, the model under its own name, settings.json; the digest is over sorted rows', async () => {
  const lab = makeLab();
  const file = lab.write({ 'my model.joblib': 'M', 'unrelated.py': 'x = 1', 'data.csv': '1' });
  const result = await made(lab, modelCard(file));
  expect(own(result)).toEqual(['model/my model.joblib', 'settings.json']);
  expect(settingsOf(result)).toEqual({ schema: 1, name: 'demo', hooks: null, main: {}, artifact: { kind: 'model', path: 'model/my model.joblib', format: 'joblib' } });
  expect(result.modelDigest).toBe(sha256('M'));
  const names = result.function.entries.map((each) => each.path);
  expect(names).toEqual(expect.arrayContaining(['main.py', 'mlfn_serve/entry.py']));
  expect(names.filter((name) => /__pycache__|\.pyc$/.test(name))).toEqual([]);
  const rows = rowsOf(result.function);
  expect(rows).toEqual([...rows].sort((a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0]))));
  expect(result.function.digest).toBe(sha256(rows.map((row) => `${row.join('\0')}\n`).join('')));
  expect(result.findings).toEqual([]);
});

test('the same from another folder; another name, another model and another mode of a file give another digest', async () => {
  const digests = [];
  for (const [name, model] of [['demo', 'M'], ['demo', 'M'], ['other', 'M'], ['demo', 'N']] as const) {
    const lab = makeLab();
    const result = await made(lab, modelCard(lab.write({ 'm.joblib': model })), { name });
    digests.push(result.function.digest);
  }
  expect(digests[1]).toBe(digests[0]);
  expect(new Set(digests).size).toBe(3);
});

test('hooks travel with what they import, and nothing else does', async () => {
  const lab = makeLab();
  const files = { 'hooks.py': 'import words\nfrom shapes.round import circle\n', 'words.py': 'import json\n', 'shapes/__init__.py': '', 'shapes/round.py': 'from . import edge', 'shapes/edge.py': '', 'shapes/table.json': '{}', 'shapes/__pycache__/x.pyc': '', 'train.py': 'import words' };
  const model = lab.write({ 'm.joblib': 'M', ...files });
  const result = await made(lab, modelCard(model), { hooks: 'hooks.py' });
  expect(own(result)).toEqual(['code/hooks.py', 'code/shapes/__init__.py', 'code/shapes/edge.py', 'code/shapes/round.py', 'code/shapes/table.json', 'code/words.py', 'model/m.joblib', 'settings.json']);
  expect(settingsOf(result)).toMatchObject({ hooks: 'hooks', main: {} });
});

test('classes of the user: in a module, in a package with relative imports, in __main__ under its guard', async () => {
  const lab = makeLab();
  const model = lab.write({
    'm.joblib': 'M',
    'features.py': 'class Ratio: pass\n',
    'kit/__init__.py': '',
    'kit/deep/__init__.py': '',
    'kit/deep/scale.py': 'from ..base import Base\nclass Scale(Base): pass\n',
    'kit/base.py': 'class Base: pass\n',
    'train.py': 'class Hour: pass\n\nif __name__ == "__main__":\n    print("training")\n',
  });
  const at = (name: string) => path.join(lab.folder, name);
  const classes = [userClass('features', 'Ratio', at('features.py')), userClass('kit.deep.scale', 'Scale', at('kit/deep/scale.py')), userClass('__main__', 'Hour', at('train.py'))];
  const result = await made(lab, modelCard(model, classes));
  expect(own(result).filter((name) => name.startsWith('code/'))).toEqual(['code/features.py', 'code/kit/__init__.py', 'code/kit/base.py', 'code/kit/deep/__init__.py', 'code/kit/deep/scale.py', 'code/train.py']);
  expect(settingsOf(result)).toMatchObject({ main: { Hour: 'train' } });
});

test('a class of __main__ in a script that trains on import is refused with file and line', async () => {
  const lab = makeLab();
  const train = lab.write({ 'train.py': 'import os\n\nclass Hour: pass\n\nrows = load_rows()\n', 'm.joblib': 'M' });
  const error = await failure(made(lab, modelCard(path.join(lab.folder, 'm.joblib'), [userClass('__main__', 'Hour', train)])));
  expect(error).toMatchObject({ code: 'BUNDLE_MAIN_RUNS_WORK', details: { line: 5, class: 'Hour' } });
  expect(error.message).toContain(`${train}:5`);
});

test('a class without a file, a file that is not that module, a module that hides one of Python, broken code: each is named', async () => {
  const lab = makeLab();
  const model = lab.write({ 'm.joblib': 'M', 'json.py': '', 'other.py': '', 'broken.py': 'x = 1\ndef f(:\n' });
  const at = (name: string) => path.join(lab.folder, name);
  const refused = (module: string, file: string | null) => failure(made(lab, modelCard(model, [userClass(module, 'A', file)])));
  expect(await refused('gone', null)).toMatchObject({ code: 'BUNDLE_CLASS_NOT_FOUND', hint: expect.stringContaining('--code') });
  expect(await refused('features', at('other.py'))).toMatchObject({ code: 'BUNDLE_CLASS_NOT_FOUND' });
  expect(await refused('json', at('json.py'))).toMatchObject({ code: 'BUNDLE_MODULE_NAME' });
  expect(await refused('broken', at('broken.py'))).toMatchObject({ code: 'BUNDLE_CODE_INVALID', message: expect.stringContaining('broken.py:2') });
});

test('a Python artifact: local imports, package data, Flask folders; what is missing is a warning', async () => {
  const lab = makeLab();
  const app = lab.write({
    'app.py': 'import nowhere\nfrom flask import Flask\nfrom coins import change\nfrom lib.words import hello\napp = Flask(__name__)\n',
    'coins.py': '',
    'lib/__init__.py': '',
    'lib/words.py': '',
    'lib/words.txt': 'hello',
    'templates/index.html': '<p>',
    'static/a.css': '',
    'notes.txt': '',
  });
  writeFiles(path.join(lab.root, 'dependencies'), { 'flask/__init__.py': '' });
  const result = await made(lab, pythonCard(app, 'app'));
  expect(own(result)).toEqual(['code/app.py', 'code/coins.py', 'code/lib/__init__.py', 'code/lib/words.py', 'code/lib/words.txt', 'code/static/a.css', 'code/templates/index.html', 'settings.json']);
  expect(settingsOf(result)['artifact']).toEqual({ kind: 'python', module: 'app', attribute: 'app' });
  expect(result.findings).toMatchObject([{ severity: 'warning', code: 'import-not-found', message: expect.stringContaining('app.py:1 imports nowhere') }]);
});

test('--code gives the folder that modules are imported from; two files of one place in the package clash', async () => {
  const lab = makeLab();
  const model = lab.write({ 'm.joblib': 'M', 'src/pkg/a.py': 'class A: pass\n', 'one/helper.py': '1', 'two/helper.py': '2', 'one/hooks.py': 'import helper\n', 'two/mine.py': 'import helper\nclass B: pass\n' });
  const a = userClass('pkg.a', 'A', path.join(lab.folder, 'src/pkg/a.py'));
  const result = await made(lab, modelCard(model, [a]), { code: 'src' });
  expect(own(result)).toContain('code/pkg/a.py');
  const twice = [userClass('helper', 'H', path.join(lab.folder, 'one/helper.py')), userClass('helper', 'G', path.join(lab.folder, 'two/helper.py'))];
  expect(await failure(made(lab, modelCard(model, twice)))).toMatchObject({ code: 'BUNDLE_CODE_CLASH', details: { path: 'code/helper.py' } });
});
