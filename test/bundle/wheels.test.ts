/** Packages put together from the members of wheels: what uv would lay down, never compressed again, the same bytes everywhere. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { bundled } from '../../scripts/sources.mjs';
import { dependencyArtifact, layDependencies, type Supply } from '../../src/bundle/dependencies.ts';
import { writeTree, writeZip } from '../../src/bundle/index.ts';
import type { Artifact } from '../../src/types.ts';
import { python } from '../python.ts';
import { pathWithUv } from '../resolve/lab.ts';
import { failure, type Lab, makeLab, readByPython, rowsOf, sha256 } from './lab.ts';

type Method = 'STORED' | 'DEFLATED' | 'BZIP2';
type Member = [name: string, bytes: Buffer, method?: Method, how?: 'streamed' | 'zip64' | 'comment'];

const byteCode = path.join(import.meta.dirname, '../../templates/tools/byte_code.py');
let PATH = '';
beforeAll(async () => {
  PATH = await pathWithUv();
});

function makeWheel(lab: Lab, module: string, members: Member[]): { sha256: string; file: string } {
  const made = path.join(lab.root, `${module}-1.0-py3-none-any.whl`);
  const input = { module, members: members.map(([name, bytes, method = 'DEFLATED', how = null]) => [name, bytes.toString('hex'), method, how]) };
  execFileSync(python, ['-I', path.join(import.meta.dirname, 'wheel.py'), made], { input: JSON.stringify(input) });
  return { sha256: sha256(readFileSync(made)), file: made };
}

/** As resolve gives them: on the shelf, under their digests; and uv, which lays down the same files. */
function supplyOf(lab: Lab, made: { sha256: string; file: string }[]): Supply & { installs: number } {
  const shelf = path.join(lab.ctx.home.cache, 'wheels');
  execFileSync('mkdir', ['-p', shelf]);
  const wheels = made.map((wheel) => {
    const file = path.join(shelf, `${wheel.sha256}.whl`);
    writeFileSync(file, readFileSync(wheel.file));
    return { sha256: wheel.sha256, file };
  });
  const compile = async (folder: string) => void execFileSync(python, ['-I', '-S', byteCode, folder]);
  const supply = {
    installs: 0,
    wheels: async () => ({ wheels, byteCode: { tag: 'cp3', compile } }),
    install: async (folder: string) => {
      supply.installs += 1;
      const env = { ...process.env, PATH, UV_CACHE_DIR: path.join(lab.root, 'uv') };
      execFileSync(path.join(PATH.split(path.delimiter)[1] ?? '', 'uv'), ['pip', 'install', '--quiet', '--offline', '--no-deps', '--python', python, '--target', folder, ...made.map(({ file }) => file)], { env });
      rmSync(path.join(folder, '.lock'), { force: true });
      await compile(folder);
    },
  };
  return supply;
}

const text = (words: string) => Buffer.from(words.repeat(200));
const MEMBERS: Member[] = [
  ['pkg/__init__.py', Buffer.from('from .shapes import area\n')],
  ['pkg/shapes.py', Buffer.from('def area(x):\n    return x in {"one", "two"}\n'), 'DEFLATED', 'zip64'],
  ['pkg/empty.py', Buffer.alloc(0), 'STORED'],
  ['pkg/data, and more.txt', text('stored '), 'STORED'],
  ['pkg/lib.cpython-312.so', Buffer.concat([Buffer.from('7f454c46', 'hex'), Buffer.alloc(3 << 20, 'abcdefg')]), 'DEFLATED', 'streamed'],
  ['pkg/run.sh', Buffer.from('#!/bin/sh\n')],
  ['pkg/tests/test_it.py', Buffer.from('assert True\n'), 'DEFLATED', 'comment'],
  ['pkg/ümläut.txt', text('ü')],
  ['pkg-1.0.data/purelib/pkg/more.py', Buffer.from('x = 1\n')],
  ['pkg-1.0.data/platlib/beside.py', Buffer.from('y = 1\n')],
  ['pkg-1.0.data/data/share/pkg/info.txt', text('data ')],
  ['pkg-1.0.data/scripts/pkg-run', Buffer.from('#!python\nprint()\n')],
  ['pkg-1.0.dist-info/entry_points.txt', Buffer.from('[console_scripts]\npkg = pkg:main\n')],
];

async function zipOf(lab: Lab, artifact: Artifact, name = 'out.zip'): Promise<Buffer> {
  const file = path.join(lab.root, name);
  await writeZip(lab.ctx, artifact, file, { prefix: 'python/' });
  return readFileSync(file);
}

