/** The dependency part of a real install: the same from two folders, looked up the second time, weighed per package. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { build } from '../../src/bundle/build.ts';
import { bundle } from '../../src/bundle/bundle.ts';
import { dependencyArtifact } from '../../src/bundle/dependencies.ts';
import { sizeTable } from '../../src/bundle/size-table.ts';
import { install, resolve } from '../../src/resolve/index.ts';
import { here, makeLab as makeResolveLab, pathWithUv, pythonCard, sharedUvCache } from '../resolve/lab.ts';
import { artifactOf, failure, lockOf, makeLab, readByPython, rowsOf, sha256, writeFiles } from './lab.ts';

test('iniconfig, installed by uv into two folders: one digest; build() writes it, and every byte has an owner', async () => {
  const lab = await makeResolveLab({ PATH: await pathWithUv(), UV_CACHE_DIR: sharedUvCache });
  const app = await lab.write('app.py', 'import iniconfig\ndef f(body):\n    return body\n');
  await lab.write('requirements.txt', 'iniconfig==2.0.0\n');
  const lock = await resolve(lab.ctx, pythonCard(app), here, {});
  const [one, two] = [path.join(lab.folder, 'one'), path.join(lab.folder, 'deeper', 'two')];
  await install(lab.ctx, lock, one);
  await install(lab.ctx, lock, two);
  const first = await dependencyArtifact(lab.ctx, one);
  const second = await dependencyArtifact(lab.ctx, two);
  expect(await dependencyArtifact(lab.ctx, one)).toEqual(first);
  expect(rowsOf(second)).toEqual(rowsOf(first));
  expect(second.digest).toBe(first.digest);
  const names = first.entries.map((each) => each.path);
  expect(names).toEqual(expect.arrayContaining(['iniconfig/__init__.py', 'iniconfig-2.0.0.dist-info/RECORD', `iniconfig/__pycache__/__init__.cpython-${lock.python.replace('.', '')}.pyc`]));
  expect(names.filter((name) => /INSTALLER|REQUESTED|direct_url|\.lock$|^bin\//.test(name))).toEqual([]);

  const made = await bundle(lab.ctx, { card: pythonCard(app), lock, dependencies: one, name: 'demo' });
  const built = await build(lab.ctx, { bundle: made, lock }, 'out');
  expect(readByPython(path.join(built.folder, 'dependencies.zip')).rows).toEqual(rowsOf(first));
  for (const file of built.files) expect(sha256(readFileSync(path.join(built.folder, file.path)))).toBe(file.sha256);
  const table = sizeTable(lock, made, { zipBytes: null, unzippedBytes: 1000 }, built);
  expect(table.rows.filter((row) => row.kind === 'distribution')).toMatchObject([
    { name: 'iniconfig', version: '2.0.0', files: first.entries.length, unzippedBytes: first.size },
  ]);
  expect(table.totals.zippedBytes).toBe(built.files.slice(0, 2).reduce((sum, file) => sum + file.bytes, 0));
  expect(table).toMatchObject({ fits: false, checks: [{ measure: 'zip', fits: true, over: null, measured: true }, { measure: 'unzipped', fits: false, over: made.dependencies.size + made.function.size - 1000 }] });
});

test('the second time is a lookup of the manifest; a damaged one is made again; a folder that is gone is named', async () => {
  const lab = makeLab();
  const folder = path.join(lab.root, 'deps');
  writeFiles(folder, { 'a.py': 'one', 'tool': '#!/usr/bin/env python', 'lib.so': Buffer.from('7f454c46', 'hex') });
  const first = await dependencyArtifact(lab.ctx, folder);
  expect(first.entries.map((each) => [each.path, each.mode])).toEqual([['a.py', 0o644], ['lib.so', 0o644], ['tool', 0o755]]);
  renameSync(folder, `${folder}-away`);
  expect((await dependencyArtifact(lab.ctx, folder)).digest).toBe(first.digest);
  renameSync(`${folder}-away`, folder);
  const manifest = readFileSync(`${folder}.manifest`, 'utf8');
  writeFileSync(`${folder}.manifest`, manifest.slice(0, manifest.length / 2));
  expect((await dependencyArtifact(lab.ctx, folder)).digest).toBe(first.digest);
  expect(readFileSync(`${folder}.manifest`, 'utf8')).toBe(manifest);
  const gone = path.join(lab.root, 'gone');
  expect(await failure(dependencyArtifact(lab.ctx, gone))).toMatchObject({ code: 'BUNDLE_DEPENDENCIES_UNREADABLE' });
  expect(existsSync(`${gone}.manifest`)).toBe(false);
});

test('sizes: RECORD, NAME.libs and byte code go to their package, the rest is told apart', async () => {
  const lab = makeLab();
  const folder = path.join(lab.root, 'deps');
  const record = (...names: string[]) => `${names.map((name) => `${name},sha256=x,1`).join('\n')}\n`;
  writeFiles(folder, {
    'My_Pkg-1.0.dist-info/RECORD': record('my_pkg/__init__.py', '"my_pkg/a,b.txt"', 'my_pkg.libs/libx.so', 'single.py', 'My_Pkg-1.0.dist-info/RECORD'),
    'my_pkg/__init__.py': 'x'.repeat(10), 'my_pkg/a,b.txt': 'x'.repeat(20), 'my_pkg.libs/libx.so': 'x'.repeat(1000), 'single.py': 'x',
    'my_pkg/__pycache__/__init__.cpython-312.pyc': 'x'.repeat(100), '__pycache__/single.cpython-312.pyc': 'x'.repeat(50),
    'stray.txt': 'x'.repeat(7),
  });
  const dependencies = await dependencyArtifact(lab.ctx, folder);
  const own = artifactOf([['code/a.py', Buffer.from('abc')], ['mlfn_serve/x.py', Buffer.from('x')], ['model/m', Buffer.alloc(9)], ['settings.json', Buffer.from('{}')]]);
  const table = sizeTable(lockOf([{ name: 'my-pkg', version: '1.0' }]), { dependencies, function: own, fetched: null, modelDigest: '', findings: [] }, { zipBytes: 1e6, unzippedBytes: null });
  expect(table.rows.map((row) => [row.kind, row.name, row.version, row.files])).toEqual([
    ['distribution', 'my-pkg', '1.0', 7],
    ['distribution', 'other files', null, 1],
    ['model', 'model', null, 1],
    ['serving', 'serving code', null, 2],
    ['code', 'your code', null, 1],
  ]);
  expect(table.rows.reduce((sum, row) => sum + row.unzippedBytes, 0)).toBe(table.totals.unzippedBytes);
  expect(table.checks[0]).toMatchObject({ measured: false, fits: true });
});
