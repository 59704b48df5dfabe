/**
 * Google's token services under their own names: the libraries have the addresses built in, so they are reached through a proxy,
 * with a certificate of a lab's own authority.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { idToken, Tokens } from '../fakes/gcp/identity/tokens.ts';

const HOSTS = ['oauth2.googleapis.com', 'sts.googleapis.com', 'iamcredentials.googleapis.com'];
export const CLIENT = '764086051850-lab.apps.googleusercontent.com';
const PERSON = 'ada@example.com';

export interface Google {
  env: Record<string, string>;
  /** `POST oauth2.googleapis.com/token`, with what was sent. */
  asked: { what: string; body: Record<string, unknown>; caller: string | null }[];
  stop(): Promise<void>;
}

export async function startGoogle(): Promise<Google> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mlfn-google-'));
  const { key, cert, authority } = certificate(folder);
  const tokens = new Tokens();
  const asked: Google['asked'] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await read(request);
    const caller = callerOf(tokens, request);
    asked.push({ what: `${request.method} ${request.headers.host}${request.url}`, body, caller });
    const [status, answer] = answerTo(tokens, `${request.headers.host}${request.url}`, body, caller);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  };
  const server = createTls({ key, cert }, (request, response) => void serve(request, response).catch(() => request.socket.destroy()));
  const sockets = new Set<Socket>();
  const proxy = createServer().on('connect', (request, socket) => {
    sockets.add(socket as Socket);
    if (!HOSTS.includes(request.url?.replace(/:443$/, '') ?? '')) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    socket.write('HTTP/1.1 200 Connected\r\n\r\n');
    server.emit('connection', socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    asked,
    env: { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, NO_PROXY: '127.0.0.1,localhost', NODE_EXTRA_CA_CERTS: authority },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function certificate(folder: string) {
  const at = (name: string) => path.join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...curve, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=mlfn lab');
  openssl('req', ...curve, '-keyout', at('own.key'), '-out', at('own.csr'), '-subj', '/CN=googleapis.com');
  writeFileSync(at('own.ext'), `subjectAltName=${HOSTS.map((host) => `DNS:${host}`).join(',')}\n`);
  openssl('x509', '-req', '-in', at('own.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('own.ext'), '-out', at('own.pem'));
  return { key: readFileSync(at('own.key')), cert: readFileSync(at('own.pem')), authority: at('ca.pem') };
}

function callerOf(tokens: Tokens, { headers }: IncomingMessage): string | null {
  return headers.authorization === undefined ? null : tokens.memberOf(headers.authorization, 'iamcredentials.googleapis.com');
}

type Reply = [number, unknown];

function answerTo(tokens: Tokens, what: string, body: Record<string, unknown>, caller: string | null): Reply {
  if (what === 'oauth2.googleapis.com/token') return body['grant_type'] === 'refresh_token' ? refreshed(tokens, String(body['refresh_token'])) : asserted(tokens, String(body['assertion']));
  // cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
  if (what === 'sts.googleapis.com/v1/token') return [200, { access_token: tokens.access('principal:federated'), issued_token_type: 'urn:ietf:params:oauth:token-type:access_token', token_type: 'Bearer', expires_in: 3600 }];
  const [, account = '', act] = /\/serviceAccounts\/([^:]+):(\w+)$/.exec(what) ?? [];
  if (caller === null) return [401, { error: { code: 401, status: 'UNAUTHENTICATED', message: 'no token' } }];
  // cloud.google.com/iam/docs/reference/credentials/rest
  if (account.startsWith('forbidden@')) return [403, { error: { code: 403, status: 'PERMISSION_DENIED', message: `Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource (or it may not exist).` } }];
  if (act === 'generateIdToken') return [200, { token: idToken(account, String(body['audience'])) }];
  return [200, { accessToken: tokens.access(`serviceAccount:${account}`), expireTime: new Date(Date.now() + 3_600_000).toISOString() }];
}

/** developers.google.com/identity/protocols/oauth2/native-app: the audience of a person's ID token is the client, whatever is asked for. */
function refreshed(tokens: Tokens, token: string): Reply {
  if (token === 'revoked') return [400, { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' }];
  const scope = 'openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/cloud-platform';
  const identity = token === 'without-openid' ? {} : { id_token: idToken(PERSON, CLIENT, token === 'short' ? 60 : undefined) };
  return [200, { access_token: tokens.access(`user:${PERSON}`), expires_in: 3599, scope, token_type: 'Bearer', ...identity }];
}

/** developers.google.com/identity/protocols/oauth2/service-account; `target_audience` asks for an ID token. */
function asserted(tokens: Tokens, assertion: string): Reply {
  const { iss, target_audience: audience } = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as { iss: string; target_audience?: string };
  if (audience !== undefined) return [200, { id_token: idToken(iss, audience) }];
  return [200, { access_token: tokens.access(`serviceAccount:${iss}`), expires_in: 3599, token_type: 'Bearer' }];
}

async function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : Object.fromEntries(new URLSearchParams(text));
}
