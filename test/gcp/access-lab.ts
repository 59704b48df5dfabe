/** What the tests of access, calls, logs and preflight share: the fake, sessions on it as a command opens them, small services. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Event } from '../../src/events.ts';
import { type GcpConfig, configSchema } from '../../src/providers/gcp/config.ts';
import { tagOf } from '../../src/providers/gcp/names.ts';
import { openSession, type Session } from '../../src/providers/gcp/session.ts';
import { ensureBucket } from '../../src/providers/gcp/storage/bucket.ts';
import { idToken } from '../fakes/gcp/identity/tokens.ts';
import { type Gcp, startGcp } from '../fakes/gcp/start.ts';
import type { Options } from '../fakes/gcp/world.ts';
import { archive } from './fake-lab.ts';

export interface Opened extends Session {
  events: Event[];
  abort(): void;
}

export interface AccessLab extends Gcp {
  folder: string;
  parent: string;
  /** As a command opens it; `home` is the lab's. */
  open(config?: Partial<GcpConfig>, env?: Record<string, string>): Promise<Opened>;
  /** A service of that name whose revisions run that code; the last has the traffic, and each its tag. */
  serve(name: string, releases: Record<number, string>): Promise<void>;
  uri(name: string): Promise<string>;
}

const traffic = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION' as const;

export async function startAccessLab(options: Options = {}): Promise<AccessLab> {
  const gcp = await startGcp(options);
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'mlfn-access-')));
  const home = { root: folder, cache: path.join(folder, 'cache'), local: path.join(folder, 'local') };
  // Google's libraries read the variables of this process.
  Object.assign(process.env, gcp.env);
  const opened: Session[] = [];
  const open: AccessLab['open'] = async (config = {}, env = {}) => {
    const stop = new AbortController();
    const events: Event[] = [];
    const ctx = { emit: (event: Event) => void events.push(event), signal: stop.signal, env: { ...gcp.env, ...env }, cwd: folder, home };
    const session = await openSession(ctx, configSchema.parse(config));
    opened.push(session);
    return Object.assign(Object.create(session) as Opened, { events, abort: () => stop.abort() });
  };
  const own = await open();
  await ensureBucket(own);
  const bucket = (await own.storage()).bucket(own.bucket);
  const parent = `projects/${gcp.project}/locations/${gcp.region}`;
  const make = async (name: string, release: string, code: string, before: object[]) => {
    const services = await own.services();
    const object = `sources/${name}-${release}.tar.gz`;
    await bucket.file(object).save(await archive('tar', { 'server.py': code }), { resumable: false });
    const revision = `${name}-r${release}`;
    const source = { cloudStorageSource: { bucket: bucket.name, object } };
    const container = { image: 'scratch', baseImageUri: 'python312', sourceCode: source, command: ['python3'], args: ['server.py'], env: [{ name: 'MLFN_RELEASE', value: release }] };
    const template = { revision, labels: { 'mlfn-release': release }, containers: [container] };
    const full = `${parent}/services/${name}`;
    const targets = [...before, { type: traffic, revision, tag: tagOf(Number(release)), percent: 100 }];
    if (before.length === 0) await finish(services.createService({ parent, serviceId: name, service: { template: template as never } }));
    else await finish(services.updateService({ service: { name: full, template: template as never } }));
    await finish(services.updateService({ service: { name: full, traffic: targets as never }, updateMask: { paths: ['traffic'] } }));
    return targets.map((target) => ({ ...target, percent: 0 }));
  };
  return {
    ...gcp,
    folder,
    parent,
    open,
    async serve(name, releases) {
      let before: object[] = [];
      for (const [release, code] of Object.entries(releases)) before = await make(name, release, code, before);
    },
    async uri(name) {
      const [{ uri }] = await (await own.services()).getService({ name: `${parent}/services/${name}` });
      return uri as string;
    },
    async stop() {
      await Promise.all(opened.map(async (session) => Promise.all([(await session.services()).close(), (await session.revisions()).close()])));
      await gcp.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A running change, to its end. */
async function finish(asked: Promise<[{ promise(): Promise<unknown> }, ...unknown[]]>): Promise<void> {
  const [operation] = await asked;
  await operation.promise();
}

/** A bare call of a URL by somebody, or by nobody (null). */
export async function call(url: string, email: string | null, audience = url): Promise<number> {
  const headers: Record<string, string> = email === null ? {} : { authorization: `Bearer ${idToken(email, audience)}` };
  return (await fetch(url, { method: 'POST', headers, body: '{}' })).status;
}

/** Answers as the serving code does: release and all, or raises what `body` says. */
export function serving(release: number): string {
  return `
import json, os, sys, traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class H(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_POST(self):
        got = json.loads(self.rfile.read(int(self.headers.get('content-length', 0))) or b'null')
        status, said = 200, {'release': ${release}, 'got': got, 'path': self.path, 'trace': self.headers.get('traceparent')}
        try:
            print('asked', flush=True)
            if got == 'raise':
                exec(compile('def answer():\\n    return 1 / 0\\n\\nanswer()', '/workspace/code/app.py', 'exec'))
            if got == 'die':
                os._exit(3)
        except Exception:
            traceback.print_exc()
            sys.stderr.flush()
            status, said = 500, {'title': 'failed'}
        out = json.dumps(said).encode()
        self.send_response(status)
        self.send_header('content-length', str(len(out)))
        self.send_header('x-mlfn-release', '${release}')
        self.end_headers()
        self.wfile.write(out)
    def log_message(self, *a): pass
ThreadingHTTPServer(('0.0.0.0', int(os.environ['PORT'])), H).serve_forever()
`;
}
