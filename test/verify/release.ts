/** Real packages for the tests of verify: files on disk, and a process that serves them. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Context } from '../../src/events.ts';
import type { ModelCard } from '../../src/card.ts';
import type { Answer, Call } from '../../src/live.ts';
import type { Artifact, Bundle, Lock } from '../../src/types.ts';
import { python } from '../python.ts';

export const root = path.join(import.meta.dirname, '../..');
const sitePackages = execFileSync(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], {
  encoding: 'utf8',
}).trim();

/** Shared by all releases, as on a user's machine. */
export const cache = mkdtempSync(path.join(os.tmpdir(), 'mlfn-verify-cache-'));

export interface Release {
  ctx: Context;
  card: ModelCard;
  lock: Lock;
  bundle: Bundle;
  /** The function part as a folder. */
  folder: string;
  /** Serves `folder`; the answers of GET and POST come from the real handler. */
  serve(): Promise<(call: Call) => Promise<Answer>>;
  close(): Promise<void>;
}

export interface Parts {
  artifact: { kind: 'model'; file: string; format: 'joblib' | 'pickle' } | { kind: 'python'; module: string; attribute: string };
  hooks?: string;
  main?: Record<string, string>;
  /** The user's modules: file name -> text. */
  code?: Record<string, string>;
  /** A folder of packages that stand before those of the tests' environment. */
  packages?: string;
  signal?: AbortSignal;
}

export function makeRelease(parts: Parts): Release {
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'mlfn-verify-'));
  const folder = path.join(temporary, 'function');
  const { artifact } = parts;
  mkdirSync(path.join(folder, 'code'), { recursive: true });
  mkdirSync(path.join(folder, 'model'));
  cpSync(path.join(root, 'templates/python/mlfn_serve'), path.join(folder, 'mlfn_serve'), { recursive: true });
  for (const [name, text] of Object.entries(parts.code ?? {})) writeFileSync(path.join(folder, 'code', name), text);
  if (artifact.kind === 'model') cpSync(artifact.file, path.join(folder, 'model', path.basename(artifact.file)));
  const settings = {
    schema: 1,
    name: 'tried',
    artifact:
      artifact.kind === 'model'
        ? { kind: 'model', path: `model/${path.basename(artifact.file)}`, format: artifact.format }
        : artifact,
    hooks: parts.hooks ?? null,
    main: parts.main ?? {},
  };
  writeFileSync(path.join(folder, 'settings.json'), JSON.stringify(settings));
  const folders = [...(parts.packages === undefined ? [] : [parts.packages]), sitePackages];
  const children: ReturnType<typeof spawn>[] = [];
  return {
    ctx: contextOf(temporary, parts.signal ?? new AbortController().signal),
    card: cardOf(artifact, folder),
    lock: lockOf(),
    bundle: { dependencies: dependenciesOf(folders), function: artifactOf('function', folder), fetched: null, modelDigest: '', findings: [] },
    folder,
    async serve() {
      const child = spawn(python, ['-I', '-S', '-B', path.join(import.meta.dirname, 'candidate.py'), folder, ...folders]);
      children.push(child);
      let printed = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      return async (call) => {
        const started = performance.now();
        child.stdin.write(`${JSON.stringify(eventOf(call))}\n`);
        const line = await lines.next();
        if (line.done) throw new Error(`The candidate ended:\n${printed}`);
        const answer = JSON.parse(line.value) as { statusCode: number; headers: Record<string, string>; body: string };
        const durationMs = performance.now() - started;
        const body = new TextEncoder().encode(answer.body);
        return { status: answer.statusCode, headers: answer.headers, body, durationMs, handlerMs: null, coldMs: null, release: 1 };
      };
    },
    async close() {
      for (const child of children) {
        if (child.exitCode === null && child.signalCode === null && child.kill()) await once(child, 'exit');
      }
      rmSync(temporary, { recursive: true, force: true });
    },
  };
}

function contextOf(temporary: string, signal: AbortSignal): Context {
  const home = { root: temporary, cache, local: path.join(temporary, 'local') };
  return { emit: () => undefined, signal, env: process.env, cwd: temporary, home };
}

function cardOf(artifact: Parts['artifact'], folder: string): ModelCard {
  const base = { size: 0, findings: [] };
  if (artifact.kind === 'python') {
    return { ...base, kind: 'python', path: path.join(folder, 'code', `${artifact.module}.py`), attribute: artifact.attribute };
  }
  return {
    ...base, kind: 'model', path: artifact.file, format: artifact.format, compression: 'none', protocol: 4, globals: [],
    framework: null, estimator: null, featureNames: null, featureCount: null, classes: null, distributions: [], versions: {}, atLeast: {},
    userClasses: [], safe: true, damaged: false,
  };
}

function lockOf(): Lock {
  return {
    python: '3.12', platform: { os: 'linux', arch: 'x86_64', glibc: null }, packages: [], pylock: '', digest: '',
    source: 'requirements', sourceDetail: '', offline: false, interpreter: python,
  };
}

function artifactOf(part: Artifact['part'], folder: string, only?: string[]): Artifact {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  const names = only ?? files.map((each) => path.relative(folder, path.join(each.parentPath, each.name)).split(path.sep).join('/'));
  const entries = names.map((name) => ({
    path: name, mode: 0o644 as const, sha256: '', size: 0, source: { file: path.join(folder, ...name.split('/')) },
  }));
  return { part, entries, digest: '', size: 0 };
}

function dependenciesOf(folders: string[]): Artifact {
  const parts = folders.map((folder) => artifactOf('dependencies', folder, [folder === sitePackages ? 'joblib/__init__.py' : 'lightgbm/__init__.py']));
  return { part: 'dependencies', entries: parts.flatMap((each) => each.entries), digest: '', size: 0 };
}

function eventOf(call: Call): unknown {
  const [rawPath, rawQueryString = ''] = call.path.split('?');
  return {
    version: '2.0', rawPath, rawQueryString, headers: call.headers,
    requestContext: { http: { method: call.method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' } },
    body: call.body === null ? undefined : Buffer.from(call.body).toString('base64'), isBase64Encoded: call.body !== null,
  };
}

/** A folder of examples/ as a release. */
export function exampleParts(name: string): Parts {
  const folder = path.join(root, 'examples', name);
  const code: Record<string, string> = {};
  for (const file of readdirSync(folder)) {
    if (file.endsWith('.py')) code[file] = readFileSync(path.join(folder, file), 'utf8');
  }
  const model = readdirSync(folder).find((file) => file.startsWith('model.'));
  const format = model?.endsWith('.pkl') ? 'pickle' : 'joblib';
  const attribute = /app\.py:(\w+)/.exec(readFileSync(path.join(folder, 'mlfn.yaml'), 'utf8'))?.[1] ?? '';
  return {
    artifact: model === undefined ? { kind: 'python', module: 'app', attribute } : { kind: 'model', file: path.join(folder, model), format },
    code,
    ...('hooks.py' in code ? { hooks: 'hooks' } : {}),
    ...(name === 'custom-class-main' ? { main: { Hour: 'train' } } : {}),
  };
}
