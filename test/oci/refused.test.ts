/** Registries that say no, lie, or cannot be trusted. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openBase, parseReference, registrySource } from '../../src/oci/index.ts';
import { temporary } from '../aws/lab/server.ts';
import { Lab as CommandLab } from '../e2e/lab.ts';
import { failure } from '../failure.ts';
import { dockerRegistry, judged, type Lab, layoutOf, makeLab, MEMBERS, type Registry } from './lab.ts';
import { crane } from './programs.ts';
import { sessionOf, smallImage } from './small-image.ts';

test('read-only: OCI_READ_ONLY', async () => {
  const registry = await dockerRegistry('', { maintenance: '  maintenance: {readonly: {enabled: true}}\n' });
  onTestFinished(() => registry.stop());
  const small = await smallImage(makeLab(), randomBytes(1000));
  expect(await failure(small.push(`${registry.host}/heart:1`))).toMatchObject({ code: 'OCI_READ_ONLY', kind: 'remote', message: expect.stringContaining('405') });
});

describe('that lies', () => {
  let registry: Registry;
  beforeAll(async () => {
    registry = await dockerRegistry();
  });
  afterAll(() => registry.stop());

  const dataOf = (digest: string) => path.join(registry.storage, 'docker/registry/v2/blobs/sha256', digest.slice(7, 9), digest.slice(7), 'data');
  const opened = (lab: Lab, host: string, name: string) => openBase(lab.ctx, registrySource(lab.ctx, sessionOf(lab, host), parseReference(`${host}/${name}`)), 'amd64');

  test('about a layer: OCI_DIGEST, and nothing of it is kept', async () => {
    const small = await smallImage(makeLab(), randomBytes(1000));
    await small.push(`${registry.host}/lie:1`);
    const { digest } = small.image.layers[1]!.descriptor;
    const file = dataOf(digest);
    const bytes = readFileSync(file);
    bytes[bytes.length - 3]! ^= 1;
    writeFileSync(file, bytes);
    const lab = makeLab();
    expect(await failure(opened(lab, registry.host, 'lie:1'))).toMatchObject({ code: 'OCI_DIGEST', kind: 'remote', message: expect.stringContaining(digest) });
    const kept = execFileSync('find', [lab.folder, '-type', 'f'], { encoding: 'utf8' });
    expect(kept).not.toContain(digest.slice(7));
    expect(kept).not.toContain('.tmp-');
  });

  test.each([`x@sha256:${'1'.repeat(64)}`, 'x:1'])('about the manifest of %s: OCI_DIGEST', async (name) => {
    const server = createServer((_, response) => {
      response.setHeader('docker-content-digest', `sha256:${'2'.repeat(64)}`);
      response.end(JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    expect(await failure(opened(makeLab(), `127.0.0.1:${(server.address() as AddressInfo).port}`, name))).toMatchObject({ code: 'OCI_DIGEST' });
  });
});

/** As root alone a file system can be made so small. */
describe.runIf(process.getuid?.() === 0)('that is full', () => {
  test('OCI_REGISTRY_FULL; once there is room the push goes on', async () => {
    const folder = temporary('full');
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'mlfn-test', folder], { encoding: 'utf8' });
    if (mounted.status !== 0) throw new Error(`This test needs a file system of its own: ${mounted.stderr}`);
    onTestFinished(() => void spawnSync('umount', ['-l', folder]));
    const registry = await dockerRegistry('', { storage: folder });
    onTestFinished(() => registry.stop());
    const small = await smallImage(makeLab(), randomBytes(3_000_000));
    expect(await failure(small.push(`${registry.host}/heart:1`))).toMatchObject({ code: 'OCI_REGISTRY_FULL', kind: 'remote' });
    spawnSync('mount', ['-o', 'remount,size=20m', folder]);
    // Which of the others found room beside the large one, is a matter of who was first.
    const { blobs } = await small.push(`${registry.host}/heart:1`);
    expect(blobs.sent).toBeGreaterThan(0);
    expect(blobs.sent + blobs.there).toBe(3);
    judged(crane, 'validate', '--insecure', '--remote', `${registry.host}/heart:1`);
  });
});

describe('with a certificate of its own', () => {
  let registry: Registry;
  let authority: string;
  beforeAll(async () => {
    const folder = temporary('tls');
    authority = path.join(folder, 'cert.pem');
    const key = path.join(folder, 'key.pem');
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', authority, '-days', '2', '-subj', '/CN=lab', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'pipe' });
    registry = await dockerRegistry('', { tls: `  tls: {certificate: ${authority}, key: ${key}}\n` });
  });
  afterAll(() => registry.stop());

  test('is not trusted, unless we are told to', async () => {
    const lab = makeLab();
    const ask = (insecure: boolean) => openBase(lab.ctx, registrySource(lab.ctx, sessionOf(lab, registry.host, insecure), parseReference(`${registry.host}/none`)), 'amd64');
    expect(await failure(ask(false))).toMatchObject({ code: 'OCI_TLS', kind: 'remote', hint: expect.stringContaining('NODE_EXTRA_CA_CERTS') });
    expect(await failure(ask(true))).toMatchObject({ code: 'OCI_BASE_MISSING' });
  });

  test('and is trusted where NODE_EXTRA_CA_CERTS names its authority; an image goes there by the command', async () => {
    const lab = new CommandLab();
    try {
      const folder = path.join(lab.folder, 'polo');
      mkdirSync(folder);
      layoutOf({ ...makeLab(), folder }, [MEMBERS]);
      const args = ['image', lab.app(1), '--base', 'oci:base', '--push', `${registry.host}/polo:1`];
      const refused = await lab.refused(args, 5, { cwd: folder });
      expect(refused.code).toBe('OCI_TLS');
      const env = { NODE_EXTRA_CA_CERTS: authority };
      const { pushed, file } = await lab.json<{ pushed: { pinned: string }; file: null }>(args, { cwd: folder, env });
      expect([pushed.pinned, file]).toEqual([expect.stringMatching(/\/polo@sha256:[0-9a-f]{64}$/), null]);
      expect(readdirSync(folder)).toEqual(['base']);
      const manifest = readFileSync(path.join(registry.storage, 'docker/registry/v2/blobs/sha256', pushed.pinned.slice(-64, -62), pushed.pinned.slice(-64), 'data'));
      expect(pushed.pinned).toContain(createHash('sha256').update(manifest).digest('hex'));
    } finally {
      await lab.close();
    }
  });
});
