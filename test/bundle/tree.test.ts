/** Folders: whole or not there at all, read-only, and nothing of a killed, aborted or failed writer stays. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bundled } from '../../scripts/sources.mjs';
import { writeTree } from '../../src/bundle/tree.ts';
import type { Artifact } from '../../src/types.ts';
import { artifactOf, failure, makeLab, rowsOf, sha256, writeFiles, type Lab, type Row } from './lab.ts';

const MB = 1 << 20;
const writer = await bundled(path.join(import.meta.dirname, 'writer.mjs'));
const bare = (lab: Lab) => {
  const out = path.join(lab.root, 'out');
  mkdirSync(out, { recursive: true });
  return out;
};

/** Rows of a folder, with the modes that a release has: read-only. */
function read(folder: string): Row[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => !each.isDirectory());
  const rows = files.map((each): Row => {
    const file = path.join(each.parentPath, each.name);
    return [path.relative(folder, file).split(path.sep).join('/'), (lstatSync(file).mode & 0o777).toString(8), sha256(readFileSync(file))];
  });
  return rows.sort((a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])));
}

const readOnly = (artifact: Artifact): Row[] => rowsOf(artifact).map(([name, mode, digest]) => [name, mode === '755' ? '555' : '444', digest]);

test.each(['function', 'dependencies'] as const)('random trees of the %s part are laid down as they are, read-only', async (part) => {
  const lab = makeLab();
  const out = bare(lab);
  let count = 0;
  const name = fc.stringMatching(/^[a-z0-9_é日 -]{1,8}$/).map((text) => `n${text.trim()}`);
  const rows = fc.uniqueArray(fc.tuple(fc.array(name, { minLength: 1, maxLength: 3 }), fc.uint8Array({ maxLength: 2000 }), fc.constantFrom<0o644 | 0o755>(0o644, 0o755), fc.boolean()), {
    maxLength: 10,
    selector: ([parts]) => parts.join('/'),
  });
  await fc.assert(
    fc.asyncProperty(rows, async (given) => {
      const number = count++;
      // The last part is a file's and never a folder's.
      const contents = given.map(([parts, bytes, mode, onDisk]) => {
        const where = `${parts.join('/')}.file`;
        const content = onDisk ? { file: writeFiles(path.join(lab.folder, String(number)), { [where]: bytes }), bytes } : bytes;
        return [where, content, mode] as [string, typeof content, typeof mode];
      });
      const sorted = contents.sort((a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])));
      const artifact = artifactOf(sorted, part);
      await writeTree(lab.ctx, artifact, path.join(out, String(number)));
      expect(read(path.join(out, String(number)))).toEqual(readOnly(artifact));
    }),
    { numRuns: 30 },
  );
  expect(readdirSync(out)).toHaveLength(count);
});

test.each([['function', 9], ['dependencies', 9]] as const)('the %s part is on the disk before its folder has a name', async (part, files) => {
  const lab = makeLab();
  const target = path.join(bare(lab), 'object');
  const folders = ['', 'p0', 'p1', 'p2', 'p0/deep', 'p1/deep', 'p2/deep'];
  const artifact = artifactOf(Array.from({ length: files }, (_, index) => {
    const bytes = Buffer.alloc(1000 * index, 'x');
    const name = `p${index % 3}/deep/f${index}`;
    return [name, index % 2 === 0 ? bytes : { file: writeFiles(lab.folder, { [name]: bytes }), bytes }];
  }), part);
  const probe = await open(writeFiles(lab.root, { probe: '' }), 'r');
  const sync = vi.spyOn(Object.getPrototypeOf(probe) as typeof probe, 'sync');
  onTestFinished(() => sync.mockRestore());
  await probe.close();
  let early = 0;
  sync.mockImplementation(async () => void (early += existsSync(target) ? 0 : 1));
  await writeTree(lab.ctx, artifact, target);
  expect(early).toBe(sync.mock.calls.length);
  // Elsewhere than on Linux the dependencies' files are left to the system.
  const many = part === 'function' || os.platform() === 'linux' ? files : 0;
  expect(early).toBe(many + (os.platform() === 'win32' ? 0 : folders.length));
});

test('the model of the user is no link: writing over it later changes nothing that was laid down', async () => {
  const lab = makeLab();
  const bytes = Buffer.alloc(MB, 'x');
  const file = writeFiles(lab.folder, { model: bytes });
  await writeTree(lab.ctx, artifactOf([['model/m', { file, bytes }]]), path.join(lab.root, 'out'));
  writeFileSync(file, 'other');
  expect(sha256(readFileSync(path.join(lab.root, 'out/model/m')))).toBe(sha256(bytes));
  expect(statSync(path.join(lab.root, 'out/model/m')).nlink).toBe(1);
});

