/** The packages of an image as a document that refers to it, judged by CycloneDX's own library and by a registry that lists referrers. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { sbomOf } from '../../src/pipeline/image/sbom.ts';
import type { LockedPackage } from '../../src/types.ts';
import { Lab } from '../e2e/lab.ts';
import { linkTree, warmUv } from '../e2e/warm.ts';
import { python } from '../python.ts';
import { dockerRegistry, judged, type Registry, referringRegistry } from './lab.ts';
import { crane, cyclonedx } from './programs.ts';
import { writeSmallBase } from './small-base.ts';

/** Validates a list of documents and tells what the library read of each. */
const READ = `
import json, sys
sys.path.insert(0, sys.argv[1])
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
validator = JsonStrictValidator(SchemaVersion.V1_6)
told = []
for text in json.load(sys.stdin):
    error = validator.validate_str(text)
    bom = Bom.from_json(json.loads(text))
    told.append({"error": None if error is None else str(error), "packages": sorted(
        [c.name, c.version, c.purl and c.purl.name, c.purl and c.purl.version, c.purl and dict(c.purl.qualifiers), [h.content for h in c.hashes]] for c in bom.components)})
json.dump(told, sys.stdout)
`;

type Package = [name: string, version: string, purlName: string | null, purlVersion: string | null, qualifiers: Record<string, string> | null, hashes: string[]];

function readByLibrary(texts: string[]): { error: string | null; packages: Package[] }[] {
  return JSON.parse(execFileSync(python, ['-I', '-c', READ, cyclonedx], { input: JSON.stringify(texts), encoding: 'utf8', maxBuffer: 1 << 26 })) as ReturnType<typeof readByLibrary>;
}

test('any lock is a valid document, of which the library reads every name, version, wheel and hash; its order counts for nothing', () => {
  const packages = fc.uniqueArray(
    fc.record({
      name: fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/),
      version: fc.stringMatching(/^(?:1!)?[0-9]{1,3}(?:\.[0-9]{1,4}){0,3}(?:rc1|\.post2)?(?:\+cpu[0-9.]{0,3}[a-z0-9])?$/),
      sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
      kind: fc.constantFrom('index', 'url', 'local'),
    }),
    { selector: ({ name }) => name, maxLength: 12 },
  );
  const locks = fc.sample(packages, { numRuns: 20, seed: 7 }).map((rows) =>
    rows.map(({ kind, ...row }): LockedPackage => {
      const wheel = `${row.name.replaceAll('-', '_')}-${row.version}-py3-none-any.whl`;
      return { ...row, wheel, size: null, ...(kind === 'url' ? { url: `https://example.com/a b/${wheel}?x=1&y=2#z` } : {}), ...(kind === 'local' ? { local: true } : {}) };
    }),
  );
  const facts = { digest: 'a'.repeat(64), python: '3.13', platform: { os: 'linux', arch: 'x86_64', glibc: '2.36' } } as const;
  const textOf = (lock: LockedPackage[]) => sbomOf('heart', { ...facts, packages: lock }).bytes.toString();
  const told = readByLibrary(locks.map(textOf));
  expect(told.map(({ error }) => error)).toEqual(locks.map(() => null));
  for (const [index, lock] of locks.entries()) {
    expect(textOf(lock.toReversed())).toBe(textOf(lock));
    const expected = lock.map(({ name, version, wheel, sha256, url, local }): Package => {
      const qualifiers = { file_name: wheel, ...(url === undefined ? {} : { download_url: url }) };
      return local ? [name, version, null, null, null, [sha256]] : [name, version, name, version, qualifiers, [sha256]];
    });
    expect(told[index]?.packages).toEqual(expected.toSorted((a, b) => (a[0] < b[0] ? -1 : 1)));
  }
});

interface Made {
  digest: string;
  pushed: { blobs: { sent: number }; pinned: string };
  sbom: string | null;
}

interface Manifest {
  artifactType: string;
  subject: { digest: string; mediaType: string; size: number };
  layers: { digest: string; mediaType: string }[];
}

