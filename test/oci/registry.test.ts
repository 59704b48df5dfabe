/** Push and pull against two real registries, judged by crane and skopeo. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blobFile, openBase, parseReference, registrySource } from '../../src/oci/index.ts';
import { failure } from '../failure.ts';
import { craneRegistry, dockerRegistry, judged, makeLab, type Registry } from './lab.ts';
import { crane, installed } from './programs.ts';
import { sessionOf, type Small, smallImage } from './small-image.ts';

describe.each([
  ['docker-registry', dockerRegistry],
  ['crane registry', craneRegistry],
])('%s', (kind, start) => {
  let registry: Registry;
  beforeAll(async () => {
    registry = await start();
  });
  afterAll(() => registry.stop());

  test('takes an image; the second push sends nothing, a changed model its layer and the configuration', async () => {
    const lab = makeLab();
    const small = await smallImage(lab, randomBytes(100_000));
    const name = `${registry.host}/team/heart:1`;
    const first = await small.push(name);
    const size = ({ image }: Small) => image.layers.reduce((sum, { descriptor }) => sum + descriptor.size, image.config.size);
    expect(first).toMatchObject({ reference: name, pinned: `${registry.host}/team/heart@${small.image.manifest.digest}`, blobs: { sent: 3, mounted: 0, there: 0 }, bytes: size(small) });
    expect(judged(crane, 'validate', '--remote', name)).toContain('PASS');
    const seen = JSON.parse(judged(installed('skopeo'), 'inspect', '--tls-verify=false', `docker://${name}`)) as { Digest: string };
    expect(seen.Digest).toBe(small.image.manifest.digest);
    expect(await small.push(name)).toMatchObject({ blobs: { sent: 0, mounted: 0, there: 3 }, bytes: 0 });
    const other = await smallImage(lab, randomBytes(100_000), small.base);
    const [, model] = other.image.layers;
    expect(await other.push(`${registry.host}/team/heart:2`)).toMatchObject({ blobs: { sent: 2, there: 1 }, bytes: (model?.descriptor.size ?? 0) + other.image.config.size });
  });

  test('without a tag the image is there by its digest', async () => {
    const lab = makeLab();
    const small = await smallImage(lab, randomBytes(1000));
    const { pinned } = await small.push(`${registry.host}/nameless`);
    expect(judged(crane, 'validate', '--remote', pinned)).toContain('PASS');
  });

  test('a blob of 70 MB goes in pieces, and comes back whole', async () => {
    const lab = makeLab();
    const small = await smallImage(lab, randomBytes(70 << 20));
    const name = `${registry.host}/large:1`;
    const { bytes } = await small.push(name);
    expect(bytes).toBeGreaterThan(70 << 20);
    expect(judged(crane, 'validate', '--remote', name)).toContain('PASS');
    const [, layer] = small.image.layers;
    const other = makeLab();
    const source = registrySource(other.ctx, sessionOf(other, registry.host), parseReference(name));
    const file = await source.blob(layer!.descriptor);
    expect(readFileSync(file).equals(readFileSync(blobFile(lab.ctx, layer!.descriptor.digest)))).toBe(true);
  });

  test('a base there is opened with its facts, and its layers are mounted, not sent', async () => {
    const lab = makeLab();
    await (await smallImage(lab, randomBytes(1000))).push(`${registry.host}/bases/python:3.13`);
    const other = makeLab();
    const source = registrySource(other.ctx, sessionOf(other, registry.host), parseReference(`${registry.host}/bases/python:3.13`));
    const base = await openBase(other.ctx, source, 'amd64');
    expect(base.facts).toEqual({ pythons: [{ minor: '3.13', path: '/usr/bin/python3.13' }], glibc: '2.36', musl: false, whole: ['3.13'], cxx: false, system: 'Debian GNU/Linux 12 (bookworm)' });
    const small = await smallImage(other, randomBytes(2000), base);
    const { blobs } = await small.push(`${registry.host}/mounted-${kind.slice(0, 5)}:1`, base.source.registry);
    // crane's registry keeps the blobs of all repositories together.
    expect(blobs).toEqual(kind === 'docker-registry' ? { sent: 2, mounted: 2, there: 0 } : { sent: 2, mounted: 0, there: 2 });
    expect(judged(crane, 'validate', '--remote', `${registry.host}/mounted-${kind.slice(0, 5)}:1`)).toContain('PASS');
  });

  test('what is not there is OCI_BASE_MISSING', async () => {
    const lab = makeLab();
    for (const name of ['nothing/here:1', `nothing@sha256:${'0'.repeat(64)}`]) {
      const source = registrySource(lab.ctx, sessionOf(lab, registry.host), parseReference(`${registry.host}/${name}`));
      expect(await failure(openBase(lab.ctx, source, 'amd64'))).toMatchObject({ code: 'OCI_BASE_MISSING', kind: 'usage', message: expect.stringContaining('404') });
    }
  });
});
