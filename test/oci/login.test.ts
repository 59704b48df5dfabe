/** Who we are to a registry: docker's and podman's files, helpers, Basic, and tokens by a real token server. */
import { execFileSync } from 'node:child_process';
import { createPrivateKey, randomBytes, sign } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBase, parseReference, registrySource } from '../../src/oci/index.ts';
import { parseChallenge } from '../../src/oci/registry/challenge.ts';
import { credentialsFor } from '../../src/oci/registry/credentials.ts';
import { failure } from '../failure.ts';
import { temporary } from '../aws/lab/server.ts';
import { dockerRegistry, type Lab, makeLab, type Registry } from './lab.ts';
import { sessionOf, smallImage } from './small-image.ts';

const HOST = 'registry.example.com';
const auth = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64');

function docker(lab: Lab, config: unknown, file = '.docker/config.json'): void {
  const at = path.join(lab.folder, file);
  mkdirSync(path.dirname(at), { recursive: true });
  writeFileSync(at, typeof config === 'string' ? config : JSON.stringify(config));
}

/** A program as docker's helpers are. @param body of a shell script */
function helper(lab: Lab, name: string, body: string): void {
  const folder = path.join(lab.folder, 'bin');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `docker-credential-${name}`), `#!/bin/sh\n${body}\n`);
  chmodSync(path.join(folder, `docker-credential-${name}`), 0o755);
  (lab.ctx.env as Record<string, string>)['PATH'] = `${folder}${path.delimiter}${process.env['PATH']}`;
}

describe('logins', () => {
  test('there are none', async () => {
    const lab = makeLab();
    expect(await credentialsFor(lab.ctx, HOST)).toBe(null);
    docker(lab, { auths: { 'other.example.com': { auth: auth('a', 'b') } } });
    expect(await credentialsFor(lab.ctx, HOST)).toBe(null);
  });

  test.each([
    ['by its host', HOST, HOST, { auth: auth('ada', 'pass:word') }, { user: 'ada', password: 'pass:word' }],
    ['by an old URL', HOST, `https://${HOST}/v1/`, { auth: auth('ada', 'x') }, { user: 'ada', password: 'x' }],
    ['of Docker Hub', 'docker.io', 'https://index.docker.io/v1/', { auth: auth('ada', 'x') }, { user: 'ada', password: 'x' }],
    ['in two fields', HOST, HOST, { username: 'ada', password: 'x' }, { user: 'ada', password: 'x' }],
    ['that is an identity token', HOST, HOST, { auth: auth('00', ''), identitytoken: 'long-lived' }, { identityToken: 'long-lived' }],
  ])('one %s', async (_, registry, key, entry, found) => {
    const lab = makeLab();
    docker(lab, { auths: { [key]: entry } });
    expect(await credentialsFor(lab.ctx, registry)).toEqual(found);
  });

  test('DOCKER_CONFIG names another folder, REGISTRY_AUTH_FILE a file of podman', async () => {
    const lab = makeLab({ DOCKER_CONFIG: 'elsewhere' });
    docker(lab, { auths: { [HOST]: { auth: auth('home', 'x') } } });
    expect(await credentialsFor(lab.ctx, HOST)).toBe(null);
    const podman = makeLab();
    docker(podman, { auths: { [HOST]: { auth: auth('podman', 'x') } } }, 'auth.json');
    (podman.ctx.env as Record<string, string>)['REGISTRY_AUTH_FILE'] = path.join(podman.folder, 'auth.json');
    expect(await credentialsFor(podman.ctx, HOST)).toEqual({ user: 'podman', password: 'x' });
  });

  test('helpers are asked for the registry: credHelpers before credsStore before what is written down', async () => {
    const lab = makeLab();
    helper(lab, 'one', `read registry; test "$1 $registry" = "get ${HOST}" && echo '{"ServerURL": "", "Username": "ada", "Secret": "of one"}'`);
    helper(lab, 'all', `echo '{"Username": "<token>", "Secret": "refresh"}'`);
    docker(lab, { auths: { [HOST]: { auth: auth('ada', 'written') } }, credsStore: 'all', credHelpers: { [HOST]: 'one' } });
    expect(await credentialsFor(lab.ctx, HOST)).toEqual({ user: 'ada', password: 'of one' });
    expect(await credentialsFor(lab.ctx, 'other.example.com')).toEqual({ identityToken: 'refresh' });
  });

  test('a helper that has none leaves what is written down', async () => {
    const lab = makeLab();
    helper(lab, 'all', 'echo credentials not found in native keychain; exit 1');
    docker(lab, { auths: { [HOST]: { auth: auth('ada', 'written') } }, credsStore: 'all' });
    expect(await credentialsFor(lab.ctx, HOST)).toEqual({ user: 'ada', password: 'written' });
  });

  test.each([
    ['that is not installed', null, 'cannot be started (ENOENT)'],
    ['that fails', 'echo the vault is locked; exit 3', 'ended with 3 and said "the vault is locked"'],
    ['that talks nonsense', 'echo hello', 'something else than credentials'],
  ])('a helper %s is OCI_CREDENTIAL_HELPER', async (_, body, said) => {
    const lab = makeLab();
    if (body !== null) helper(lab, 'broken', body);
    docker(lab, { credsStore: 'broken' });
    expect(await failure(credentialsFor(lab.ctx, HOST))).toMatchObject({ code: 'OCI_CREDENTIAL_HELPER', kind: 'auth', message: expect.stringContaining(said) });
  });

  test.each(['{', '[]', '{"auths": 1}', '{"auths": {"a": {"auth": 1}}}'])('config.json of %s is OCI_LOGIN_FILE', async (text) => {
    const lab = makeLab();
    docker(lab, text);
    expect(await failure(credentialsFor(lab.ctx, HOST))).toMatchObject({ code: 'OCI_LOGIN_FILE', message: expect.stringContaining('config.json') });
  });
});

