/** A home of its own, packages made by hand, and the pipeline's loop: what the tests of the local target stand on. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Context, Event } from '../../src/events.ts';
import { provider, stopDaemon } from '../../src/providers/local/index.ts';
import { removeTree } from '../../src/providers/local/files.ts';
import { layoutOf, type Layout } from '../../src/providers/local/layout.ts';
import type { Done, ReleaseDraft, Step, Supplies, Want } from '../../src/providers/provider.ts';
import type { Answer, Live, LogLine, RuntimeSettings } from '../../src/live.ts';
import type { Artifact, Entry } from '../../src/types.ts';
import { lockOf } from '../bundle/lab.ts';
import { python } from '../python.ts';

const SETTINGS: RuntimeSettings = { memory: 256, timeout: 5, concurrency: 2, idle: 60, env: {} };
/** Where the examples of a shape, not of a size, get by without a worker's start. */
const PAYLOAD = { method: 'POST', path: '/', headers: { 'content-type': 'application/json' } };

export interface PackageRequest {
  version?: string;
  settings?: Partial<RuntimeSettings>;
  /** False: our own runtime client instead of awslambdaric. */
  vendorClient?: boolean;
  interpreter?: string;
  dependencies?: Record<string, string>;
}

export class Lab {
  readonly root = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'mlfn-local-')));
  readonly events: Event[] = [];
  readonly ctx: Context;
  readonly layout: Layout;
  /** Free at this moment: no test meets another's daemon on the usual ports. */
  readonly config: { port?: number };
  readonly #client = vendorClient(path.join(this.root, 'client'));

  constructor(config: { port?: number } = {}) {
    const home = { root: this.root, cache: path.join(this.root, 'cache'), local: path.join(this.root, 'local') };
    mkdirSync(home.local, { recursive: true });
    this.ctx = { emit: (event) => this.events.push(event), signal: new AbortController().signal, env: {}, cwd: this.root, home };
    this.layout = layoutOf(home.local);
    this.config = config;
  }

  async close(): Promise<void> {
    await stopDaemon(this.ctx);
    await removeTree(this.root);
  }

  /** What `deploy` hands to the provider. */
  supply(name: string, request: PackageRequest = {}): { draft: ReleaseDraft; supplies: Supplies } {
    const files = {
      'mlfn_serve/__init__.py': '',
      'mlfn_serve/entry.py': readFileSync(path.join(import.meta.dirname, 'entry.py'), 'utf8'),
      'version.txt': request.version ?? 'one',
    };
    const bundle = {
      dependencies: artifact('dependencies', request.dependencies ?? { 'shipped.py': 'WHAT = "a dependency"\n' }),
      function: artifact('function', files),
      fetched: null,
      modelDigest: sha256('model'),
      findings: [],
    };
    const settings = { ...SETTINGS, ...request.settings };
    const artifacts = { dependencies: bundle.dependencies.digest, function: bundle.function.digest };
    const draft: ReleaseDraft = {
      schema: 1,
      function: name,
      digest: sha256(JSON.stringify([artifacts, settings])),
      artifacts,
      sizes: { dependencies: bundle.dependencies.size, function: bundle.function.size },
      model: { file: 'model.joblib', size: 5, digest: bundle.modelDigest, framework: null, format: null },
      lock: { digest: sha256('lock'), python: '3.12', source: 'environment' },
      engine: 'native',
      settings,
      targetSettings: {},
      by: 'a test',
      commit: null,
    };
    const host = { interpreter: request.interpreter ?? python, runtimeClient: request.vendorClient === false ? null : this.#client };
    return { draft, supplies: { bundle, lock: lockOf(), writeTree, writeZip: noZip, writeArchive: noZip, source: noZip, host: async () => host, pushImage: null } };
  }

  /** The pipeline's loop, with a look at the candidate's health for a verification. */
  async deploy(name: string, request: PackageRequest = {}): Promise<{ live: Live; steps: Step[]; done: Done }> {
    const { draft, supplies } = this.supply(name, request);
    return this.run(name, { kind: 'release', draft }, supplies);
  }

  async run(name: string, want: Want, supplies?: Supplies): Promise<{ live: Live; steps: Step[]; done: Done }> {
    const steps = provider.plan(want, await provider.observe(this.ctx, this.config, name), this.config, null);
    let done: Done = { name, ...(supplies && { supplies }) };
    for (const step of steps) done = step.kind === 'verify' ? await this.verify(done) : await provider.apply(this.ctx, this.config, step, done);
    return { live: (await provider.observe(this.ctx, this.config, name))!, steps, done };
  }

  async verify(done: Done): Promise<Done> {
    const answer = await provider.invoke(this.ctx, this.config, done.name, done.candidate!.number, { ...PAYLOAD, body: null });
    if (answer.status !== 200) throw new Error(`the candidate answered ${answer.status}: ${Buffer.from(answer.body).toString()}`);
    const { coldMs, handlerMs } = answer;
    return { ...done, verification: { method: 'health', compared: 0, largestDifference: null, coldMs, warmMs: handlerMs } };
  }

  /** Asks the live release to do something; see entry.py. */
  async ask(name: string, command: unknown, release: number | null = null): Promise<Answer & { json: any }> {
    const body = Buffer.from(JSON.stringify(command));
    const answer = await provider.invoke(this.ctx, this.config, name, release, { ...PAYLOAD, body });
    return { ...answer, json: parse(answer.body) };
  }

  async port(): Promise<number> {
    return (JSON.parse(readFileSync(this.layout.daemonFile, 'utf8')) as { port: number }).port;
  }
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return null;
  }
}

function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

function artifact(part: Artifact['part'], files: Record<string, string>): Artifact {
  const entries = Object.entries(files)
    .map(([name, text]): Entry => ({ path: name, mode: 0o644, sha256: sha256(text), size: text.length, source: { bytes: Buffer.from(text) } }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const digest = sha256(JSON.stringify(entries.map((entry) => [entry.path, entry.mode, entry.sha256])));
  return { part, entries, digest, size: entries.reduce((sum, entry) => sum + entry.size, 0) };
}

/** Folders are all that this target takes. */
function noZip(): never {
  throw new Error('the local target asked for a zip');
}

async function writeTree(given: Artifact, folder: string): Promise<void> {
  for (const entry of given.entries) {
    const file = path.join(folder, entry.path);
    await mkdir(path.dirname(file), { recursive: true });
    if ('bytes' in entry.source) await writeFile(file, entry.source.bytes);
    else await copyFile(entry.source.file, file);
  }
}

/** awslambdaric out of the tests' environment, in a folder of its own: the worker must not see the rest of that. */
function vendorClient(folder: string): string {
  const packages = execFileSync(python, ['-c', 'import sysconfig; print(sysconfig.get_path("platlib"))'], { encoding: 'utf8' }).trim();
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(packages)) {
    if (/^(awslambdaric|simplejson|snapshot_restore_py\.py|runtime_client\..*)$/.test(name)) {
      symlinkSync(path.join(packages, name), path.join(folder, name));
    }
  }
  return folder;
}

export async function until(what: string, holds: () => Promise<boolean> | boolean, seconds = 30): Promise<void> {
  for (const limit = Date.now() + seconds * 1000; Date.now() < limit; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never came: ${what}`);
}

export async function readLogs(lab: Lab, name: string): Promise<LogLine[]> {
  const found: LogLine[] = [];
  for await (const line of provider.logs(lab.ctx, lab.config, name, { follow: false, lines: 10_000 })) found.push(line);
  return found;
}

/** A zombie is gone: its parent only has not asked yet. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
