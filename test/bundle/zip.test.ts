/** Zips are read back by readers that are not ours, and are the same bytes whoever writes them. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, utimesSync, chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import yauzl from 'yauzl';
import { bundled } from '../../scripts/sources.mjs';
import { writeZip } from '../../src/bundle/index.ts';
import { centralHeader, dataDescriptor, endOfDirectory, localHeader, type Packed } from '../../src/bundle/zip-records.ts';
import { python } from '../python.ts';
import { artifactOf, failure, makeLab, readByPython, rowsOf, writeFiles } from './lab.ts';

const writer = await bundled(path.join(import.meta.dirname, 'writer.mjs'));
const MB = 1 << 20;

/** yauzl in its strict mode, names and sizes checked. */
function readByYauzl(file: string): Promise<[string, Buffer][]> {
  return new Promise((resolve, reject) => {
    yauzl.open(file, { lazyEntries: true, strictFileNames: true }, (problem, zip) => {
      if (problem !== null) return reject(problem);
      const found: [string, Buffer][] = [];
      zip.on('entry', (entry: yauzl.Entry) => {
        zip.openReadStream(entry, async (error, stream) => {
          if (error !== null) return reject(error);
          const parts: Buffer[] = [];
          for await (const part of stream) parts.push(part as Buffer);
          found.push([entry.fileName, Buffer.concat(parts)]);
          zip.readEntry();
        });
      });
      zip.once('end', () => resolve(found));
      zip.once('error', reject);
      zip.readEntry();
    });
  });
}

test('entries of every kind are read back by Python, unzip and yauzl: order, modes, names, one date', async () => {
  const lab = makeLab();
  const big = Buffer.concat([Buffer.alloc(3 * MB, 'abc'), randomBytes(2 * MB)]);
  const noise = randomBytes(3 * MB + 17);
  const text = Buffer.from('text '.repeat(50_000));
  const file = (name: string, bytes: Buffer) => ({ file: writeFiles(lab.folder, { [name]: bytes }), bytes });
  const artifact = artifactOf([
    ['a/empty', Buffer.alloc(0)],
    ['a/one', Buffer.from('x')],
    ['a/text.txt', file('text', text)],
    ['bin/run', Buffer.from('#!/bin/sh\n'), 0o755],
    ['model/big', file('big', big)],
    ['model/noise', file('noise', noise)],
    ['name with spaces/ümläut/日本語 🎉.py', Buffer.from('é')],
  ]);
  const target = path.join(lab.root, 'out.zip');
  const zip = await writeZip(lab.ctx, artifact, target);
  const bytes = readFileSync(target);
  expect(zip.bytes).toBe(bytes.length);
  const read = readByPython(target);
  expect(read.rows).toEqual(rowsOf(artifact));
  expect(read.dates).toEqual(['1980-1-1-0-0-0']);
  expect(read.types).toEqual([0o10]); // regular files
  expect(read.utf8).toEqual([1]);
  expect((await readByYauzl(target)).map(([name]) => name)).toEqual(artifact.entries.map((each) => each.path));
  expect(execFileSync('unzip', ['-t', target], { encoding: 'utf8' })).toContain('No errors detected');
  expect(bytes.length).toBeLessThan(noise.length + 2.2 * MB);
  const other = await writeZip(lab.ctx, artifact, path.join(lab.root, 'again.zip'));
  expect(other.sha256).toBe(zip.sha256);
});

