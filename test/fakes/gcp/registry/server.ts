/**
 * The registries of Artifact Registry, one for each region, told apart by the host that was asked: the OCI distribution protocol behind
 * access tokens and IAM. Sources: https://cloud.google.com/artifact-registry/docs/reference/docker-api and
 * .../docs/docker/authentication; github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Code, Status } from '../status.ts';
import { Cut } from '../transport/gate.ts';
import { type HttpServer, startHttp } from '../transport/rest.ts';
import type { World } from '../world.ts';
import { blobsOf, digestOf, type Images, type Place } from './images.ts';

/** What each code of google.rpc is to a client of registries. */
const SAID: Partial<Record<Code, [number, string]>> = {
  UNAUTHENTICATED: [401, 'UNAUTHORIZED'],
  PERMISSION_DENIED: [403, 'DENIED'],
  NOT_FOUND: [404, 'NAME_UNKNOWN'],
  RESOURCE_EXHAUSTED: [429, 'TOOMANYREQUESTS'],
  UNIMPLEMENTED: [405, 'UNSUPPORTED'],
  INVALID_ARGUMENT: [400, 'MANIFEST_INVALID'],
};

interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  host: string;
  /** Whom the token belongs to; null for nobody. */
  member: string | null;
}

/** Opens it, and tells the images which domain is theirs. */
export async function startRegistry(world: World, images: Images): Promise<HttpServer> {
  const server = await startHttp((request, response) => void serve(world, images, request, response).catch(() => request.socket.destroy()));
  images.domain = `localhost:${new URL(server.url).port}`;
  return server;
}

async function serve(world: World, images: Images, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const host = request.headers.host ?? '';
  const url = new URL(request.url ?? '/', `http://${host}`);
  const bytes = Number(request.headers['content-length'] ?? 0);
  const route = routeOf(request.method ?? '', url);
  const call = world.gate.open({ name: `docker:${route.name}`, caller: '', resource: `${host}${url.pathname}`, request: url.search, bytes });
  try {
    await world.gate.pass(call, async () => {
      const asked = { request, response, url, host, member: memberOf(world, request.headers.authorization) };
      call.caller = asked.member ?? '';
      if (route.name === 'tokens.get') return give(asked, 200, {}, tokenFor(world, asked));
      if (asked.member === null && request.headers.authorization === undefined) {
        const challenge = `Bearer realm="http://${host}/v2/token",service="${host}"`;
        return give(asked, 401, { 'www-authenticate': challenge }, errors('UNAUTHORIZED', 'authentication required'));
      }
      if (route.kind === 'ping') return give(asked, 200, {}, {});
      await answer(world, images, asked, route);
    });
  } catch (error) {
    if (error instanceof Cut) return void request.socket.destroy();
    const status = error instanceof Status ? error : new Status('INTERNAL', String((error as Error).stack));
    const [http, code] = SAID[status.code] ?? [status.http, 'UNKNOWN'];
    request.resume();
    if (!response.headersSent) give({ response }, http, {}, errors(code, status.message));
  }
}

interface Route {
  name: string;
  kind: 'ping' | 'blobs' | 'uploads' | 'manifests' | 'tags' | 'unknown';
  image: string;
  /** Digest, tag, or id of an upload. */
  id: string;
}

function routeOf(method: string, { pathname }: URL): Route {
  if (pathname === '/v2/token') return { name: 'tokens.get', kind: 'ping', image: '', id: '' };
  if (pathname === '/v2/') return { name: 'get', kind: 'ping', image: '', id: '' };
  const [, image = '', kind = 'unknown', id = ''] = /^\/v2\/(.+)\/(blobs\/uploads|blobs|manifests|tags)\/(.*)$/.exec(pathname) ?? [];
  const verb = method === 'GET' || method === 'HEAD' ? 'get' : method.toLowerCase();
  const known = (kind === 'blobs/uploads' ? 'uploads' : kind) as Route['kind'];
  return { name: `${known}.${verb}`, kind: known, image, id };
}

/** Tokens of the registry itself, and access tokens as they are. */
function memberOf(world: World, authorization: string | undefined): string | null {
  if (authorization === undefined || /^Basic /i.test(authorization)) return null;
  if (authorization === `Bearer ${ANONYMOUS}`) return null;
  return world.tokens.memberOf(authorization, 'artifactregistry.googleapis.com');
}

const ANONYMOUS = 'anonymous';

