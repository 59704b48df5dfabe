/** Layers: Python and GNU tar read what was put in, the same bytes come out anywhere, and what changed meanwhile is refused. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { piecesOf } from '../../src/bundle/pieces.ts';
import { blobFile } from '../../src/oci/blobs.ts';
import { makeLayer } from '../../src/oci/layer.ts';
import type { TarRow } from '../../src/oci/tar.ts';
import type { Entry } from '../../src/types.ts';
import { failure } from '../failure.ts';
import { python } from '../python.ts';
import { type Lab, makeLab } from './lab.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** In memory; in a file where it is large. */
function rowOf(lab: Lab, name: string, bytes: Uint8Array, mode: Entry['mode'] = 0o644): TarRow {
  const file = path.join(lab.folder, `f${sha256(Buffer.from(name)).slice(0, 16)}`);
  const large = bytes.length > 1000;
  if (large) writeFileSync(file, bytes);
  return { path: name, entry: { path: name, mode, sha256: sha256(bytes), size: bytes.length, source: large ? { file } : { bytes } } };
}

const READ = `
import hashlib, json, sys, tarfile
with tarfile.open(sys.argv[1], "r:gz") as t:
    print(json.dumps([[m.name, "d" if m.isdir() else "f", oct(m.mode)[2:], hashlib.sha256(t.extractfile(m).read()).hexdigest() if m.isreg() else "",
        [m.mtime, m.uid, m.gid, m.uname, m.gname]] for m in t]))
`;

type Read = [name: string, kind: string, mode: string, sha256: string, facts: unknown];

function readByPython(file: string): Read[] {
  return JSON.parse(execFileSync(python, ['-I', '-c', READ, file], { encoding: 'utf8', maxBuffer: 1 << 26 })) as Read[];
}

const layerOf = (lab: Lab, rows: TarRow[]) => makeLayer(lab.ctx, rows, (entry) => piecesOf(lab.ctx, entry));

function expected(rows: TarRow[]): string[][] {
  const folders = new Set<string>();
  for (const { path: name } of rows) for (let at = path.posix.dirname(name); at !== '.'; at = path.posix.dirname(at)) folders.add(at);
  return [
    ...[...folders].map((name) => [name, 'd', '755', '']),
    ...rows.map(({ path: name, entry }) => [name, 'f', entry.mode.toString(8), entry.sha256]),
  ].toSorted((a, b) => Buffer.compare(Buffer.from(a[0] ?? ''), Buffer.from(b[0] ?? '')));
}

const byName = (a: string[], b: string[]) => Buffer.compare(Buffer.from(a[0] ?? ''), Buffer.from(b[0] ?? ''));

test('names of any length and letters, modes, large and empty files, and every folder with a mode of its own', async () => {
  const lab = makeLab();
  const rows = [
    rowOf(lab, 'app/main.py', Buffer.from('import os\n')),
    rowOf(lab, 'app/run.sh', Buffer.from('#!/bin/sh\n'), 0o755),
    rowOf(lab, 'app/empty', Buffer.alloc(0)),
    rowOf(lab, 'app/large.bin', Buffer.alloc(3_000_001, 'abc')),
    rowOf(lab, `app/${'deep/'.repeat(40)}${'n'.repeat(120)}.py`, Buffer.from('x')),
    rowOf(lab, 'app/name with spaces/ümläut/日本語 🎉.py', Buffer.from('é')),
  ];
  const { digest, size, diffId } = await layerOf(lab, rows);
  const file = blobFile(lab.ctx, digest);
  const bytes = readFileSync(file);
  expect([digest, size]).toEqual([`sha256:${sha256(bytes)}`, bytes.length]);
  expect(diffId).toBe(`sha256:${sha256(gunzipSync(bytes))}`);
  expect([...bytes.subarray(4, 8), bytes[9]]).toEqual([0, 0, 0, 0, 255]); // no time, no system
  const read = readByPython(file);
  expect(read.map(([name, kind, mode, digested]) => [name, kind, mode, digested]).toSorted(byName)).toEqual(expected(rows));
  expect([...new Set(read.map(([, , , , facts]) => JSON.stringify(facts)))]).toEqual([JSON.stringify([315532800, 0, 0, '', ''])]);
  const out = path.join(lab.folder, 'out');
  mkdirSync(out);
  expect(execFileSync('tar', ['-xzf', file, '-C', out], { encoding: 'utf8', stdio: 'pipe' })).toBe('');
  expect(statSync(path.join(out, 'app/run.sh')).mode & 0o777).toBe(0o755);
});

const name = fc.stringMatching(/^[a-zA-Z0-9_é日. -]{1,60}$/).map((text) => `n${text}`);
const tree = fc.uniqueArray(
  fc.tuple(fc.array(name, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/')), fc.uint8Array({ maxLength: 2000 }), fc.constantFrom<0o644 | 0o755>(0o644, 0o755), fc.nat(300)),
  { maxLength: 10, selector: ([where]) => where },
);

test('random trees come out as they went in, and the same files in another order are the same layer', async () => {
  const lab = makeLab();
  await fc.assert(
    fc.asyncProperty(tree, async (files) => {
      const names = files.map(([where]) => where);
      // A file where another has a folder is none that a disk could have held.
      fc.pre(!names.some((one) => names.some((other) => other.startsWith(`${one}/`))));
      const rows = files.map(([where, bytes, mode, times]) => rowOf(lab, where, Buffer.concat(Array.from({ length: times }, () => bytes)), mode));
      const made = await layerOf(lab, rows);
      const read = readByPython(blobFile(lab.ctx, made.digest)).map(([where, kind, mode, digest]) => [where, kind, mode, digest]);
      expect(read.toSorted(byName)).toEqual(expected(rows));
      rmSync(path.join(lab.ctx.home.cache, 'oci'), { recursive: true });
      expect(await layerOf(lab, rows.toReversed())).toEqual(made);
    }),
    { numRuns: 25 },
  );
});

test('the same files are a layer that is there; its blob gone or cut short is made again', async () => {
  const lab = makeLab();
  const rows = [rowOf(lab, 'app/main.py', Buffer.from('import os\n'))];
  const made = await layerOf(lab, rows);
  let reads = 0;
  const counted = () => makeLayer(lab.ctx, rows, (entry) => ((reads += 1), piecesOf(lab.ctx, entry)));
  expect([await counted(), reads]).toEqual([made, 0]);
  writeFileSync(blobFile(lab.ctx, made.digest), 'cut');
  expect([await counted(), reads]).toEqual([made, 1]);
  rmSync(blobFile(lab.ctx, made.digest));
  expect([await counted(), reads]).toEqual([made, 2]);
});

test('a source that is not what was hashed is BUNDLE_CHANGED, whatever its size; nothing is left', async () => {
  for (const size of [10, 2_000_000]) {
    const lab = makeLab();
    const file = path.join(lab.folder, 'model');
    writeFileSync(file, Buffer.alloc(size, 'y'));
    const entry: Entry = { path: 'm', mode: 0o644, sha256: sha256(Buffer.alloc(size, 'x')), size, source: { file } };
    expect(await failure(layerOf(lab, [rowOf(lab, 'a', Buffer.from('a')), { path: 'm', entry }, rowOf(lab, 'z', Buffer.from('z'))]))).toMatchObject({ code: 'BUNDLE_CHANGED', message: expect.stringContaining(file) });
    const left = execFileSync('find', [lab.ctx.home.root, '-type', 'f'], { encoding: 'utf8' });
    expect(left).toBe('');
  }
});