test('a folder that is there is left; a file in its place is named', async () => {
  const lab = makeLab();
  const artifact = artifactOf([['a', Buffer.from('a')]]);
  const there = path.dirname(writeFiles(lab.root, { 'there/mine': '' }));
  await writeTree(lab.ctx, artifact, there);
  expect(readdirSync(there)).toEqual(['mine']);
  const taken = writeFiles(lab.root, { taken: '' });
  expect(await failure(writeTree(lab.ctx, artifact, taken))).toMatchObject({ code: 'BUNDLE_UNWRITABLE', message: expect.stringContaining(taken) });
  expect(await failure(writeTree(lab.ctx, artifact, path.join(taken, 'below')))).toMatchObject({ code: 'BUNDLE_UNWRITABLE' });
});

test('a model that changed after it was hashed: BUNDLE_CHANGED, nothing is left', async () => {
  const lab = makeLab();
  const out = bare(lab);
  const file = writeFiles(lab.folder, { model: Buffer.alloc(MB, 'x') });
  for (const was of [Buffer.alloc(MB, 'y'), Buffer.alloc(MB - 1, 'x'), Buffer.alloc(MB + 1, 'x')]) {
    for (const part of ['function', 'dependencies'] as const) {
      if (part === 'dependencies' && was.length === MB) continue; // ours, and never written into: linked by size
      expect(await failure(writeTree(lab.ctx, artifactOf([['m', { file, bytes: was }]], part), path.join(out, 't')))).toMatchObject({ code: 'BUNDLE_CHANGED' });
    }
  }
  expect(readdirSync(out)).toEqual([]);
});

test('abort: INTERRUPTED, nothing is left', async () => {
  const lab = makeLab();
  const out = bare(lab);
  const bytes = Buffer.alloc(64 * MB, 'x');
  const work = failure(writeTree(lab.ctx, artifactOf([['m', { file: writeFiles(lab.folder, { m: bytes }), bytes }]]), path.join(out, 't')));
  setTimeout(lab.abort, 5);
  expect(await work).toMatchObject({ code: 'INTERRUPTED' });
  expect(readdirSync(out)).toEqual([]);
});

test.each(['zip', 'tree', 'archive'])('kill -9 while a %s is written: nothing under its name, and the next one sweeps and is whole', async (kind) => {
  const lab = makeLab();
  const out = bare(lab);
  const bytes = Buffer.concat(Array.from({ length: 48 }, (_, index) => Buffer.alloc(MB, `${index} of the model`)));
  const artifact = artifactOf([['a', Buffer.from('a')], ['m', { file: writeFiles(lab.folder, { m: bytes }), bytes }]]);
  const target = path.join(out, 'result');
  const request = writeFiles(lab.root, { request: JSON.stringify({ artifact: { ...artifact, entries: artifact.entries.slice(1) }, target }) });
  let interrupted = 0;
  for (const after of [1, 5, 15, 30]) {
    const child = spawn(process.execPath, [writer, kind, request], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await new Promise((next) => setTimeout(next, after));
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    if (!existsSync(target)) interrupted++;
  }
  expect(interrupted).toBeGreaterThan(0);
  execFileSync(process.execPath, [writer, kind, request]);
  expect(readdirSync(out)).toEqual(['result']);
});

test('a child that outlives its killed parent still writes into what is swept: the next one is made all the same', async () => {
  const lab = makeLab();
  const out = bare(lab);
  const left = path.join(out, `.result.${os.hostname().replace(/[^A-Za-z0-9]+/g, '_')}-4194304-00000000.tmp`);
  mkdirSync(left);
  const writes = `const fs = require('fs'); console.log('writing'); const end = Date.now() + 900;
    for (let n = 0; Date.now() < end; n++) { fs.mkdirSync(process.argv[1], { recursive: true }); try { fs.writeFileSync(process.argv[1] + '/' + n, ''); } catch {} }`;
  const child = spawn(process.execPath, ['-e', writes, left], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await writeTree(lab.ctx, artifactOf([['a', Buffer.from('a')]]), path.join(out, 'result'));
  expect(readdirSync(out)).toContain('result');
  if (child.exitCode === null) await once(child, 'exit');
});

/** Bash's `ulimit -f` counts blocks of 1,024 bytes; Node ignores the signal, so that writing fails with EFBIG. */
test.each(['zip', 'tree', 'archive'])('a %s that the disk has no room for is BUNDLE_DISK_FULL, and nothing is left', (kind) => {
  const lab = makeLab();
  const out = bare(lab);
  const bytes = Buffer.from(Array.from({ length: 4 * MB }, (_, index) => (index * 2654435761) >>> 13));
  const artifact = artifactOf([['m', { file: writeFiles(lab.folder, { m: bytes }), bytes }]]);
  const request = writeFiles(lab.root, { request: JSON.stringify({ artifact, target: path.join(out, 'result') }) });
  const limited = spawnSync('bash', ['-c', 'ulimit -f 1; exec "$0" "$@"', process.execPath, writer, kind, request], { encoding: 'utf8' });
  const error = JSON.parse(limited.stdout.trim().split('\n').at(-1) ?? '');
  expect(error).toMatchObject({ code: 'BUNDLE_DISK_FULL', message: expect.stringContaining('EFBIG') });
  expect(readdirSync(out)).toEqual([]);
});
