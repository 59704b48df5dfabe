/** What the fake's own tests share: the fake with a Cloud Storage beside it, Google's own clients, small archives. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporary } from '../aws/lab/server.ts';
import { type Gcp, startGcp } from '../fakes/gcp/start.ts';
import { idToken } from '../fakes/gcp/identity/tokens.ts';
import type { Options } from '../fakes/gcp/world.ts';

const BUCKET = 'mlfn-lab-sources';

export interface Lab extends Gcp {
  /** Puts an object into BUCKET. */
  put(name: string, bytes: Buffer): Promise<void>;
  clients(): Promise<Clients>;
  /** Asks a served URL with an ID token of the deployer, as any other member, or with none (null). */
  ask(url: string, options?: { audience?: string; email?: string | null; body?: unknown; path?: string; headers?: Record<string, string> }): Promise<{ status: number; text: string; headers: Headers }>;
  parent: string;
  /** One of the small APIs, as the deployer. */
  rest(api: string, method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>;
  /** Makes a service of a template and waits for it. */
  deploy(id: string, template: object, more?: object): Promise<{ name: string; uri: string; etag: string; latestReadyRevision: string }>;
}

type Clients = Awaited<ReturnType<typeof clientsOf>>;

export async function startLab(options: Options = {}): Promise<Lab> {
  const gcp = await startGcp(options);
  const { endpoint } = gcp.storage;
  await fetch(`${endpoint}/storage/v1/b?project=${gcp.project}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: BUCKET, location: 'EUROPE-WEST1' }) });
  let clients: Promise<Clients> | undefined;
  return {
    ...gcp,
    parent: `projects/${gcp.project}/locations/${gcp.region}`,
    put: async (name, bytes) => {
      const answer = await fetch(`${endpoint}/upload/storage/v1/b/${BUCKET}/o?uploadType=media&name=${encodeURIComponent(name)}`, { method: 'POST', body: new Uint8Array(bytes) });
      if (!answer.ok) throw new Error(await answer.text());
    },
    clients: () => (clients ??= clientsOf(gcp.env)),
    ask: async (url, { audience = url, email = gcp.world.email('deployer'), body = {}, path: at = '/', headers = {} } = {}) => {
      const authorization: Record<string, string> = email === null ? {} : { authorization: `Bearer ${idToken(email, audience)}` };
      const answer = await fetch(`${url}${at}`, { method: 'POST', headers: { 'content-type': 'application/json', ...authorization, ...headers }, body: JSON.stringify(body) });
      return { status: answer.status, text: await answer.text(), headers: answer.headers };
    },
    rest: async (api, method, at, body) => {
      const authorization = `Bearer ${gcp.world.tokens.access(`serviceAccount:${gcp.world.email('deployer')}`)}`;
      const url = (gcp.env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${api.toUpperCase()}`] as string).replace(/\/$/, '');
      const answer = await fetch(`${url}${at}`, { method, headers: { authorization, 'content-type': 'application/json' }, ...(body !== undefined && { body: JSON.stringify(body) }) });
      return { status: answer.status, body: await answer.json() };
    },
    deploy: async (id, wanted, more = {}) => {
      const { services } = await (clients ??= clientsOf(gcp.env));
      const [operation] = await services.createService({ parent: `projects/${gcp.project}/locations/${gcp.region}`, serviceId: id, service: { template: wanted as never, ...more } });
      const [service] = await operation.promise();
      return service as never;
    },
    stop: async () => {
      const made = await clients;
      await Promise.all(Object.values(made ?? {}).map((client) => client.close()));
      await gcp.stop();
    },
  };
}

/** Google's clients find the metadata server by this process's variables. */
async function clientsOf(env: Record<string, string>) {
  for (const name of ['GCE_METADATA_HOST', 'METADATA_SERVER_DETECTION', 'GOOGLE_APPLICATION_CREDENTIALS', 'CLOUDSDK_CONFIG'] as const) process.env[name] = env[name];
  const { RevisionsClient, ServicesClient } = await import('@google-cloud/run');
  const { v2 } = await import('@google-cloud/functions');
  const at = (api: string) => {
    const url = new URL(env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${api}`] as string);
    return { apiEndpoint: url.hostname, port: Number(url.port), projectId: env['GOOGLE_CLOUD_PROJECT'] as string };
  };
  return { services: new ServicesClient(at('RUN')), revisions: new RevisionsClient(at('RUN')), functions: new v2.FunctionServiceClient({ ...at('CLOUDFUNCTIONS'), fallback: true }), grpcFunctions: new v2.FunctionServiceClient(at('CLOUDFUNCTIONS')) };
}

/** An archive of the files: `tar.gz` or `zip`. */
export async function archive(kind: 'tar' | 'zip', files: Record<string, string>): Promise<Buffer> {
  const folder = temporary('archive');
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, 'in', name)), { recursive: true });
      await writeFile(path.join(folder, 'in', name), text);
    }
    const out = path.join(folder, 'out');
    const python = `import shutil,sys; shutil.make_archive(sys.argv[1], sys.argv[3], sys.argv[2])`;
    execFileSync('python3', ['-c', python, out, path.join(folder, 'in'), kind === 'tar' ? 'gztar' : 'zip']);
    return await readFile(`${out}.${kind === 'tar' ? 'tar.gz' : 'zip'}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A server of plain Python that answers WORD, its revision and what it was asked. */
export function server(word: string): string {
  return `
import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class H(BaseHTTPRequestHandler):
    def do_POST(self):
        got = self.rfile.read(int(self.headers.get('content-length', 0))).decode()
        print(json.dumps({"severity": "INFO", "message": "asked", "word": "${word}"}), flush=True)
        out = json.dumps({"word": "${word}", "got": got, "revision": os.environ["K_REVISION"], "env": dict(os.environ), "authorization": self.headers.get("authorization"), "version": sys.version_info[:2]}).encode()
        self.send_response(200); self.send_header('content-length', str(len(out))); self.end_headers(); self.wfile.write(out)
    def log_message(self, *a): pass
print('starting ${word}', flush=True)
ThreadingHTTPServer(('0.0.0.0', int(os.environ['PORT'])), H).serve_forever()
`;
}

/** To set the whole split by names: `['echo-r1', 100], ['echo-r2', 0, 'tag-2']`. */
export function split(...targets: [revision: string, percent: number, tag?: string][]) {
  const type = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION' as const;
  return targets.map(([revision, percent, tag]) => ({ type, revision, percent, ...(tag !== undefined && { tag }) }));
}

/** The template of a service without a build, whose source is the object in BUCKET. */
export function template(object: string, more: object = {}, container: object = {}): object {
  return {
    containers: [{ image: 'scratch', baseImageUri: 'python312', sourceCode: { cloudStorageSource: { bucket: BUCKET, object } }, command: ['python3'], args: ['server.py'], ...container }],
    ...more,
  };
}