describe('challenges', () => {
  test.each([
    ['Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"', { scheme: 'bearer', realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull,push' }],
    ['bearer REALM="https://a.example/t"', { scheme: 'bearer', realm: 'https://a.example/t', service: null, scope: null }],
    ['Basic realm="Registry"', { scheme: 'basic' }],
    ['Basic realm="x, y", Bearer realm="https://a.example/t", error="insufficient_scope"', { scheme: 'bearer', realm: 'https://a.example/t', service: null, scope: null }],
    ['Bearer realm="https://a.example/\\"t"', { scheme: 'bearer', realm: 'https://a.example/"t', service: null, scope: null }],
    ['Bearer realm=nowhere', null],
    ['Negotiate', null],
    ['', null],
    [undefined, null],
  ])('%s', (header, challenge) => expect(parseChallenge(header)).toEqual(challenge));

  test('any header is read to its end', () => {
    const piece = fc.constantFrom('Bearer', 'Basic', ' ', ',', '=', '"', '\\', 'realm', 'https://a.example', ';', 'é');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }).map((parts) => parts.join('')), (header) => {
        expect([null, 'basic', 'bearer']).toContain(parseChallenge(header)?.scheme ?? null);
      }),
      { numRuns: 2000 },
    );
  });
});

/** bcrypt of `pass:word`, which crypt(3) made. */
const HTPASSWD = 'ada:$2b$05$abcdefghijklmnopqrstuuDIEddBSuRWBBEY6g5zv60IAP5bSSfki\n';

