/** Which of the serving code goes with a package: whatever it imports, and nothing that is for another caller. */
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type ServedBy, servingCode } from '../../src/bundle/serving.ts';
import { python } from '../python.ts';
import { makeLab } from './lab.ts';

/** `module missing`, for each import, wherever it stands, of a module of the serving code that is not there. */
const MISSING = `
import ast, pathlib, sys
folder = pathlib.Path(sys.argv[1], "mlfn_serve")
for file in sorted([*folder.glob("*.py"), *folder.glob("data/*.py"), *folder.glob("networks/*.py")]):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level > 0:
            beside = file.parents[node.level - 1]
            for name in [node.module] if node.module else [each.name for each in node.names]:
                place = beside / name.replace(".", "/")
                if not name.isupper() and not place.with_suffix(".py").exists() and not place.exists():
                    print(file.stem, name)
`;

const LINEAR: ServedBy = { engine: 'plain', format: 'plain', modules: ['chain', 'columns', 'encoding', 'flat', 'kinds', 'linear', 'scaling'] };

test.each([
  // Where the model is in Cloud Storage, which it is not for who is called by Lambda; and what other engines would import.
  ['lambda', { apart: true }, { engine: 'native' }, ['fetch store_gs', 'openapi data.described', 'start data', 'start function', 'start plain', 'start tensors']],
  ['http', { apart: true }, { engine: 'native' }, ['openapi data.described', 'start data', 'start function', 'start plain', 'start tensors']],
  ['http', {}, { engine: 'native' }, ['openapi data.described', 'start data', 'start fetch', 'start fetch', 'start function', 'start plain', 'start reload', 'start tensors']],
  ['http', { apart: true }, { engine: 'python' }, ['openapi data.described', 'start data', 'start model', 'start plain', 'start predict', 'start tensors']],
  ['http', { apart: true }, LINEAR, ['openapi data.described', 'start data', 'start function', 'start model', 'start tensors']],
  ['http', { apart: true }, { engine: 'onnx', format: 'onnx', modules: [] }, ['openapi data.described', 'start data', 'start function', 'start model', 'start plain', 'tensors networks']],
  ['http', { apart: true }, { engine: 'network', format: 'keras' }, ['openapi data.described', 'start data', 'start function', 'start model', 'start plain']],
  ['http', { apart: true }, { engine: 'network', format: 'torchscript' }, ['openapi data.described', 'start data', 'start function', 'start model', 'start plain']],
  // Objects are those of the cloud that the package is for.
  ['lambda', { data: true }, LINEAR, ['objects gs', 'start fetch', 'start fetch', 'start function', 'start model', 'start reload', 'start tensors']],
  ['http', { data: true }, LINEAR, ['objects s3', 'start fetch', 'start fetch', 'start function', 'start model', 'start reload', 'start tensors']],
] as const)('for %s, %j and %j: nothing that is imported is left out', async (caller, what, by, lazily) => {
  const lab = makeLab();
  const entries = await servingCode(lab.ctx, caller, by as ServedBy, { apart: false, data: false, ...what });
  for (const { path: name, source } of entries) cpSync((source as { file: string }).file, path.join(lab.folder, name));
  const missing = execFileSync(python, ['-I', '-c', MISSING, lab.folder], { encoding: 'utf8' });
  expect(missing.split('\n').filter(Boolean).toSorted()).toEqual(lazily);
});

test('Lambda gets no server, and nothing gets byte code', async () => {
  const lab = makeLab();
  const names = async (caller: 'lambda' | 'http') => (await servingCode(lab.ctx, caller, { engine: 'native' }, { apart: true, data: false })).map((entry) => entry.path);
  const [lambda, http] = [await names('lambda'), await names('http')];
  expect(http).toEqual(expect.arrayContaining(['main.py', 'mlfn_serve/entry.py', 'mlfn_serve/page.html', 'mlfn_serve/server.py']));
  const left = http.filter((name) => !lambda.includes(name)).toSorted();
  expect(left).toEqual(['main.py', ...['cloud_log', 'framework', 'launch', 'machine', 'processes', 'server', 'store_gs', 'web'].map((name) => `mlfn_serve/${name}.py`)]);
  expect(http.filter((name) => /__pycache__|\.pyc$/.test(name))).toEqual([]);
});

test('a compiled model brings its own evaluators, and no others', async () => {
  const lab = makeLab();
  const names = (await servingCode(lab.ctx, 'lambda', LINEAR, { apart: false, data: false })).map((entry) => entry.path);
  expect(names.filter((name) => name.includes('/plain/')).toSorted()).toEqual(['__init__', 'chain', 'columns', 'encoding', 'flat', 'kinds', 'linear', 'scaling'].map((name) => `mlfn_serve/plain/${name}.py`));
  expect(names).not.toContain('mlfn_serve/introspect.py');
});

test('a network brings what opens its own format', async () => {
  const lab = makeLab();
  const networks = async (by: ServedBy) => (await servingCode(lab.ctx, 'http', by, { apart: false, data: false })).map((entry) => entry.path).filter((name) => name.includes('/networks/')).map((name) => path.posix.basename(name)).toSorted();
  expect(await networks({ engine: 'network', format: 'saved-model' })).toEqual(['__init__.py', 'network.py', 'saved_model.py', 'tensorflow_graph.py']);
  expect(await networks({ engine: 'network', format: 'torch-exported' })).toEqual(['__init__.py', 'network.py', 'torch_file.py']);
  expect(await networks({ engine: 'native' })).toEqual([]);
});