test('sizes about the edges of a piece; noise, text and holes in one file: each part is packed as it deserves', async () => {
  const lab = makeLab();
  const half = MB / 2;
  const [noise, text] = [randomBytes(4 * MB), Buffer.alloc(4 * MB, 'A model is mostly numbers. ')];
  const sizes = [half - 1, half, half + 1, 2 * half - 1, 2 * half, 2 * half + 1, 3 * half];
  const mixed = Buffer.concat([noise, text, Buffer.alloc(100_001), noise.subarray(0, 99_999), text.subarray(0, MB)]);
  const contents = [...sizes.flatMap((size) => [noise.subarray(0, size), text.subarray(0, size)]), mixed];
  const artifact = artifactOf(contents.map((bytes, index) => [`f${index + 10}`, { file: writeFiles(lab.folder, { [`f${index}`]: bytes }), bytes }]));
  const target = path.join(lab.root, 'out.zip');
  const zip = await writeZip(lab.ctx, artifact, target);
  expect(readByPython(target).rows).toEqual(rowsOf(artifact));
  expect(execFileSync('unzip', ['-t', target], { encoding: 'utf8' })).toContain('No errors detected');
  const incompressible = 4 * MB + sizes.reduce((sum, size) => sum + size, 0);
  expect(zip.bytes).toBeLessThan(1.06 * incompressible);
  // Lanes are taken in another order on a busy machine: the bytes must not tell.
  const again = await Promise.all([1, 2, 3].map((number) => writeZip(lab.ctx, artifact, path.join(lab.root, `${number}.zip`))));
  expect(new Set(again.map(({ sha256 }) => sha256))).toEqual(new Set([zip.sha256]));
});

test('below a prefix, as the folder of a Lambda layer; the hash in both spellings is that of the file', async () => {
  const lab = makeLab();
  const big = randomBytes(MB);
  const artifact = artifactOf([
    ['numpy/__init__.py', Buffer.from('version = 2\n')],
    ['numpy/core.so', { file: writeFiles(lab.folder, { so: big }), bytes: big }, 0o755],
  ]);
  const target = path.join(lab.root, 'layer.zip');
  const zip = await writeZip(lab.ctx, artifact, target, { prefix: 'python/' });
  expect(readByPython(target).rows).toEqual(rowsOf(artifact).map(([name, ...rest]) => [`python/${name}`, ...rest]));
  const digest = createHash('sha256').update(readFileSync(target));
  expect(zip).toEqual({ file: target, bytes: readFileSync(target).length, sha256: digest.copy().digest('hex'), sha256Base64: digest.digest('base64') });
});

test('what Python unpacks from a stream of unknown end is the same (local headers agree with the directory)', async () => {
  const lab = makeLab();
  const noise = randomBytes(MB);
  const artifact = artifactOf([['a', Buffer.from('a'.repeat(99))], ['b', { file: writeFiles(lab.folder, { b: noise }), bytes: noise }], ['c', Buffer.alloc(0)]]);
  const target = path.join(lab.root, 'out.zip');
  await writeZip(lab.ctx, artifact, target);
  const bytes = readFileSync(target);
  // From the front, local header by local header, as a reader without the directory goes.
  const inflate = 'import sys, zlib; d = zlib.decompressobj(-15); o = d.decompress(sys.stdin.buffer.read()); print(len(o), len(d.unused_data))';
  let at = 0;
  for (const entry of artifact.entries) {
    expect(bytes.readUInt32LE(at)).toBe(0x04034b50);
    const streamed = (bytes.readUInt16LE(at + 6) & 8) !== 0;
    const data = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
    if (!streamed) {
      at = data + bytes.readUInt32LE(at + 18);
      continue;
    }
    const [length, rest] = execFileSync(python, ['-I', '-c', inflate], { input: bytes.subarray(data), encoding: 'utf8' }).trim().split(' ').map(Number);
    expect(length).toBe(entry.size);
    at = bytes.length - rest!;
    expect(bytes.readUInt32LE(at)).toBe(0x08074b50);
    expect(bytes.readUInt32LE(at + 8)).toBe(at - data);
    expect(bytes.readUInt32LE(at + 12)).toBe(entry.size);
    at += 16;
  }
  expect(bytes.readUInt32LE(at)).toBe(0x02014b50);
});

