import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { assertSafe } from '../../src/inspect/index.ts';
import { pythonTarget } from '../../src/inspect/python-artifact.ts';
import { python } from '../python.ts';
import { Folder } from './cards.ts';
import { gzip } from './compress.ts';
import { global, join, ops, proto, short, stackGlobal } from './pickle-bytes.ts';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

const OBJECT = ')\x81}b.';
const named = (module: string, name: string): Buffer => join(proto(4), stackGlobal(module, name), OBJECT);

describe('files that are no model', () => {
  test.each([
    ['nothing', Buffer.alloc(0), 'MODEL_EMPTY', /is empty/],
    ['the graph of a SavedModel', Buffer.from('080112ff01', 'hex'), 'MODEL_FORMAT', /graph of a TensorFlow SavedModel/],
    ['an MLmodel', Buffer.from('flavors:\n  sklearn:\n    pickled_model: model.pkl\n'), 'MODEL_FORMAT', /MLflow/],
    ['LZ4', Buffer.from('04224d186440a7', 'hex'), 'MODEL_FORMAT', /LZ4/],
    ['joblib 0.9', Buffer.from('ZF0x12'), 'MODEL_FORMAT', /joblib 0\.10/],
    ['npy', join('\x93NUMPY\x01\0'), 'MODEL_FORMAT', /NumPy array/],
    ['commented Python', Buffer.from('# a comment\n\nimport os\n'), 'MODEL_FORMAT', /Python source/],
    ['Markdown', Buffer.from('# A title\n\nSome text.\n'), 'MODEL_FORMAT', /^(?!.*Python source)/],
    ['Python source', Buffer.from('import os\n\ndef predict(x):\n    return x\n'), 'MODEL_FORMAT', /Python source/],
    ['prose', Buffer.from('Dear model, how are you?\n'), 'MODEL_FORMAT', /no model file.*begins with the text "Dear model/],
    ['CSV', Buffer.from('Name,Age\nA,1\n'), 'MODEL_FORMAT', /no model file/],
    ['CSV that begins as a persistent id does', Buffer.from('PassengerId,Survived\n1,0\n2,1\n'), 'MODEL_FORMAT', /no model file/],
    ['CSV that begins as a class does', Buffer.from('class,age\nfirst,29\nsecond,30\n'), 'MODEL_FORMAT', /no model file/],
    ['text that begins as a memo slot does', Buffer.from('good morning\n'), 'MODEL_FORMAT', /no model file/],
    ['a compressed text', gzip(Buffer.from('a,b\n1,2\n')), 'MODEL_FORMAT', /compressed with gzip, and what is inside is no pickle/],
    ['a tar archive', join('model.joblib', Buffer.alloc(245), 'ustar\x0000', Buffer.alloc(300)), 'MODEL_FORMAT', /tar archive/],
    ['a pointer of Git LFS', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'), 'MODEL_FORMAT', /Git LFS/],
    ['a web page', Buffer.from('<!DOCTYPE html><html><head>'), 'MODEL_FORMAT', /a web page/],
    ['noise', Buffer.from('fffe00deadbeef', 'hex'), 'MODEL_FORMAT', /no model file/],
  ])('%s', async (_name, bytes, code, message) => {
    folder.write('model.joblib', bytes);
    await expect(folder.inspect('model.joblib')).rejects.toMatchObject({ code, message: expect.stringMatching(message), hint: expect.stringMatching(/\.$/) });
  });

  test('a path where nothing is, and a folder', async () => {
    await expect(folder.inspect('gone.joblib')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await expect(folder.inspect('.')).rejects.toMatchObject({ code: 'MODEL_NOT_A_FILE' });
  });

  test('a name is not what tells a file', async () => {
    folder.write('model.txt', join(proto(2), 'N.'));
    expect(await folder.inspect('model.txt')).toMatchObject({ kind: 'model', format: 'pickle', protocol: 2, safe: true, findings: [{ code: 'no-estimator' }] });
  });
});

describe('models that cannot be used', () => {
  test('fitted on no features', async () => {
    const program = 'import pickle, sys; from sklearn.dummy import DummyClassifier; m = DummyClassifier().fit([[1]], [1]); m.n_features_in_ = 0; pickle.dump(m, sys.stdout.buffer)';
    folder.write('m.pkl', execFileSync(python, ['-c', program]));
    const card = await folder.inspect('m.pkl');
    expect(card).toMatchObject({ safe: true, featureCount: 0, findings: [{ severity: 'error', code: 'no-features' }] });
    expect(() => assertSafe(card, { trust: true })).toThrow(expect.objectContaining({ code: 'MODEL_NO_FEATURES' }));
  });
});

describe('classes of the user', () => {
  const SOURCE = '"""class Inside: a text"""\nimport os\nfrom subprocess import run\nclass Ratio:\n    class Inner:\n        pass\n\ndef make(value):\n    return value\n\nif True:\n    class Late(Ratio): pass\n';

  test('are found beside the model, and travel with it', async () => {
    const file = folder.write('features.py', SOURCE);
    folder.write('m.pkl', named('features', 'Ratio'));
    const card = await folder.inspect('m.pkl');
    expect(card).toMatchObject({
      safe: true,
      globals: [{ module: 'features', name: 'Ratio', origin: 'user' }],
      userClasses: [{ module: 'features', name: 'Ratio', file }],
      findings: [{ severity: 'info', code: 'user-class' }],
    });
    expect(() => assertSafe(card, { trust: false })).not.toThrow();
  });

  test('are found in packages, and in the folder of --code first', async () => {
    mkdirSync(path.join(folder.path, 'src/lib'), { recursive: true });
    const inside = folder.write('src/lib/__init__.py', 'class Ratio: pass\n');
    folder.write('lib.py', 'class Ratio: pass\n');
    folder.write('m.pkl', named('lib', 'Ratio'));
    expect(await folder.inspect('m.pkl', { code: 'src' })).toMatchObject({ safe: true, userClasses: [{ file: inside }] });
  });

  test('of __main__ are found in the script that defines them', async () => {
    folder.write('a.py', 'from train import Late\n# class Late\n"class Late"\n');
    const file = folder.write('train.py', SOURCE);
    folder.write('m.pkl', named('__main__', 'Late'));
    expect(await folder.inspect('m.pkl')).toMatchObject({ safe: true, userClasses: [{ module: '__main__', name: 'Late', file }] });
  });

  test.each([
    ['what a module of theirs imports from elsewhere', 'features', 'run'],
    ['a module that a module of theirs imports', 'features', 'os'],
    ['a name that only a text of theirs holds', 'features', 'Inside'],
    ['a class inside a class', 'features', 'Inner'],
    ['a class of a module that is not there', 'feature', 'Ratio'],
    ['a class of __main__ that no script defines', '__main__', 'Inside'],
  ])('are not: %s', async (_name, module, name) => {
    folder.write('features.py', SOURCE);
    folder.write('m.pkl', named(module, name));
    const card = await folder.inspect('m.pkl');
    expect(card).toMatchObject({ safe: false, globals: [{ origin: 'forbidden' }], findings: [{ severity: 'error', code: 'user-class-not-found', hint: expect.stringContaining('--code') }] });
    expect(() => assertSafe(card, { trust: false })).toThrow(expect.objectContaining({ code: 'MODEL_UNSAFE', message: expect.stringContaining(`${module}.${name}`) }));
  });

  test('a function of theirs that loading calls is pointed out', async () => {
    folder.write('features.py', SOURCE);
    folder.write('m.pkl', join(proto(4), stackGlobal('features', 'make'), short('x'), '\x85R.'));
    expect(await folder.inspect('m.pkl')).toMatchObject({ safe: true, findings: [{ severity: 'warning', code: 'user-function-called' }, {}] });
  });

  test.each(['sklearn.py', 'numpy.py'])('%s beside the model does not open the allowlist', async (file) => {
    folder.write(file, 'class load: pass\n');
    folder.write('m.pkl', join(proto(2), global(file.slice(0, -3), 'load'), ops(')R.')));
    expect(await folder.inspect('m.pkl')).toMatchObject({ safe: false, userClasses: [] });
  });
});

describe('module.py:attribute', () => {
  const APP = 'import json\nfrom flask import Flask\napp = Flask(__name__)\ndef predict(body):\n    inner = 1\n    return body\nasync def later(): pass\nx: int = 1\ntry:\n    import numpy as np\nexcept ImportError:\n    np = None\n"""\nhidden = 1\n"""\n';

  test.each(['app', 'predict', 'later', 'x', 'np', 'Flask', 'json'])('%s', async (attribute) => {
    const file = folder.write('app.py', APP);
    expect(await folder.inspect(`app.py:${attribute}`)).toEqual({ kind: 'python', path: file, size: APP.length, attribute, findings: [] });
  });

  test.each(['inner', 'hidden', 'App', 'predict.x', 'a b', ''])('is not there: %s', async (attribute) => {
    folder.write('app.py', APP);
    await expect(folder.inspect(`app.py:${attribute}`)).rejects.toMatchObject({ code: 'MODEL_NO_ATTRIBUTE', hint: expect.stringContaining('app.py') });
  });

  test('whatever a star import brings is taken on trust', async () => {
    folder.write('star.py', 'from app import *\n');
    expect(await folder.inspect('star.py:anything')).toMatchObject({ attribute: 'anything' });
  });

  test('no such file', async () => {
    await expect(folder.inspect('gone.py:app')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  test('a drive letter is no attribute', () => {
    expect(pythonTarget('C:\\work\\app.py:predict')).toEqual({ file: 'C:\\work\\app.py', attribute: 'predict' });
    expect(pythonTarget('C:\\work\\app.py')).toBeNull();
    expect(pythonTarget('C:\\app.py\\model.joblib')).toBeNull();
    expect(pythonTarget('C:model.joblib')).toBeNull();
    expect(pythonTarget('dir.py:x/model.joblib')).toBeNull();
  });
});
