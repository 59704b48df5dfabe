/** The fake's Artifact Registry by clients of registries, and what Cloud Run makes of images: really run, or refused. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { piecesOf } from '../../src/bundle/pieces.ts';
import { type Base, blobFile, imageOf, layoutAt, makeLayer, openBase, parseReference, type Pushed, pushImage, Session } from '../../src/oci/index.ts';
import { failure } from '../failure.ts';
import { type Lab as OciLab, layoutOf, makeLab, MEMBERS } from '../oci/lab.ts';
import { crane, debian } from '../oci/programs.ts';
import { type Lab, startLab } from './fake-lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await startLab({ operations: 50, startWithin: 5000 });
});
afterAll(() => lab.stop());

const repositories = () => `/v1/${lab.parent}/repositories`;
const host = (region = lab.region) => `${region}-docker.${lab.images.domain}`;

async function makeRepository(id: string, more: object = {}, location = lab.parent): Promise<void> {
  const { body } = await lab.rest('artifactregistry', 'POST', `/v1/${location}/repositories?repositoryId=${id}`, { format: 'DOCKER', ...more });
  await expect.poll(async () => (await lab.rest('artifactregistry', 'GET', `/v1/${body.name}`)).body.done).toBe(true);
}

/** Whoever the token belongs to, as docker keeps it. */
function login(oci: OciLab, registry: string, token = lab.world.tokens.access(`serviceAccount:${lab.world.email('deployer')}`)): void {
  mkdirSync(path.join(oci.folder, '.docker'), { recursive: true });
  const auth = Buffer.from(`oauth2accesstoken:${token}`).toString('base64');
  writeFileSync(path.join(oci.folder, '.docker/config.json'), JSON.stringify({ auths: { [registry]: { auth } } }));
}

const SERVER = `
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        text = (os.environ["WORD"] + " " + os.environ["K_REVISION"] + " " + str(os.getuid())).encode()
        self.send_response(200); self.send_header("content-length", str(len(text))); self.end_headers(); self.wfile.write(text)
http.server.HTTPServer(("", int(os.environ["PORT"])), Answer).serve_forever()
`;

/** An image whose last layer is one file, on any base; sent. */
async function pushed(oci: OciLab, base: Base, to: string, text = SERVER): Promise<Pushed> {
  const bytes = Buffer.from(text);
  const entry = { path: 'main.py', mode: 0o644 as const, sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, source: { bytes } };
  const layer = { what: 'code' as const, ...(await makeLayer(oci.ctx, [{ path: 'app/main.py', entry }], (each) => piecesOf(oci.ctx, each))) };
  const start = { entrypoint: ['/usr/bin/python3', '/app/main.py'], command: [], user: '65532:65532', folder: '/app', env: { WORD: 'hello' }, labels: {}, port: 8080 };
  const image = imageOf(base, [layer], start, 'oci');
  const reference = parseReference(to);
  const session = new Session(oci.ctx, reference.registry, false);
  try {
    return await pushImage(oci.ctx, session, image, reference, async ({ what, descriptor }) => (what === 'base' ? base.source.blob(descriptor) : blobFile(oci.ctx, descriptor.digest)), null);
  } finally {
    session.close();
  }
}

const small = (oci: OciLab, options = {}) => openBase(oci.ctx, layoutAt(oci.ctx, layoutOf(oci, [MEMBERS], options))!, 'amd64');

test('a repository is made once; an image goes into one that is there, with a token of somebody who may', async () => {
  const oci = makeLab();
  const base = await small(oci);
  const to = `${host()}/${lab.project}/first/heart:one`;
  expect(await failure(pushed(oci, base, to))).toMatchObject({ code: 'OCI_DENIED', message: expect.stringContaining('answered 403') });
  login(oci, host());
  const absent = await failure(pushed(oci, base, to));
  expect([absent.code, absent.message]).toEqual(['OCI_REPOSITORY_MISSING', expect.stringContaining(': NAME_UNKNOWN: Repository "first" not found.')]);
  await makeRepository('first', { labels: { mlfn: '1' } });
  expect((await lab.rest('artifactregistry', 'POST', `${repositories()}?repositoryId=first`, { format: 'DOCKER' })).status).toBe(409);
  expect((await pushed(oci, base, to)).blobs).toEqual({ sent: 3, mounted: 0, there: 0 });
  expect((await pushed(oci, base, to)).blobs).toEqual({ sent: 0, mounted: 0, there: 3 });
  const direct = to.replace(host(), lab.images.domain.replace('localhost', '127.0.0.1'));
  const folder = path.join(oci.folder, '.docker');
  login(oci, direct.split('/')[0] as string);
  // The registry is in this process: nobody may wait for crane without letting it answer.
  const { stdout } = await promisify(execFile)(crane, ['validate', '--remote', direct], { env: { DOCKER_CONFIG: folder }, timeout: 20_000 });
  expect(stdout).toContain('PASS');
  login(oci, host(), 'ya29.of-nobody');
  expect(await failure(pushed(oci, base, to))).toMatchObject({ code: 'OCI_DENIED' });
  lab.world.account('reader');
  lab.world.policies.grant(`projects/${lab.project}`, 'roles/artifactregistry.reader', `serviceAccount:${lab.world.email('reader')}`);
  login(oci, host(), lab.world.tokens.access(`serviceAccount:${lab.world.email('reader')}`));
  const refused = await failure(pushed(oci, base, to, 'another'));
  expect(refused).toMatchObject({ code: 'OCI_DENIED', message: expect.stringContaining('artifactregistry.repositories.uploadArtifacts') });
});