/** Whoever has no password is nobody; the password is an access token. */
function tokenFor(world: World, { request }: Asked): object {
  const [, encoded] = /^Basic (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (encoded === undefined) return { token: ANONYMOUS, expires_in: 3600 };
  const [user = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':');
  if (user !== 'oauth2accesstoken') throw new Status('UNAUTHENTICATED', `The user ${user} is none: oauth2accesstoken or _json_key.`);
  const token = rest.join(':');
  world.tokens.memberOf(`Bearer ${token}`, 'artifactregistry.googleapis.com');
  return { token, expires_in: 3600 };
}

async function answer(world: World, images: Images, asked: Asked, route: Route): Promise<void> {
  const place = images.place(asked.host, route.image);
  if (place === undefined) throw new Status('NOT_FOUND', `${asked.host}/${route.image} is no image here.`);
  const writes = !['GET', 'HEAD'].includes(asked.request.method ?? '');
  allow(world, asked.member, place.repository, writes ? 'uploadArtifacts' : 'downloadArtifacts');
  if (images.repository(place) === undefined) throw new Status('NOT_FOUND', `Repository "${place.repository.split('/').at(-1)}" not found`);
  if (writes && images.full) throw new Status('RESOURCE_EXHAUSTED', `Quota exceeded for quota metric 'Stored bytes' of service 'artifactregistry.googleapis.com' for consumer 'project_number:${world.number}'.`);
  if (route.kind === 'uploads') return upload(world, images, asked, route, place);
  if (route.kind === 'blobs') return blob(images, asked, route, place);
  if (route.kind === 'manifests') return manifest(images, asked, route, place);
  throw new Status('UNIMPLEMENTED', `${asked.request.method} ${asked.url.pathname}`);
}

function allow(world: World, member: string | null, repository: string, act: string): void {
  world.admit('artifactregistry.googleapis.com', repository);
  const permission = `artifactregistry.repositories.${act}`;
  if (member === null) throw new Status('PERMISSION_DENIED', `Unauthenticated request. Unauthenticated requests do not have permission "${permission}" on resource "${repository}" (or it may not exist)`);
  if (!world.policies.allows(member, permission, repository)) throw new Status('PERMISSION_DENIED', `Permission "${permission}" denied on resource "${repository}" (or it may not exist)`);
}

/** Whole only: "Artifact Registry does not support Docker chunked uploads". */
async function upload(world: World, images: Images, asked: Asked, { id }: Route, place: Place): Promise<void> {
  const { request, url } = asked;
  if (request.method === 'POST') {
    const mounted = url.searchParams.get('mount');
    const from = images.place(asked.host, url.searchParams.get('from') ?? '');
    if (mounted !== null && from !== undefined && images.find(from)?.blobs.has(mounted)) {
      images.open(place).blobs.add(mounted);
      return give(asked, 201, { location: url.pathname.replace(/uploads\/$/, mounted), 'docker-content-digest': mounted });
    }
    return give(asked, 202, { location: `${url.pathname}${randomUUID()}`, range: '0-0' });
  }
  if (request.method !== 'PUT') throw new Status('UNIMPLEMENTED', 'Chunked uploads are not supported.');
  const file = path.join(world.folder, 'uploads', id);
  await mkdir(path.dirname(file), { recursive: true });
  const hash = createHash('sha256');
  request.on('data', (chunk: Buffer) => hash.update(chunk));
  await pipeline(request, createWriteStream(file));
  const digest = `sha256:${hash.digest('hex')}`;
  if (digest !== url.searchParams.get('digest')) {
    await rm(file);
    throw new Status('INVALID_ARGUMENT', `The bytes have the digest ${digest}.`);
  }
  await images.keep(place, digest, file);
  if (images.corrupting) await spoil(images.blobFile(digest));
  give(asked, 201, { location: url.pathname.replace(/uploads\/.*$/, digest), 'docker-content-digest': digest });
}

async function spoil(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  await writeFile(file, bytes);
}

async function blob(images: Images, asked: Asked, { id }: Route, place: Place): Promise<void> {
  if (!images.find(place)?.blobs.has(id)) throw new Status('NOT_FOUND', `Blob ${id} not found`);
  const file = images.blobFile(id);
  asked.response.writeHead(200, { 'content-length': (await stat(file)).size, 'content-type': 'application/octet-stream', 'docker-content-digest': id });
  if (asked.request.method === 'HEAD') return void asked.response.end();
  await pipeline(createReadStream(file), asked.response);
}

async function manifest(images: Images, asked: Asked, { id }: Route, place: Place): Promise<void> {
  const { request } = asked;
  const tag = id.startsWith('sha256:') ? null : id;
  if (request.method === 'PUT') return putManifest(images, asked, place, tag, id);
  const held = images.find(place);
  const digest = tag === null ? id : (held?.tags.get(tag) ?? '');
  const found = held?.manifests.get(digest);
  if (found === undefined) throw new Status('NOT_FOUND', `Manifest "${id}" not found`);
  asked.response.writeHead(200, { 'content-length': found.bytes.length, 'content-type': found.mediaType, 'docker-content-digest': digest });
  asked.response.end(request.method === 'HEAD' ? undefined : found.bytes);
}

async function putManifest(images: Images, asked: Asked, place: Place, tag: string | null, id: string): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of asked.request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const digest = digestOf(bytes);
  if (tag === null && digest !== id) throw new Status('INVALID_ARGUMENT', `The manifest has the digest ${digest}.`);
  const held = images.open(place);
  const missing = blobsOf(bytes).filter((each) => !held.blobs.has(each) && !held.manifests.has(each));
  if (missing.length > 0) throw new Status('INVALID_ARGUMENT', `Failed to fetch "${missing.join(', ')}": it was not sent.`);
  const moved = tag !== null && held.tags.has(tag) && held.tags.get(tag) !== digest;
  if (moved && images.repository(place)?.dockerConfig?.immutableTags === true) throw new Status('INVALID_ARGUMENT', `The repository has enabled tag immutability: the tag "${tag}" cannot be moved.`);
  images.name(place, digest, tag, { mediaType: String(asked.request.headers['content-type']), bytes, uploaded: new Date().toISOString() });
  give(asked, 201, { location: `${asked.url.pathname.replace(/[^/]*$/, digest)}`, 'docker-content-digest': digest });
}

function errors(code: string, message: string): object {
  return { errors: [{ code, message }] };
}

function give({ response }: Pick<Asked, 'response'>, status: number, headers: Record<string, string>, body?: object): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, { 'docker-distribution-api-version': 'registry/2.0', 'content-type': 'application/json', ...headers, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
