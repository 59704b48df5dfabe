/** Archives are read back by Python's tarfile and GNU tar, and are the same bytes whoever writes them. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, truncateSync, utimesSync, closeSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bundled } from '../../scripts/sources.mjs';
import { assertSendable, withRequirements, writeArchive } from '../../src/bundle/index.ts';
import { python } from '../python.ts';
import { artifactOf, failure, makeLab, type Row, rowsOf, sha256, writeFiles } from './lab.ts';

const MB = 1 << 20;
const writer = await bundled(path.join(import.meta.dirname, 'writer.mjs'));

const READ = `
import hashlib, json, sys, tarfile
with tarfile.open(sys.argv[1], 'r:gz') as t:
    print(json.dumps([[m.name, oct(m.mode)[2:], hashlib.sha256(t.extractfile(m).read()).hexdigest(),
        m.mtime, m.uid, m.gid, m.uname, m.gname, m.isreg()] for m in t]))
`;

function readByPython(file: string): { rows: Row[]; facts: string[] } {
  const text = execFileSync(python, ['-I', '-c', READ, file], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const read = JSON.parse(text) as [...Row, ...unknown[]][];
  return { rows: read.map(([name, mode, digest]) => [name, mode, digest]), facts: [...new Set(read.map((each) => JSON.stringify(each.slice(3))))] };
}

test('both parts in one archive: Python and GNU tar read names, modes, contents; one date, nobody owns it', async () => {
  const lab = makeLab();
  const big = Buffer.concat([Buffer.alloc(3 * MB, 'abc'), randomBytes(2 * MB)]);
  const long = `${'deep/'.repeat(30)}${'n'.repeat(120)}.py`;
  const dependencies = artifactOf([
    ['numpy/__init__.py', Buffer.from('version = 2\n')],
    ['numpy/core.so', { file: writeFiles(lab.folder, { so: big }), bytes: big }, 0o755],
    [long, Buffer.from('x')],
  ], 'dependencies');
  const code = artifactOf([['a/empty', Buffer.alloc(0)], ['main.py', Buffer.from('import os\n')], ['name with spaces/ümläut/日本語 🎉.py', Buffer.from('é')], ['z', Buffer.from('z')]]);
  const target = path.join(lab.root, 'out.tar.gz');
  const written = await writeArchive(lab.ctx, [{ artifact: code, prefix: '' }, { artifact: dependencies, prefix: 'python/' }], target);
  const bytes = readFileSync(target);
  expect(written).toEqual({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  expect([...bytes.subarray(4, 8), bytes[9]]).toEqual([0, 0, 0, 0, 255]); // no time, no system
  const expected = [...rowsOf(code), ...rowsOf(dependencies).map(([name, ...rest]): Row => [`python/${name}`, ...rest])];
  const sorted = expected.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const read = readByPython(target);
  expect(read.rows).toEqual(sorted);
  expect(read.facts).toEqual([JSON.stringify([315532800, 0, 0, '', '', true])]);
  const out = path.join(lab.root, 'out');
  mkdirSync(out);
  const warnings = execFileSync('tar', ['-xzf', target, '-C', out], { encoding: 'utf8', stdio: 'pipe' });
  expect(warnings).toBe('');
  for (const [name, , digest] of sorted) expect(sha256(readFileSync(path.join(out, name)))).toBe(digest);
});

const name = fc.stringMatching(/^[a-zA-Z0-9_é日. -]{1,40}$/).map((text) => `n${text}`);
const tree = fc.uniqueArray(
  fc.tuple(fc.array(name, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/')), fc.uint8Array({ maxLength: 2000 }), fc.constantFrom<0o644 | 0o755>(0o644, 0o755), fc.nat(300)),
  { maxLength: 10, selector: ([where]) => where },
);

test('random trees come out of the archive as they went in', async () => {
  const lab = makeLab();
  const target = path.join(lab.root, 'out.tar.gz');
  await fc.assert(
    fc.asyncProperty(tree, async (rows) => {
      const contents = rows.map(([where, bytes, mode, times]): [string, { file: string; bytes: Buffer }, 0o644 | 0o755] => {
        const all = Buffer.concat(Array.from({ length: times }, () => bytes));
        return [where, { file: writeFiles(lab.folder, { [`f${rows.findIndex(([other]) => other === where)}`]: all }), bytes: all }, mode];
      });
      const artifact = artifactOf(contents);
      await writeArchive(lab.ctx, [{ artifact, prefix: '' }], target);
      expect(readByPython(target).rows).toEqual(rowsOf(artifact).toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
    { numRuns: 25 },
  );
});

test('the same bytes under another time zone, umask, locale, folder, order, and with other times and modes of the sources', () => {
  const lab = makeLab();
  const made = (folder: string) =>
    artifactOf(['a.txt', 'ä/z.bin', 'b.sh'].map((each, index) => {
      const bytes = Buffer.from(each.repeat(200_000 * index + 1));
      return [each, { file: writeFiles(path.join(lab.root, folder), { [each]: bytes }), bytes }, 0o644];
    }));
  const [one, two] = [made('one'), made('two')];
  two.entries.reverse();
  for (const { source } of two.entries) {
    if (!('file' in source)) continue;
    utimesSync(source.file, 1e9, 1.2e9);
    chmodSync(source.file, 0o700);
  }
  const write = (where: string, artifact: typeof one, umask: number, env: Record<string, string>) => {
    const target = path.join(lab.root, where, 'out.tar.gz');
    const request = writeFiles(lab.root, { [`${where}.json`]: JSON.stringify({ artifact, target, umask }) });
    execFileSync(process.execPath, [writer, 'archive', request], { env: { ...process.env, ...env } });
    return readFileSync(target);
  };
  const first = write('first', one, 0o022, { TZ: 'UTC', LC_ALL: 'C' });
  expect(write('second', two, 0o077, { TZ: 'Pacific/Kiritimati', LC_ALL: 'de_DE.UTF-8' }).equals(first)).toBe(true);
});

test('250 MiB pass through, in thousands of files and in one, within 150 MB of memory', () => {
  const lab = makeLab();
  const file = path.join(lab.folder, 'hole');
  closeSync(openSync(file, 'w'));
  truncateSync(file, 200 * MB);
  const zeros = createHash('sha256');
  for (let part = 0; part < 200; part++) zeros.update(Buffer.alloc(MB));
  const small = Buffer.alloc(25_000, 'x = 1\n');
  const source = writeFiles(lab.folder, { small });
  const entries = Array.from({ length: 2000 }, (_, index) => ({ path: `many/${String(index).padStart(5, '0')}.py`, mode: 0o644, sha256: sha256(small), size: small.length, source: { file: source } }));
  const artifact = { part: 'function', digest: '', size: 250 * MB, entries: [...entries, { path: 'one', mode: 0o644, sha256: zeros.digest('hex'), size: 200 * MB, source: { file } }] };
  const target = path.join(lab.root, 'out.tar.gz');
  const request = writeFiles(lab.root, { request: JSON.stringify({ artifact, target }) });
  const said = execFileSync(process.execPath, [writer, 'archive', request], { encoding: 'utf8' });
  const { maxRssKb } = JSON.parse(said.trim().split('\n').at(-1) ?? '') as { maxRssKb: number };
  expect(maxRssKb * 1024).toBeLessThan(150e6);
  expect(readByPython(target).rows).toHaveLength(2001);
});

test('a source that is not what was hashed is BUNDLE_CHANGED, whatever its size; the archive that was there stays', async () => {
  const lab = makeLab();
  const target = path.join(lab.root, 'out', 'a.tar.gz');
  const write = (contents: Parameters<typeof artifactOf>[0]) => writeArchive(lab.ctx, [{ artifact: artifactOf(contents), prefix: '' }], target);
  await write([['a', Buffer.from('before')]]);
  const before = readFileSync(target);
  for (const size of [10, 2 * MB]) {
    for (const now of [Buffer.alloc(size, 'y'), Buffer.alloc(size + 1, 'x'), Buffer.alloc(size - 1, 'x')]) {
      const file = writeFiles(lab.folder, { model: now });
      const error = await failure(write([['a', Buffer.from('a')], ['m', { file, bytes: Buffer.alloc(size, 'x') }], ['z', Buffer.from('z')]]));
      expect(error).toMatchObject({ code: 'BUNDLE_CHANGED', message: expect.stringContaining(file) });
    }
  }
  expect(await failure(write([['m', { file: path.join(lab.folder, 'gone'), bytes: Buffer.from('x') }]]))).toMatchObject({ code: 'BUNDLE_UNREADABLE' });
  expect(readdirSync(path.dirname(target))).toEqual(['a.tar.gz']);
  expect(readFileSync(target).equals(before)).toBe(true);
});

test('abort: INTERRUPTED at any entry, nothing is left', async () => {
  for (const moment of [0, 1, 5, 20]) {
    const lab = makeLab();
    const bytes = randomBytes(20 * MB);
    const artifact = artifactOf([['m', { file: writeFiles(lab.folder, { m: bytes }), bytes }]]);
    const out = path.join(lab.root, 'out');
    writeFiles(out, { mark: '' });
    const work = failure(writeArchive(lab.ctx, [{ artifact, prefix: '' }], path.join(out, 'f.tar.gz')));
    setTimeout(lab.abort, moment);
    expect(await work).toMatchObject({ code: 'INTERRUPTED' });
    expect(readdirSync(out)).toEqual(['mark']);
    rmSync(lab.folder, { recursive: true });
  }
});

test('an archive larger than the target takes is refused by its own bytes; without a limit nothing is', () => {
  expect(() => assertSendable(10, { zipBytes: 10 }, 'gcp')).not.toThrow();
  expect(() => assertSendable(1e12, { zipBytes: null }, 'local')).not.toThrow();
  expect(() => assertSendable(262_150_000, { zipBytes: 262_144_000 }, 'gcp')).toThrow('The package is 250 MB compressed, 5.9 KB more than gcp takes.');
  expect(() => assertSendable(2, { zipBytes: 1 }, 'gcp', true)).toThrow(expect.objectContaining({ hint: expect.stringContaining('--package image') }));
  expect(() => assertSendable(2, { zipBytes: 1 }, 'gcp')).toThrow(expect.objectContaining({ hint: expect.not.stringContaining('image') }));
});

test('a function part with requirements is another artifact, whose digest they are part of', () => {
  const artifact = artifactOf([['settings.json', Buffer.from('{}')]]);
  const [one, two] = [withRequirements(artifact, 'a==1\n'), withRequirements(artifact, 'a==2\n')];
  expect(one.entries.map((each) => each.path)).toEqual(['requirements.txt', 'settings.json']);
  expect(one.digest).not.toBe(two.digest);
});