test('versions have tags; what has one goes by force alone, and its blobs with it', async () => {
  const oci = makeLab();
  login(oci, host());
  await makeRepository('tags');
  const sent = await pushed(oci, await small(oci), `${host()}/${lab.project}/tags/heart:r001`);
  const digest = sent.pinned.split('@')[1] as string;
  const own = `${repositories()}/tags/packages/heart`;
  const version = `${own.slice('/v1/'.length)}/versions/${digest}`;
  expect((await lab.rest('artifactregistry', 'GET', `${own}/tags`)).body.tags).toEqual([{ name: `${own.slice('/v1/'.length)}/tags/r001`, version }]);
  expect((await lab.rest('artifactregistry', 'POST', `${own}/tags?tagId=r002`, { version })).status).toBe(200);
  expect((await lab.rest('artifactregistry', 'POST', `${own}/tags?tagId=r002`, { version })).status).toBe(409);
  expect((await lab.rest('artifactregistry', 'DELETE', `${own}/versions/${digest}`)).status).toBe(400);
  const { body } = await lab.rest('artifactregistry', 'DELETE', `${own}/versions/${digest}?force=true`);
  await expect.poll(async () => (await lab.rest('artifactregistry', 'GET', `/v1/${body.name}`)).body.done).toBe(true);
  expect((await lab.rest('artifactregistry', 'GET', `${own}/tags`)).body.tags).toEqual([]);
  expect((await pushed(oci, await small(oci), `${host()}/${lab.project}/tags/heart:r001`)).blobs.sent).toBe(3);
});

test('a tag that may not move does not; a registry that is full says so', async () => {
  const oci = makeLab();
  login(oci, host());
  await makeRepository('fixed', { dockerConfig: { immutableTags: true } });
  const base = await small(oci);
  await pushed(oci, base, `${host()}/${lab.project}/fixed/heart:1`);
  expect((await failure(pushed(oci, base, `${host()}/${lab.project}/fixed/heart:1`, 'other'))).message).toContain('immutability');
  lab.images.full = true;
  const error = await failure(pushed(oci, base, `${host()}/${lab.project}/fixed/heart:2`, 'third'));
  lab.images.full = false;
  expect(error).toMatchObject({ code: 'OCI_REGISTRY_FULL', message: expect.stringContaining('Quota exceeded') });
});

const running = (image: string) => ({ containers: [{ image, env: [{ name: 'WORD', value: 'Servus' }], resources: { cpuIdle: true } }] });

test('Cloud Run runs what was sent, as its own user, by digest and by tag', async () => {
  const oci = makeLab();
  login(oci, host());
  await makeRepository('run');
  const base = await openBase(oci.ctx, layoutAt(oci.ctx, `oci:${debian}:trixie`)!, 'amd64');
  const { pinned, reference } = await pushed(oci, base, `${host()}/${lab.project}/run/heart:one`);
  for (const [id, image] of [['pinned', pinned], ['tagged', reference]] as const) {
    const { uri, latestReadyRevision } = await lab.deploy(id, running(image));
    expect((await lab.ask(uri)).text).toBe(`Servus ${latestReadyRevision.split('/').at(-1)} 65532`);
  }
});

test('Cloud Run refuses images that are not there, of another place or processor, damaged ones, and those of who may not read them', async () => {
  const oci = makeLab();
  login(oci, host());
  await makeRepository('refused');
  const own = `${host()}/${lab.project}/refused`;
  const base = await small(oci);
  const { pinned } = await pushed(oci, base, `${own}/heart:one`);
  let tries = 0;
  const why = (image: string) => lab.deploy(`refused-${(tries += 1)}`, running(image)).then(() => '', (error: Error) => error.message);
  expect(await why(`${own}/heart:two`)).toContain(`Image '${own}/heart:two' not found.`);
  expect(await why(pinned.replace(/.{8}$/, '00000000'))).toContain('not found.');
  expect(await why(pinned.replace(host(), host('us-central1')))).toContain('not found.');
  expect(await why('registry.example.com/heart:1')).toContain('not found.');
  const arm = await openBase(oci.ctx, layoutAt(oci.ctx, layoutOf(oci, [MEMBERS], { architecture: 'arm64' }, 'arm'))!, 'arm64');
  expect(await why((await pushed(oci, arm, `${own}/arm:one`)).pinned)).toContain('must support amd64/linux');
  lab.images.corrupting = true;
  const spoilt = await pushed(oci, base, `${own}/spoilt:one`, 'spoilt');
  lab.images.corrupting = false;
  expect(await why(spoilt.pinned)).toContain('does not have its digest');
  const deployer = `serviceAccount:${lab.world.email('deployer')}`;
  lab.world.policies.revoke(`projects/${lab.project}`, 'roles/owner', deployer);
  lab.world.policies.grant(`projects/${lab.project}`, 'roles/run.admin', deployer);
  lab.world.policies.grant(`projects/${lab.project}`, 'roles/iam.serviceAccountUser', deployer);
  expect(await why(pinned)).toContain('artifactregistry.repositories.downloadArtifacts');
});
