/** Upload URLs of Cloud Functions: a PUT of a zip, without credentials. Source: functions.proto, GenerateUploadUrl */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Status } from '../status.ts';
import { Cut } from '../transport/gate.ts';
import { type HttpServer, startHttp } from '../transport/rest.ts';
import type { World } from '../world.ts';

export function startUploads(world: World): Promise<HttpServer> {
  return startHttp((request, response) => void serve(world, request, response).catch(() => request.socket.destroy()));
}

async function serve(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url as string, 'http://upload');
  const place = decodeURIComponent(url.pathname.replace(/^\/upload\//, ''));
  const call = world.gate.open({ name: 'upload:PUT', caller: '', resource: place, request: url.search, bytes: Number(request.headers['content-length'] ?? 0) });
  try {
    await world.gate.pass(call, async () => {
      check(request, url);
      call.bytes = await keep(world, request, place);
    });
    response.writeHead(200).end();
  } catch (error) {
    if (error instanceof Cut) return void request.socket.resetAndDestroy();
    const status = error instanceof Status ? error : new Status('INTERNAL', String((error as Error).stack));
    const code = { UNAUTHENTICATED: 'AuthenticationRequired', INVALID_ARGUMENT: 'InvalidArgument' }[status.code as string] ?? 'AccessDenied';
    response.writeHead(status.http, { 'content-type': 'application/xml; charset=UTF-8', connection: 'close' });
    response.end(`<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code><Message>${status.message}</Message></Error>`);
  }
}

function check(request: IncomingMessage, url: URL): void {
  if (request.method !== 'PUT') throw new Status('INVALID_ARGUMENT', `The signed URL is for PUT, not ${request.method}.`);
  if (request.headers.authorization !== undefined) throw new Status('PERMISSION_DENIED', 'Access denied: the identity of the Authorization header does not have storage.objects.create access to the object.');
  if (request.headers['content-type'] !== 'application/zip') throw new Status('PERMISSION_DENIED', 'The request signature we calculated does not match the signature you provided: content-type must be application/zip.');
  if (!url.searchParams.get('X-Goog-Signature')) throw new Status('UNAUTHENTICATED', 'Authentication required.');
}

/** An upload that is cut leaves nothing. */
async function keep(world: World, request: IncomingMessage, place: string): Promise<number> {
  const file = path.join(world.folder, 'uploads', place);
  await mkdir(path.dirname(file), { recursive: true });
  try {
    await pipeline(request, createWriteStream(`${file}.part`));
    const { size } = await stat(`${file}.part`);
    const said = request.headers['content-length'];
    if (said !== undefined && Number(said) !== size) throw new Status('INVALID_ARGUMENT', 'The body is shorter than its content-length.');
    await rename(`${file}.part`, file);
    world.uploads.set(place, file);
    return size;
  } finally {
    await rm(`${file}.part`, { force: true });
  }
}