test('the same bytes under another time zone, umask, locale, folder, and with other times and modes of the sources', () => {
  const lab = makeLab();
  const made = (folder: string) =>
    artifactOf(['a.txt', 'ä/z.bin', 'b.sh'].map((name, index) => {
      const bytes = Buffer.from(name.repeat(200_000 * index + 1));
      return [name, { file: writeFiles(path.join(lab.root, folder), { [name]: bytes }), bytes }, 0o644];
    }));
  const [one, two] = [made('one'), made('two')];
  for (const { source } of two.entries) {
    if (!('file' in source)) continue;
    utimesSync(source.file, 1e9, 1.2e9);
    chmodSync(source.file, 0o700);
  }
  const write = (name: string, artifact: typeof one, umask: number, env: Record<string, string>) => {
    const target = path.join(lab.root, name, 'out.zip');
    const request = writeFiles(lab.root, { [`${name}.json`]: JSON.stringify({ artifact, target, umask }) });
    execFileSync(process.execPath, [writer, 'zip', request], { env: { ...process.env, ...env } });
    return readFileSync(target);
  };
  const first = write('first', one, 0o022, { TZ: 'UTC', LC_ALL: 'C' });
  expect(write('second', two, 0o077, { TZ: 'Pacific/Kiritimati', LC_ALL: 'de_DE.UTF-8' }).equals(first)).toBe(true);
  expect(write('third', two, 0, { TZ: 'America/Los_Angeles', LANG: 'tr_TR.UTF-8' }).equals(first)).toBe(true);
});

