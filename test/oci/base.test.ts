/** What is built on: facts read from layers, and every base that cannot be used is refused before anything is made. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type Base, imageOf, interpreterFor, layoutAt, openBase } from '../../src/oci/index.ts';
import type { Lock } from '../../src/types.ts';
import { failure } from '../failure.ts';
import { type Lab, layoutOf, makeLab, type Member, MEMBERS } from './lab.ts';
import { debian } from './programs.ts';

const open = (lab: Lab, name: string, architecture: 'amd64' | 'arm64' = 'amd64') => openBase(lab.ctx, layoutAt(lab.ctx, name)!, architecture);
const without = (pattern: RegExp) => MEMBERS.filter(([name]) => !pattern.test(name));
const GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';

describe('facts', () => {
  test('of a real Debian', async () => {
    const { facts } = await open(makeLab(), `oci:${debian}:trixie`);
    expect(facts).toEqual({ pythons: [{ minor: '3.13', path: '/usr/bin/python3.13' }], glibc: '2.41', musl: false, whole: ['3.13'], cxx: true, system: 'Debian GNU/Linux 13 (trixie)' });
  });

  test('are remembered by digest: the layers are not read again', async () => {
    const lab = makeLab();
    const name = layoutOf(lab, [MEMBERS]);
    const { facts } = await open(lab, name);
    lab.events.length = 0;
    expect((await open(lab, name)).facts).toEqual(facts);
    expect(lab.events.map((event) => ('text' in event ? event.text : ''))).toEqual(['asking for oci:base']);
  });

  test('Pythons are in the order of PATH, those that it does not name last', async () => {
    const lab = makeLab();
    const more: Member[] = ['opt/py/bin/python3.14', 'usr/local/bin/python3.12', 'usr/local/bin/python3.12-config', 'usr/bin/python3'].map((name) => [name, 'file', 'x']);
    const { facts } = await open(lab, layoutOf(lab, [[...MEMBERS, ...more]]));
    expect(facts.pythons.map((each) => each.path)).toEqual(['/usr/local/bin/python3.12', '/usr/bin/python3.13', '/opt/py/bin/python3.14']);
  });

  test('what an upper layer deletes or replaces is not there', async () => {
    const lab = makeLab();
    const upper: Member[] = [['usr/bin/.wh.python3.13', 'file', ''], ['usr/local/bin/python3.12', 'file', 'x'], ['usr/lib/os-release', 'file', 'PRETTY_NAME=Ours\n']];
    expect((await open(lab, layoutOf(lab, [MEMBERS, upper]))).facts).toMatchObject({ pythons: [{ minor: '3.12' }], system: 'Ours', glibc: '2.36' });
    const opaque: Member[] = [['usr/lib/.wh..wh..opq', 'file', '']];
    expect((await open(lab, layoutOf(lab, [MEMBERS, opaque], {}, 'opaque'))).facts).toMatchObject({ glibc: null, system: null });
  });

  test('a standard library is whole, in a zip, or missed', async () => {
    const lab = makeLab();
    expect((await open(lab, layoutOf(lab, [without(/client/)]))).facts.whole).toEqual([]);
    const zipped: Member[] = [...without(/client/), ['usr/lib/python313.zip', 'file', 'x']];
    expect((await open(lab, layoutOf(lab, [zipped], {}, 'zipped'))).facts.whole).toEqual(['3.13']);
  });

  test('an older glibc is a link to a file that has its version in its name', async () => {
    const lab = makeLab();
    const old: Member[] = [...without(/libc/), ['lib/x86_64-linux-gnu/libc.so.6', 'symlink', 'libc-2.31.so'], ['lib/x86_64-linux-gnu/libc-2.31.so', 'file', 'x']];
    expect((await open(lab, layoutOf(lab, [old]))).facts.glibc).toBe('2.31');
  });

  test.each([
    ['without compression', 'application/vnd.oci.image.layer.v1.tar', (tar: Uint8Array) => tar],
    ["in docker's words", 'application/vnd.docker.image.rootfs.diff.tar.gzip', (tar: Uint8Array) => gzipSync(tar)],
  ])('of layers %s', async (_, layerType, compress) => {
    const lab = makeLab();
    expect((await open(lab, layoutOf(lab, [MEMBERS], { layerType, compress, index: true }))).facts.glibc).toBe('2.36');
  });
});

describe('names', () => {
  test('a layout is a folder, with a tag or without where it has one image', async () => {
    const lab = makeLab();
    layoutOf(lab, [MEMBERS], {}, 'with:colon/base');
    for (const name of ['oci:with:colon/base', 'oci:with:colon/base:latest', `oci:${path.join(lab.folder, 'with:colon/base')}:latest`]) expect((await open(lab, name)).name).toBe(name);
    expect(layoutAt(lab.ctx, 'docker.io/library/python')).toBe(null);
  });

  test.each(['oci:nothing', 'oci:base:other'])('%s is OCI_BASE_MISSING', async (name) => {
    const lab = makeLab();
    layoutOf(lab, [MEMBERS]);
    expect(await failure(open(lab, name))).toMatchObject({ code: 'OCI_BASE_MISSING', message: expect.stringContaining(name) });
  });
});

describe('refused', () => {
  const lock = (python: string, glibc: string, wheels: string[] = []): Lock =>
    ({ python, platform: { os: 'linux', arch: 'x86_64', glibc }, packages: wheels.map((wheel) => ({ name: wheel.split('-')[0], wheel })) }) as unknown as Lock;
  const based = (pythons: string[], glibc: string | null, musl = false): Pick<Base, 'name' | 'facts'> => ({ name: 'base', facts: { pythons: pythons.map((minor) => ({ minor, path: `/bin/python${minor}` })), glibc, musl, whole: pythons, cxx: true, system: null } });

  test.each([
    ['another architecture', {}],
    ['another architecture, by its index', { index: true }],
    ['another system', { os: 'windows' }],
  ])('for %s: OCI_BASE_PLATFORM', async (_, options) => {
    const lab = makeLab();
    const name = layoutOf(lab, [MEMBERS], { architecture: 'os' in options ? 'amd64' : 'arm64', ...options });
    expect(await failure(open(lab, name))).toMatchObject({ code: 'OCI_BASE_PLATFORM', kind: 'config', hint: expect.stringContaining('--arch') });
    if (!('os' in options)) expect((await open(lab, name, 'arm64')).config.architecture).toBe('arm64');
  });

  test('another Python: OCI_BASE_PYTHON names both', () => {
    expect(interpreterFor(based(['3.12', '3.13'], '2.36'), lock('3.13', '2.36'))).toBe('/bin/python3.13');
    expect(() => interpreterFor(based(['3.11', '3.12'], '2.36'), lock('3.13', '2.36'))).toThrow('base has Python 3.11, 3.12, and the packages are locked for 3.13.');
    expect(() => interpreterFor(based([], '2.36'), lock('3.13', '2.36'))).toThrow(expect.objectContaining({ code: 'OCI_BASE_PYTHON', message: 'base has no Python.' }));
  });

  test('an older glibc, or musl: OCI_BASE_GLIBC; what is pure Python runs on any', () => {
    expect(interpreterFor(based(['3.13'], '2.41'), lock('3.13', '2.36', ['numpy-2-cp313-manylinux.whl']))).toBe('/bin/python3.13');
    expect(() => interpreterFor(based(['3.13'], '2.9'), lock('3.13', '2.36'))).toThrow(expect.objectContaining({ code: 'OCI_BASE_GLIBC', message: 'base has glibc 2.9, and the packages are locked for 2.36.' }));
    expect(() => interpreterFor(based(['3.13'], null, true), lock('3.13', '2.17', ['waitress-3-py3-none-any.whl', 'numpy-2-cp313-manylinux.whl']))).toThrow('base has musl in place of glibc, which numpy needs.');
    expect(interpreterFor(based(['3.13'], null, true), lock('3.13', '2.17', ['waitress-3-py3-none-any.whl']))).toBe('/bin/python3.13');
  });

  test.each([
    ['a layer that is no tar', (tar: Uint8Array) => gzipSync(Buffer.from(`no tar, ${tar.length} bytes`.repeat(100))), GZIP],
    ['a layer that is not compressed as it says', (tar: Uint8Array) => tar, GZIP],
    ['a layer of a kind that nobody knows', (tar: Uint8Array) => tar, 'application/vnd.example.layer+lz4'],
  ])('%s: OCI_BASE_INVALID', async (_, compress, layerType) => {
    const lab = makeLab();
    expect(await failure(open(lab, layoutOf(lab, [MEMBERS], { compress, layerType })))).toMatchObject({ code: 'OCI_BASE_INVALID' });
  });

  test.each(['index.json', 'manifest', 'layer'])('a damaged %s', async (which) => {
    const lab = makeLab();
    const name = layoutOf(lab, [MEMBERS]);
    const folder = path.join(lab.folder, 'base/blobs/sha256');
    const bySize = readdirSync(folder).toSorted((a, b) => readFileSync(path.join(folder, a)).length - readFileSync(path.join(folder, b)).length);
    const file = { 'index.json': path.join(lab.folder, 'base/index.json'), manifest: path.join(folder, bySize.find((each) => readFileSync(path.join(folder, each), 'utf8').includes('"layers":[')) ?? ''), layer: path.join(folder, bySize.at(-1) ?? '') }[which] ?? '';
    writeFileSync(file, 'x');
    expect(await failure(open(lab, name))).toMatchObject({ code: which === 'index.json' ? 'OCI_BASE_INVALID' : 'OCI_FILE_CHANGED' });
  });

  test("zstd is no layer of docker's format, and is one of OCI's", async () => {
    const lab = makeLab();
    const tar = 'application/vnd.oci.image.layer.v1.tar';
    const base = await open(lab, layoutOf(lab, [MEMBERS], { layerType: tar, compress: (bytes) => bytes }));
    const zstd = { ...base, layers: base.layers.map((layer) => ({ ...layer, mediaType: `${tar}+zstd` })) };
    const start = { entrypoint: ['x'], command: [], user: '', folder: '/', env: {}, labels: {}, port: null };
    expect(imageOf(zstd, [], start, 'oci').layers[0]?.descriptor.mediaType).toBe(`${tar}+zstd`);
    expect(() => imageOf(zstd, [], start, 'docker')).toThrow(expect.objectContaining({ code: 'OCI_BASE_INVALID' }));
    expect(imageOf(base, [], start, 'docker').layers[0]?.descriptor.mediaType).toBe('application/vnd.docker.image.rootfs.diff.tar');
  });

  test('a layer in zstd is read by a Node that can, and refused by one that cannot, with what helps', async () => {
    const lab = makeLab();
    const compress = (tar: Uint8Array) => execFileSync('zstd', ['-q', '-c'], { input: tar, maxBuffer: 1 << 26 });
    const name = layoutOf(lab, [MEMBERS], { compress, layerType: 'application/vnd.oci.image.layer.v1.tar+zstd' });
    const reads = 'createZstdDecompress' in (await import('node:zlib'));
    const found = await open(lab, name).then(({ facts }) => facts.glibc, (error: Error & { code?: string; hint?: string }) => [error.code, error.hint]);
    expect(found).toEqual(reads ? '2.36' : ['OCI_BASE_INVALID', expect.stringContaining('Node 22.15')]);
  });
});
