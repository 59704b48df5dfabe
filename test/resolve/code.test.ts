/** What the user's own code imports, found without running it. */
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolve } from '../../src/resolve/index.ts';
import { python } from '../python.ts';
import { failure, here, makeLab, modelCard, pathWithUv, pins, pythonCard } from './lab.ts';
import { startRegistry, type Registry } from './registry.ts';

let registry: Registry;
let PATH: string;

beforeAll(async () => {
  PATH = await pathWithUv();
  const names = [
    'opencv-python-headless',
    'opencv-python',
    'pyyaml',
    'bottle',
    'google-cloud-storage',
    'ujson',
    'joblib',
    'frame',
  ];
  registry = await startRegistry(names.map((name) => ({ name, version: '1.0' })));
});
afterAll(() => registry.close());

/** A Python environment that holds none of the packages: what is imported is known by name alone. */
const lab = () => {
  const withoutVenv = PATH.split(path.delimiter).filter((folder) => folder !== path.dirname(python));
  return makeLab({ PATH: withoutVenv.join(path.delimiter), UV_DEFAULT_INDEX: registry.url });
};

test('a function of the standard library alone needs no uv, no index and no package', async () => {
  const user = await makeLab({ UV_DEFAULT_INDEX: 'http://127.0.0.1:9/simple', PATH: '/nowhere' });
  await user.write('helper.py', 'import tomllib, dataclasses\n');
  const app = await user.write(
    'app.py',
    'import json, os.path\nimport helper\nfrom . import helper\n\ndef f(x):\n    return x\n',
  );
  const lock = await resolve(user.ctx, pythonCard(app), here, { python });
  expect(lock).toMatchObject({ packages: [], offline: false, sourceDetail: 'needs no package' });
  expect(lock.digest).toMatch(/^[0-9a-f]{64}$/);
});

test('imports are followed through the modules beside the file, into functions and namespaces', async () => {
  const user = await lab();
  await user.write('own/__init__.py', 'from .inner import thing\n');
  await user.write('own/inner.py', 'def thing():\n    import yaml\n');
  const source = [
    'from typing import TYPE_CHECKING',
    'import own',
    'from google.cloud import storage',
    'if TYPE_CHECKING:',
    '    import torch',
    'try:',
    '    import ujson',
    '    import neverheardof',
    'except ImportError:',
    '    ujson = None',
    'def f(x):',
    '    import cv2',
  ];
  const app = await user.write('app.py', source.join('\n'));
  const lock = await resolve(user.ctx, pythonCard(app), here, {});
  const names = ['google-cloud-storage', 'opencv-python-headless', 'pyyaml', 'ujson'];
  expect(pins(lock)).toEqual(names.map((name) => `${name}==1.0`));
});

test('an unknown import is asked for, unless requirements beside it may provide it', async () => {
  const user = await lab();
  const app = await user.write('app.py', 'import json\nimport neverheardof.deep\n');
  const error = await failure(resolve(user.ctx, pythonCard(app), here, {}));
  expect(error.code).toBe('RESOLVE_IMPORT_UNKNOWN');
  expect(error.message).toContain('app.py line 2 imports neverheardof.deep');
  await user.write('requirements.txt', 'bottle\nopencv-python\n');
  await user.write('app.py', 'import neverheardof, cv2\n');
  expect(pins(await resolve(user.ctx, pythonCard(app), here, {}))).toEqual(['bottle==1.0', 'opencv-python==1.0']);
});

test('code that does not parse is named with its line', async () => {
  const user = await lab();
  const app = await user.write('app.py', 'x = 1\ndef f(:\n');
  const error = await failure(resolve(user.ctx, pythonCard(app), here, {}));
  expect(error).toMatchObject({
    code: 'RESOLVE_CODE_UNREADABLE',
    kind: 'model',
    message: expect.stringMatching(/^app\.py line 2: /),
  });
});

test('a model needs what its file, its hooks and the modules of its classes name; joblib reads a joblib file', async () => {
  const user = await lab();
  const hooks = await user.write('hooks.py', 'import bottle\n');
  const features = await user.write('features.py', 'import yaml\n');
  const card = modelCard(user.folder, '1.0', ['frame']);
  card.format = 'joblib';
  card.userClasses = [{ module: 'features', name: 'Ratio', file: features }];
  const lock = await resolve(user.ctx, card, here, { code: [hooks] });
  expect(pins(lock)).toEqual(['bottle==1.0', 'frame==1.0', 'joblib==1.0', 'pyyaml==1.0']);
});
