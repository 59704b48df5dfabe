/** Layers in zstd, by a Node that writes it: the same files as in gzip, read by crane, skopeo and zstd itself. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../e2e/lab.ts';
import { linkTree, warmUv } from '../e2e/warm.ts';
import { craneRegistry, judged, type Registry } from './lab.ts';
import { crane, installed, modernNode } from './programs.ts';
import { writeSmallBase } from './small-base.ts';

const bin = path.resolve(import.meta.dirname, '../../bin/mlfn.js');
const modern: { program: [string, string] } = { program: [modernNode, bin] };
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

interface Made {
  digest: string;
  layers: { what: string; digest: string }[];
}

let lab: Lab;
let registry: Registry;
beforeAll(async () => {
  lab = await Lab.open();
  linkTree(await warmUv(), path.join(lab.home, 'cache/uv'));
  registry = await craneRegistry();
  lab.write({ 'app.py': 'import packaging\n\n\ndef predict(body):\n    return packaging.__version__\n', 'requirements.txt': 'packaging==24.2\n' });
  mkdirSync(path.join(lab.folder, 'base'));
  writeSmallBase(path.join(lab.folder, 'base'));
});
afterAll(async () => {
  await registry?.stop();
  await lab?.close();
});

const image = ['image', 'app.py:predict', '--base', 'oci:base', '--name', 'echo'];
const read = (command: string, ...args: string[]) => execFileSync(command, args, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });

test('hold what the layers in gzip hold, and the base as it was', async () => {
  const gzip = await lab.json<Made>([...image, '--push', `${registry.host}/echo:gzip`, '-o', 'gzip.tar']);
  const zstd = await lab.json<Made>([...image, '--push', `${registry.host}/echo:zstd`, '-o', 'zstd.tar', '--compression', 'zstd'], modern);
  const { layers } = JSON.parse(judged(crane, 'manifest', `${registry.host}/echo:zstd`)) as { layers: { mediaType: string; digest: string }[] };
  expect(layers.map(({ mediaType }) => mediaType.split('+')[1])).toEqual(['gzip', 'zstd', 'zstd']);
  expect(zstd.layers[0]).toEqual(gzip.layers[0]);
  const files = (tag: string) => read(crane, 'export', `${registry.host}/echo:${tag}`, '-');
  expect(sha256(files('zstd'))).toBe(sha256(files('gzip')));
  const diffIds = (tag: string) => (JSON.parse(judged(crane, 'config', `${registry.host}/echo:${tag}`)) as { rootfs: { diff_ids: string[] } }).rootfs.diff_ids;
  expect(diffIds('zstd')).toEqual(diffIds('gzip'));
  // What the compressor's own program makes of each, from the archive as skopeo copies it.
  judged(installed('skopeo'), 'copy', '-q', `oci-archive:${path.join(lab.folder, 'zstd.tar')}`, `oci:${path.join(lab.folder, 'copied')}:1`);
  const blob = (digest = '') => path.join(lab.folder, 'copied/blobs', ...digest.split(':'));
  expect(layers.slice(1).map(({ digest }) => `sha256:${sha256(read('zstd', '-q', '-d', '-c', blob(digest)))}`)).toEqual(diffIds('zstd').slice(1));
});

test('are the same bytes in another folder and time zone, when nothing is kept of the first', async () => {
  const other = path.join(lab.folder, 'elsewhere');
  for (const name of ['app.py', 'requirements.txt', 'base']) cpSync(path.join(lab.folder, name), path.join(other, name), { recursive: true });
  const asked = [...image, '-o', 'again.tar', '--compression', 'zstd'];
  const here = await lab.json<Made>(asked, modern);
  rmSync(path.join(lab.home, 'cache/oci'), { recursive: true });
  const there = await lab.json<Made>(asked, { ...modern, cwd: other, env: { TZ: 'Pacific/Kiritimati', LC_ALL: 'C' } });
  expect(there.digest).toBe(here.digest);
  expect(sha256(readFileSync(path.join(other, 'again.tar')))).toBe(sha256(readFileSync(path.join(lab.folder, 'again.tar'))));
});

test.each([
  [['--for', 'lambda'], 'AWS Lambda'],
  [['--format', 'docker'], 'Docker v2 schema 2'],
])('%j: OCI_COMPRESSION, before anything is made', async (more, why) => {
  const ran = await lab.mlfn([...image, '--compression', 'zstd', ...more], modern);
  expect([ran.code, ran.stdout]).toEqual([2, '']);
  expect(ran.stderr).toMatch(/^error /);
  expect(ran.stderr).toContain(why);
  expect(ran.stderr).toContain('[OCI_COMPRESSION]');
});

test('a Node that writes none says so', async () => {
  const ran = await lab.mlfn([...image, '--compression', 'zstd', '-o', 'this.tar']);
  if ('createZstdCompress' in zlib) expect(ran.code, ran.stderr).toBe(0);
  else expect([ran.code, ran.stderr]).toEqual([2, expect.stringMatching(new RegExp(`Node ${process.versions.node} writes no zstd.*\\[OCI_COMPRESSION\\]`))]);
});