describe('a registry with passwords', () => {
  let registry: Registry;
  beforeAll(async () => {
    const file = path.join(temporary('htpasswd'), 'htpasswd');
    writeFileSync(file, HTPASSWD);
    registry = await dockerRegistry(`auth:\n  htpasswd: {realm: lab, path: ${file}}\n`);
  });
  afterAll(() => registry.stop());

  test('takes an image from who is logged in, and gives it back', async () => {
    const lab = makeLab();
    docker(lab, { auths: { [registry.host]: { auth: auth('ada', 'pass:word') } } });
    const small = await smallImage(lab, randomBytes(1000));
    expect(await small.push(`${registry.host}/heart:1`)).toMatchObject({ blobs: { sent: 3 } });
    const source = registrySource(lab.ctx, sessionOf(lab, registry.host), parseReference(`${registry.host}/heart:1`));
    expect((await openBase(lab.ctx, source, 'amd64')).digest).toBe(small.image.manifest.digest);
  });

  test.each([
    ['nobody', null],
    ['a wrong password', auth('ada', 'wrong')],
  ])('refuses %s: OCI_DENIED, which says what to do', async (_, given) => {
    const lab = makeLab();
    if (given !== null) docker(lab, { auths: { [registry.host]: { auth: given } } });
    const small = await smallImage(lab, randomBytes(1000));
    expect(await failure(small.push(`${registry.host}/heart:1`))).toMatchObject({ code: 'OCI_DENIED', kind: 'auth', hint: expect.stringContaining(`docker login ${registry.host}`) });
  });
});

describe('a registry with a token server', () => {
  let registry: Registry;
  let stop: () => void;
  const asked: { scopes: string[]; authorization: string; body: string }[] = [];

  beforeAll(async () => {
    const folder = temporary('token');
    const at = (name: string) => path.join(folder, name);
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', at('key.pem'), '-out', at('cert.pem'), '-days', '2', '-subj', '/CN=lab'], { stdio: 'pipe' });
    const key = createPrivateKey(readFileSync(at('key.pem')));
    const x5c = [readFileSync(at('cert.pem'), 'utf8').replace(/-----[^-]+-----|\s/g, '')];
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const tokenOf = (scopes: string[]) => {
      const now = Math.floor(Date.now() / 1000);
      const access = scopes.map((scope) => {
        const [type = '', name = '', actions = ''] = scope.split(':');
        return { type, name, actions: actions.split(',') };
      });
      const text = `${part({ typ: 'JWT', alg: 'RS256', x5c })}.${part({ iss: 'lab', sub: 'ada', aud: 'registry', exp: now + 60, nbf: now - 60, iat: now, jti: randomBytes(8).toString('hex'), access })}`;
      return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
    };
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const query = request.method === 'POST' ? new URLSearchParams(body) : new URL(request.url ?? '', 'http://lab').searchParams;
        const scopes = query.getAll('scope').flatMap((scope) => scope.split(' '));
        const authorization = request.headers.authorization ?? '';
        asked.push({ scopes, authorization, body });
        const known = authorization === `Basic ${auth('ada', 'word')}` || query.get('refresh_token') === 'long-lived';
        if (known) return void response.end(JSON.stringify({ token: tokenOf(scopes), expires_in: 60 }));
        response.writeHead(401).end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'who are you' }] }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stop = () => void server.close();
    const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
    registry = await dockerRegistry(`auth:\n  token: {realm: "${realm}", service: registry, issuer: lab, rootcertbundle: ${at('cert.pem')}}\n`);
  });
  afterAll(async () => {
    stop?.();
    await registry?.stop();
  });

  test.each([
    ['a password', { auth: auth('ada', 'word') }],
    ['an identity token', { auth: auth('00', ''), identitytoken: 'long-lived' }],
  ])('gives a token for %s, which is asked for once', async (_, entry) => {
    const lab = makeLab();
    docker(lab, { auths: { [registry.host]: entry } });
    const small = await smallImage(lab, randomBytes(1000));
    asked.length = 0;
    expect(await small.push(`${registry.host}/team/heart-${asked.length}:1`)).toMatchObject({ reference: expect.any(String) });
    expect(new Set(asked.map(({ scopes }) => scopes.join(' ')))).toEqual(new Set(['repository:team/heart-0:pull,push']));
    // Three lanes may begin at once.
    expect(asked.length).toBeLessThanOrEqual(3);
  });

  test('gives none to nobody: OCI_DENIED in its words', async () => {
    const lab = makeLab();
    const small = await smallImage(lab, randomBytes(1000));
    expect(await failure(small.push(`${registry.host}/team/heart:1`))).toMatchObject({ code: 'OCI_DENIED', message: expect.stringContaining('who are you') });
  });
});