const name = fc.stringMatching(/^[a-zA-Z0-9_é日 -]{1,8}$/).map((text) => `n${text}`);
const tree = fc.uniqueArray(
  fc.tuple(fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')), fc.uint8Array({ maxLength: 3000 }), fc.constantFrom<0o644 | 0o755>(0o644, 0o755), fc.nat(300)),
  { maxLength: 12, selector: ([where]) => where },
);

test('random trees come out of the zip as they went in', async () => {
  const lab = makeLab();
  const target = path.join(lab.root, 'out.zip');
  await fc.assert(
    fc.asyncProperty(tree, async (rows) => {
      // Repeated, so that both ways of packing are met.
      const contents = rows.map(([where, bytes, mode, times]): [string, Uint8Array, 0o644 | 0o755] => [where, Buffer.concat(Array.from({ length: times }, () => bytes)), mode]);
      const artifact = artifactOf(contents);
      await writeZip(lab.ctx, artifact, target);
      expect(readByPython(target).rows).toEqual(rowsOf(artifact));
      expect(await readByYauzl(target)).toEqual(contents.map(([where, bytes]) => [where, bytes]));
    }),
    { numRuns: 25 },
  );
});

test('more than 65,535 entries, by the zip64 directory', async () => {
  const lab = makeLab();
  const none = Buffer.alloc(0);
  const artifact = artifactOf(Array.from({ length: 65_536 }, (_, index) => [`f${String(index).padStart(5, '0')}`, none]));
  const target = path.join(lab.root, 'out.zip');
  await writeZip(lab.ctx, artifact, target);
  expect(readByPython(target).rows).toEqual(rowsOf(artifact));
});

test('an entry and a directory beyond 4 GB: Python reads sizes, place and contents (a file that is mostly a hole)', () => {
  const lab = makeLab();
  const hole = 4.5 * 2 ** 30;
  // Two stored entries, the first of them a hole with a descriptor behind; only the records are real.
  const packed: Packed = { name: Buffer.from('big'), mode: 0o644, method: 0, streamed: true, zip64: true, crc: 0, size: hole, packedSize: hole, offset: 0 };
  const last: Packed = { ...packed, name: Buffer.from('last'), streamed: false, zip64: false, crc: 0x8c736521, size: 3, packedSize: 3 };
  const head = localHeader(packed);
  last.offset = head.length + hole + 24;
  const tail = Buffer.concat([dataDescriptor(packed), localHeader(last), Buffer.from('foo')]);
  const offset = head.length + hole + tail.length;
  const directory = Buffer.concat([centralHeader(packed), centralHeader(last)]);
  const request = writeFiles(lab.root, {
    parts: JSON.stringify([[0, head.toString('hex')], [head.length + hole, Buffer.concat([tail, directory, endOfDirectory({ entries: 2, size: directory.length, offset })]).toString('hex')]]),
  });
  const code = `
import json, os, sys, zipfile
request, target = sys.argv[1:]
with open(target, 'wb') as f:
    for at, text in json.load(open(request)):
        f.seek(at); f.write(bytes.fromhex(text))
with zipfile.ZipFile(target) as z:
    with z.open('big') as big:
        zeros = big.read(1000) == bytes(1000)
    print(json.dumps([[i.filename, i.file_size, i.compress_size, i.header_offset] for i in z.infolist()] + [z.read('last').decode(), zeros]))
`;
  const read = execFileSync(python, ['-I', '-c', code, request, path.join(lab.root, 'wide.zip')], { encoding: 'utf8' });
  expect(JSON.parse(read)).toEqual([['big', hole, hole, 0], ['last', 3, 3, last.offset], 'foo', true]);
});

test('a source that is not what was hashed is BUNDLE_CHANGED, whatever its size; the zip that was there stays', async () => {
  const lab = makeLab();
  const target = path.join(lab.root, 'out', 'function.zip');
  await writeZip(lab.ctx, artifactOf([['a', Buffer.from('before')]]), target);
  const before = readFileSync(target);
  for (const size of [10, 2 * MB]) {
    for (const now of [Buffer.alloc(size, 'y'), Buffer.alloc(size + 1, 'x'), Buffer.alloc(size - 1, 'x')]) {
      const file = writeFiles(lab.folder, { model: now });
      const error = await failure(writeZip(lab.ctx, artifactOf([['m', { file, bytes: Buffer.alloc(size, 'x') }]]), target));
      expect(error).toMatchObject({ code: 'BUNDLE_CHANGED', message: expect.stringContaining(file) });
    }
  }
  const gone = artifactOf([['m', { file: path.join(lab.folder, 'gone'), bytes: Buffer.from('x') }]]);
  expect(await failure(writeZip(lab.ctx, gone, target))).toMatchObject({ code: 'BUNDLE_UNREADABLE' });
  expect(readdirSync(path.dirname(target))).toEqual(['function.zip']);
  expect(readFileSync(target).equals(before)).toBe(true);
});

test('abort: INTERRUPTED at any entry, nothing is left', async () => {
  for (const moment of [0, 1, 5, 20]) {
    const lab = makeLab();
    const bytes = randomBytes(20 * MB);
    const artifact = artifactOf([['m', { file: writeFiles(lab.folder, { m: bytes }), bytes }]]);
    const out = path.join(lab.root, 'out');
    writeFiles(out, { mark: '' });
    const work = failure(writeZip(lab.ctx, artifact, path.join(out, 'f.zip')));
    setTimeout(lab.abort, moment);
    expect(await work).toMatchObject({ code: 'INTERRUPTED' });
    expect(readdirSync(out)).toEqual(['mark']);
    rmSync(lab.folder, { recursive: true });
  }
});

test('a folder in the place of the zip, and a file in the place of its folder, are named', async () => {
  const lab = makeLab();
  const artifact = artifactOf([['a', Buffer.from('a')]]);
  writeFileSync(path.join(lab.root, 'file'), '');
  for (const target of [lab.folder, path.join(lab.root, 'file', 'x.zip')]) {
    expect(await failure(writeZip(lab.ctx, artifact, target))).toMatchObject({ code: 'BUNDLE_UNWRITABLE', message: expect.stringContaining(target) });
  }
  expect(readdirSync(lab.root).sort()).toEqual(['dependencies', 'file', 'project']);
});
