/** Both parts of a package as one: what a zip of it holds, and which digest it has. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { oneZip, writeZip } from '../../src/bundle/index.ts';
import type { Bundle } from '../../src/types.ts';
import { artifactOf, makeLab, readByPython, rowsOf, sha256 } from './lab.ts';

const bytes = (text: string) => Buffer.from(text);
/** Dependencies may be called as the folders of the function part are. */
const bundle: Bundle = {
  dependencies: artifactOf([['code/__init__.py', bytes('theirs')], ['numpy/core.so', bytes('elf'), 0o755]], 'dependencies'),
  function: artifactOf([['code/app.py', bytes('ours')], ['mlfn_serve/entry.py', bytes('entry')], ['settings.json', bytes('{}')]]),
  modelDigest: 'm', findings: [], fetched: null,
};

test('everything is in the function part, the dependencies below a folder of their own', async () => {
  const lab = makeLab();
  const one = oneZip(bundle);
  expect(one.dependencies).toMatchObject({ part: 'dependencies', entries: [], size: 0, digest: sha256('') });
  expect(one.function.size).toBe(bundle.function.size + bundle.dependencies.size);
  const zip = path.join(lab.root, 'one.zip');
  await writeZip(lab.ctx, one.function, zip);
  const moved = rowsOf(bundle.dependencies).map(([name, mode, digest]) => [`dependencies/${name}`, mode, digest]);
  expect(readByPython(zip).rows).toEqual([rowsOf(bundle.function)[0], ...moved, ...rowsOf(bundle.function).slice(1)]);
});

test('its digest tells of each part, and the two parts stay as they were', () => {
  const { digest } = oneZip(bundle).function;
  const other = (part: 'dependencies' | 'function') => oneZip({ ...bundle, [part]: artifactOf([['a', bytes('other')]], part) }).function.digest;
  expect(new Set([digest, other('dependencies'), other('function')]).size).toBe(3);
  expect(oneZip(bundle).function.digest).toBe(digest);
  expect(bundle.dependencies.entries.map((entry) => entry.path)).toEqual(['code/__init__.py', 'numpy/core.so']);
});