test('the files, digests and RECORD that uv lays down; read by Python and unzip; deflated members are the wheel\'s own bytes', async () => {
  const lab = makeLab();
  const wheel = makeWheel(lab, 'pkg', MEMBERS);
  const supply = supplyOf(lab, [wheel]);
  const artifact = await dependencyArtifact(lab.ctx, path.join(lab.root, 'lock'), supply);
  expect(supply.installs).toBe(0);
  const byUv = path.join(lab.root, 'uv-tree');
  await supply.install(byUv);
  const installed = await dependencyArtifact(lab.ctx, byUv);
  expect(rowsOf(artifact)).toEqual(rowsOf(installed));
  expect(artifact.digest).toBe(installed.digest);

  const zip = await zipOf(lab, artifact);
  const read = readByPython(path.join(lab.root, 'out.zip'));
  expect(read.rows).toEqual(rowsOf(artifact).map(([name, ...rest]) => [`python/${name}`, ...rest]));
  execFileSync('unzip', ['-tq', path.join(lab.root, 'out.zip')]);
  const large = artifact.entries.find((entry) => entry.path.endsWith('.so'))?.source;
  const deflated = large !== undefined && 'file' in large ? large.deflated : undefined;
  const own = readFileSync(deflated?.file ?? '').subarray(deflated?.offset, (deflated?.offset ?? 0) + (deflated?.size ?? 0));
  expect(inflateRawSync(own)).toHaveLength((3 << 20) + 4);
  expect(zip.includes(own)).toBe(true);
});

test('two caches give the same bytes; a second bundle asks nobody; a wheel that has gone from the shelf is put there again', async () => {
  const [one, two] = [makeLab(), makeLab()];
  const zips = await Promise.all([one, two].map(async (lab) => {
    const supply = supplyOf(lab, [makeWheel(lab, 'pkg', MEMBERS)]);
    return zipOf(lab, await dependencyArtifact(lab.ctx, path.join(lab.root, 'lock'), supply));
  }));
  expect(zips[0]).toEqual(zips[1]);
  const nobody: Supply = { wheels: () => Promise.reject(new Error('asked')), install: () => Promise.reject(new Error('asked')) };
  const again = await dependencyArtifact(one.ctx, path.join(one.root, 'lock'), nobody);
  expect(await zipOf(one, again, 'again.zip')).toEqual(zips[0]);
  const shelf = path.join(one.ctx.home.cache, 'wheels');
  for (const name of readdirSync(shelf)) if (!name.endsWith('.whl')) rmSync(path.join(shelf, name), { recursive: true });
  const supply = supplyOf(one, [makeWheel(one, 'pkg', MEMBERS)]);
  expect(await zipOf(one, await dependencyArtifact(one.ctx, path.join(one.root, 'lock'), supply), 'remade.zip')).toEqual(zips[0]);
});

test('as a folder: linked from the shelf, read-only; all of it, tests too, for whoever imports', async () => {
  const lab = makeLab();
  const supply = supplyOf(lab, [makeWheel(lab, 'pkg', MEMBERS)]);
  const artifact = await dependencyArtifact(lab.ctx, path.join(lab.root, 'lock'), supply);
  await writeTree(lab.ctx, artifact, path.join(lab.root, 'object'));
  const [laid, all] = [path.join(lab.root, 'object', 'pkg', 'shapes.py'), path.join(lab.root, 'all')];
  expect(statSync(laid).nlink).toBe(2);
  expect(statSync(laid).mode & 0o777).toBe(0o444);
  await layDependencies(lab.ctx, all, supply);
  expect(existsSync(path.join(all, 'pkg/tests/test_it.py'))).toBe(true);
  const said = execFileSync(python, ['-I', '-c', `import sys; sys.path.insert(0, sys.argv[1]); import pkg, beside; print(pkg.area("two"), pkg.__cached__)`, all], { encoding: 'utf8' });
  expect(said).toMatch(/^True .*all.pkg.__pycache__/);
});

test.each([
  ['another method of packing', [['pkg/a.py', text('x'), 'BZIP2']]],
  ['two files of one name', [['pkg/a.py', Buffer.from('a')], ['pkg/a.py', Buffer.from('b')]]],
  ['two files whose names differ in case', [['pkg/a.py', Buffer.from('a')], ['pkg/A.py', Buffer.from('b')]]],
  ['files of the scheme headers', [['pkg/a.py', Buffer.from('a')], ['pkg-1.0.data/headers/x.h', Buffer.from('')]]],
] as [string, Member[]][])('uv lays down a wheel with %s', async (_what, members) => {
  const lab = makeLab();
  const supply = supplyOf(lab, [makeWheel(lab, 'pkg', members)]);
  const laid: string[] = [];
  const install = async (folder: string) => void laid.push(folder, execFileSync('mkdir', ['-p', folder]).toString());
  await dependencyArtifact(lab.ctx, path.join(lab.root, 'lock'), { ...supply, install });
  expect(laid[0]).toBe(path.join(lab.root, 'lock'));
});