describe('mlfn image --push', () => {
  let lab: Lab;
  let registry: Registry;
  beforeAll(async () => {
    lab = await Lab.open();
    linkTree(await warmUv(), path.join(lab.home, 'cache/uv'));
    registry = await referringRegistry();
    mkdirSync(path.join(lab.folder, 'base'));
    writeSmallBase(path.join(lab.folder, 'base'));
    lab.write({ 'app.py': 'def predict(body):\n    return body\n', 'requirements.txt': 'packaging==24.2\nattrs==24.3.0\n' });
  });
  afterAll(async () => {
    await registry?.stop();
    await lab?.close();
  });

  const image = ['image', 'app.py:predict', '--base', 'oci:base', '--name', 'echo'];
  const push = (to: string, more: string[] = [], env: Record<string, string> = {}) => lab.json<Made>([...image, '--push', to, ...more], { env });
  const listed = async (host: string, digest: string) => {
    const answer = await fetch(`http://${host}/v2/team/echo/referrers/${digest}`);
    return ((await answer.json()) as { manifests: { digest: string }[] }).manifests.map((each) => each.digest);
  };
  const manifestOf = (name: string) => JSON.parse(judged(crane, 'manifest', name)) as Manifest;

  test('attaches what the image holds, once, the same bytes each time', async () => {
    const made = await push(`${registry.host}/team/echo:1`);
    const name = made.sbom ?? '';
    expect(await listed(registry.host, made.digest)).toEqual([name.split('@')[1]]);
    const manifest = manifestOf(name);
    expect(manifest).toMatchObject({ artifactType: 'application/vnd.cyclonedx+json', subject: { digest: made.digest, mediaType: 'application/vnd.oci.image.manifest.v1+json' } });
    expect(manifest.subject.size).toBe(judged(crane, 'manifest', made.pushed.pinned).length);
    const text = judged(crane, 'blob', `${registry.host}/team/echo@${manifest.layers[0]?.digest}`);
    const [told] = readByLibrary([text]);
    expect(told?.error).toBeNull();
    expect(told?.packages.map(([each, version]) => `${each}==${version}`)).toEqual(['attrs==24.3.0', 'packaging==24.2', expect.stringMatching(/^waitress==3/)]);
    // PyPI's own word for that wheel.
    expect(told?.packages[1]?.[5]).toEqual(['09abb1bccd265c01f4a3aa3f7a7db064b36514d2cba19a2f694fe6150451a759']);
    expect(text).not.toMatch(/\d{4}-\d\d-\d\d|\/(?:tmp|home|root)\//);
    const again = await push(`${registry.host}/team/echo:2`, [], { TZ: 'Pacific/Kiritimati', LC_ALL: 'C' });
    expect([again.sbom, again.pushed.blobs.sent]).toEqual([name, 0]);
    expect(await listed(registry.host, made.digest)).toHaveLength(1);
  });

  test('an image of docker documents has one, too, and it is told', async () => {
    const ran = await lab.mlfn([...image, '--push', `${registry.host}/team/echo:d`, '--format', 'docker']);
    expect(ran.code, ran.stderr).toBe(0);
    const [, name = ''] = /^sbom\s+(\S+@sha256:\w+)$/m.exec(ran.stdout) ?? [];
    expect(manifestOf(name).subject.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
  });

  test('a registry that lists no referrers gets the image alone', async () => {
    const plain = await dockerRegistry();
    onTestFinished(() => plain.stop());
    const made = await push(`${plain.host}/team/echo:1`);
    expect(made.sbom).toBeNull();
    expect(judged(crane, 'ls', `${plain.host}/team/echo`).trim()).toBe('1');
    expect(judged(crane, 'validate', '--remote', `${plain.host}/team/echo:1`)).toContain('PASS');
  });

  test('where the registry refuses it the image stands, and it is said', async () => {
    const [host, port] = registry.host.split(':');
    const door = createServer((asked, answer) => {
      const attached = asked.method === 'PUT' && /\/manifests\/sha256:/.test(asked.url ?? '');
      if (attached) return void answer.writeHead(400).end('{"errors": [{"code": "MANIFEST_INVALID", "message": "no artifacts here"}]}');
      asked.pipe(request({ host, port, path: asked.url, method: asked.method, headers: asked.headers }, (reply) => void reply.pipe(answer.writeHead(reply.statusCode ?? 500, reply.headers))));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void door.close());
    await new Promise((resolve) => door.once('listening', resolve));
    const ran = await lab.mlfn([...image, '--push', `127.0.0.1:${(door.address() as AddressInfo).port}/strict/echo:1`]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toMatch(/list of packages was not attached: .*400.*no artifacts here/);
    expect(ran.stdout).not.toContain('sbom');
    expect(judged(crane, 'validate', '--remote', `${registry.host}/strict/echo:1`)).toContain('PASS');
  });
});
