/** The metadata server: tokens of the account that a machine or an instance runs as. Source: https://cloud.google.com/compute/docs/metadata/querying-metadata */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Status } from '../status.ts';
import { Cut } from '../transport/gate.ts';
import { type HttpServer, startHttp } from '../transport/rest.ts';
import type { World } from '../world.ts';
import { idToken } from './tokens.ts';

export interface Metadata extends HttpServer {
  /** Seconds that an access token says it lives; the fake refuses it after that too. */
  lifetime: number;
  /** Answers 404 to every question for a token: no account is attached. */
  refusing: boolean;
}

/** Metadata servers of the accounts that services run as, each started when it is first needed. */
export class Identities {
  readonly #world: World;
  readonly #servers = new Map<string, Promise<Metadata>>();

  constructor(world: World) {
    this.#world = world;
  }

  async host(email: string): Promise<string> {
    const server = this.#servers.get(email) ?? startMetadata(this.#world, email);
    this.#servers.set(email, server);
    return (await server).url.slice('http://'.length);
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.values()) await (await server).stop();
  }
}

/** @param own e-mail address of the account that it answers for */
export async function startMetadata(world: World, own: string): Promise<Metadata> {
  const server = { lifetime: 3600, refusing: false } as Metadata;
  const http = await startHttp((request, response) => void serve(request, response).catch(() => request.socket.destroy()));
  return Object.assign(server, http);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url as string, 'http://metadata');
    const name = url.pathname.replace(/^\/computeMetadata\/v1\/?/, '');
    const call = world.gate.open({ name: `metadata:${last(name)}`, caller: '', resource: name, request: url.search, bytes: 0 });
    try {
      const [type, text] = await world.gate.pass(call, async () => answer(request, name, url.searchParams));
      response.writeHead(200, { 'metadata-flavor': 'Google', 'content-type': type });
      response.end(text);
    } catch (error) {
      if (error instanceof Cut) return void request.socket.destroy();
      response.writeHead(error instanceof Status ? error.http : 500, { 'metadata-flavor': 'Google', 'content-type': 'text/html' });
      response.end(String((error as Error).message));
    }
  }

  function answer(request: IncomingMessage, name: string, query: URLSearchParams): [type: string, text: string] {
    if (request.headers['metadata-flavor'] !== 'Google') throw new Status('PERMISSION_DENIED', 'Missing Metadata-Flavor:Google header.');
    if (name === '' || name === 'instance' || name === 'instance/') return ['application/text', 'instance/\nproject/\n'];
    if (name === 'project/project-id') return ['application/text', world.project];
    if (name === 'project/numeric-project-id') return ['application/text', world.number];
    if (name === 'instance/region') return ['application/text', `projects/${world.number}/regions/${world.region}`];
    if (name === 'universe/universe-domain' || name === 'universe/universe_domain') return ['application/text', 'googleapis.com'];
    const [, account, what] = /^instance\/service-accounts\/([^/]+)\/?(.*)$/.exec(name) ?? [];
    if (account === undefined || server.refusing) throw new Status('NOT_FOUND', 'Not found');
    if (account !== 'default' && account !== own) throw new Status('NOT_FOUND', 'Not found');
    if (what === 'email') return ['application/text', own];
    if (what === 'scopes') return ['application/text', 'https://www.googleapis.com/auth/cloud-platform\n'];
    if (what === '') return ['application/json', JSON.stringify({ aliases: ['default'], email: own, scopes: ['https://www.googleapis.com/auth/cloud-platform'] })];
    if (what === 'token') return ['application/json', JSON.stringify({ access_token: world.tokens.access(`serviceAccount:${own}`, server.lifetime), expires_in: server.lifetime, token_type: 'Bearer' })];
    if (what === 'identity') {
      const audience = query.get('audience');
      if (!audience) throw new Status('INVALID_ARGUMENT', 'non-empty audience parameter required');
      return ['text/html', idToken(own, audience)];
    }
    throw new Status('NOT_FOUND', 'Not found');
  }
}

function last(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