test('so it does with two wheels that have different files of one name; equal ones are one file', async () => {
  const lab = makeLab();
  const one = makeWheel(lab, 'one', [['both/__init__.py', Buffer.from('')], ['both/one.py', Buffer.from('')]]);
  const two = makeWheel(lab, 'two', [['both/__init__.py', Buffer.from('')], ['both/two.py', Buffer.from('')]]);
  const other = makeWheel(lab, 'other', [['both/__init__.py', Buffer.from('x = 1\n')]]);
  const equal = supplyOf(lab, [one, two]);
  const artifact = await dependencyArtifact(lab.ctx, path.join(lab.root, 'lock'), equal);
  expect(equal.installs).toBe(0);
  expect(artifact.entries.filter((entry) => entry.path === 'both/__init__.py')).toHaveLength(1);
  const clash = supplyOf(lab, [one, other]);
  await dependencyArtifact(lab.ctx, path.join(lab.root, 'clash'), clash);
  expect(clash.installs).toBe(1);
});

test('a path that leaves the package is refused before anything is written there', async () => {
  const lab = makeLab();
  const supply = supplyOf(lab, [makeWheel(lab, 'pkg', [['../../../../outside.py', Buffer.from('x')]])]);
  expect(await failure(dependencyArtifact(lab.ctx, path.join(lab.root, 'lock'), supply))).toMatchObject({ code: 'BUNDLE_PATH_UNUSABLE' });
  expect(readdirSync(lab.root, { recursive: true }).filter((name) => String(name).includes('outside'))).toEqual([]);
});

test('bytes of a wheel that change on the disk after they were checked never reach a package', async () => {
  const lab = makeLab();
  const supply = supplyOf(lab, [makeWheel(lab, 'pkg', MEMBERS)]);
  const artifact = await dependencyArtifact(lab.ctx, path.join(lab.root, 'lock'), supply);
  const shapes = artifact.entries.find((entry) => entry.path === 'pkg/shapes.py')?.source;
  const { file, offset } = (shapes !== undefined && 'file' in shapes ? shapes.deflated : undefined) ?? { file: '', offset: 0 };
  const bytes = readFileSync(file);
  bytes[offset + 5] = (bytes[offset + 5] ?? 0) ^ 1;
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
  expect(await failure(writeZip(lab.ctx, artifact, path.join(lab.root, 'out.zip')))).toMatchObject({ code: 'BUNDLE_CHANGED' });
  expect(existsSync(path.join(lab.root, 'out.zip'))).toBe(false);
});

test('any wheel, cut or with any byte changed, is either read as Python reads it or handed to uv', async () => {
  const lab = makeLab();
  const wheel = makeWheel(lab, 'pkg', MEMBERS.filter(([name]) => !name.endsWith('.so')));
  const whole = readFileSync(wheel.file);
  const good = await dependencyArtifact(lab.ctx, path.join(lab.root, 'good'), supplyOf(lab, [wheel]));
  let number = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), fc.boolean(), async (at, value, cut) => {
      const bytes = cut ? whole.subarray(0, at) : Buffer.from(whole);
      if (!cut) bytes[at] = value;
      const file = path.join(lab.root, `${++number}.whl`);
      writeFileSync(file, bytes);
      const supply = supplyOf(lab, [{ sha256: sha256(bytes), file }]);
      const handed = new Error('uv');
      const found = await dependencyArtifact(lab.ctx, path.join(lab.root, `lock${number}`), { ...supply, install: () => Promise.reject(handed) }).catch((error: unknown) => error);
      if (found === handed || (found as { code?: string }).code === 'BUNDLE_PATH_UNUSABLE') return;
      // Names are covered by the wheel's own digest only; contents by their CRC.
      const digests = new Map(good.entries.filter((entry) => !/RECORD$|\.pyc$/.test(entry.path)).map((entry) => [entry.path, entry.sha256]));
      for (const entry of (found as Artifact).entries) expect(entry.sha256).toBe(digests.get(entry.path) ?? entry.sha256);
    }),
    { numRuns: 60 },
  );
});

test('killed at any moment, the shelf holds whole wheels only, and the next bundle is the same', async () => {
  const lab = makeLab();
  const members: Member[] = Array.from({ length: 400 }, (_, index) => [`pkg/m${index}.py`, text(`x${index} = 1\n`)]);
  const wheel = makeWheel(lab, 'pkg', members);
  const reference = makeLab();
  const expected = await dependencyArtifact(reference.ctx, path.join(reference.root, 'lock'), supplyOf(reference, [wheel]));
  supplyOf(lab, [wheel]);
  const request = JSON.stringify({ ctx: { home: lab.ctx.home, cwd: lab.root, env: {} }, folder: path.join(lab.root, 'lock'), sha256: wheel.sha256, python, byteCode });
  const shelver = await bundled(path.join(import.meta.dirname, 'shelver.mjs'));
  for (const after of [80, 130, 180, 240, 300, 400]) {
    const child = spawn(process.execPath, [shelver, request], { stdio: 'ignore' });
    await new Promise((next) => setTimeout(next, after));
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  const artifact = await dependencyArtifact(lab.ctx, path.join(lab.root, 'lock'), supplyOf(lab, [wheel]));
  expect(rowsOf(artifact)).toEqual(rowsOf(expected));
  expect(await zipOf(lab, artifact)).toEqual(await zipOf(reference, expected));
  expect(readdirSync(path.join(lab.ctx.home.cache, 'wheels')).filter((name) => name.startsWith('.'))).toEqual([]);
});
