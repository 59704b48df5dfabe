/**
 * The real command line, as a child process: each lab has a folder, a home and variables of its own, and `close` fails when
 * anything of it is left: a process, a port, a half-made file. Whatever is printed is looked at for traces.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { leftovers } from './leftovers.ts';
import { seed } from './warm.ts';

export const bin = path.join(import.meta.dirname, '../../bin/mlfn.js');

/** Root reads and writes everything: this program starts mlfn without those powers. Undefined for anybody else. */
export const powerless: [string, ...string[]] | undefined =
  process.getuid?.() === 0
    ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-dac_override,-dac_read_search', process.execPath, bin]
    : undefined;

export interface Ran {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcess;
  /** What was printed so far, both streams. */
  text(): string;
  /** Resolves when that was printed; rejects when the command ends without. */
  said(text: string): Promise<void>;
  done: Promise<Ran>;
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string | undefined>;
  input?: string;
  /** Instead of bin/mlfn.js run by this Node. */
  program?: [string, ...string[]];
}

export interface LabOptions {
  engine?: 'auto';
  /** Name of the home inside the folder. */
  home?: string;
  /** Nothing in the cache: the network is needed. */
  cold?: boolean;
  /** A folder to work in, instead of a new one in the system's temporary folder. */
  folder?: string;
}

export class Lab {
  readonly folder: string;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #ports = new Set<number>();

  constructor(options: LabOptions = {}) {
    this.folder = options.folder ?? realpathSync(mkdtempSync(path.join(os.tmpdir(), 'mlfn-fault-')));
    this.home = path.join(this.folder, options.home ?? 'home');
    const { VIRTUAL_ENV: _v, CONDA_PREFIX: _c, NODE_OPTIONS: _n, FORCE_COLOR: _f, ...env } = process.env;
    // Faults are those of the whole way, dependencies included: what is tried of compiled models says so.
    this.env = { ...env, MLFN_HOME: this.home, MLFN_ENGINE: options.engine ?? 'native' };
  }

  /** A lab whose cache holds what the first deploy of a plain function brings. */
  static async open(options: LabOptions = {}): Promise<Lab> {
    const lab = new Lab(options);
    if (options.cold !== true) await seed(path.join(lab.home, 'cache'));
    return lab;
  }

  /** Writes files below the folder; gives the path of the first. */
  write(files: Record<string, string | Uint8Array>): string {
    const paths = Object.entries(files).map(([name, content]) => {
      const file = path.join(this.folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    });
    return paths[0]!;
  }

  /** `app.py` whose `predict` tells a version; the argument for `deploy`. */
  app(version: string | number): string {
    return `${this.write({ 'app.py': `def predict(body):\n    return {"version": ${JSON.stringify(version)}}\n` })}:predict`;
  }

  begin(args: string[], options: RunOptions = {}): Running {
    const [command, ...before] = options.program ?? [process.execPath, bin];
    const env = { ...this.env, ...options.env };
    const cwd = options.cwd ?? this.folder;
    const child = spawn(command, [...before, ...args], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const done = once(child, 'close').then(([code, signal]) => {
      const ran = { code, signal, stdout, stderr } as Ran;
      assertSane(args, ran);
      return ran;
    });
    const text = () => stdout + stderr;
    const said = (wanted: string) =>
      new Promise<void>((resolve, reject) => {
        const look = () => text().includes(wanted) && resolve();
        for (const stream of [child.stdout, child.stderr]) stream.on('data', look);
        child.once('close', () => reject(new Error(`never said ${JSON.stringify(wanted)}:\n${text()}`)));
        look();
      });
    return { child, text, said, done };
  }

  mlfn(args: string[], options?: RunOptions): Promise<Ran> {
    return this.begin(args, options).done;
  }

  /** The result of a command that must end well, or with `code`. */
  async json<T = Record<string, any>>(args: string[], { code = 0, ...options }: RunOptions & { code?: number } = {}): Promise<T> {
    const ran = await this.mlfn([...args, '--json'], options);
    assert.equal(ran.code, code, `mlfn ${args.join(' ')} ended with ${ran.code ?? ran.signal}\n${ran.stdout}\n${ran.stderr}`);
    return JSON.parse(ran.stdout) as T;
  }

  /** Deploys a function as `name`, `fn` when none is given; its URL. */
  async deploy(model: string, args: string[] = [], options?: RunOptions): Promise<string> {
    const { url } = await this.json<{ url: string }>(['deploy', model, '--name', 'fn', ...args], options);
    this.#ports.add(Number(new URL(url).port));
    return url;
  }

  /** `deploy` that must fail: its error as --json prints it. */
  async refused(args: string[], code: number, options?: RunOptions): Promise<{ code: string; message: string; hint: string | null; details: Record<string, any> }> {
    const { error } = await this.json(args, { ...options, code });
    return error;
  }

  /** Ends the daemon; then nothing may be left of this lab but releases and caches. */
  async close({ keep = false } = {}): Promise<void> {
    try {
      const stop = await this.mlfn(['stop']);
      assert.equal(stop.code, 0, stop.stderr);
      assert.deepEqual(await leftovers(this.home, this.folder, [...this.#ports]), []);
    } finally {
      if (!keep) rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    }
  }
}

/** No trace of ours in any output, and with --json exactly one document. */
function assertSane(args: string[], ran: Ran): void {
  const context = `mlfn ${args.join(' ')} -> ${ran.code ?? ran.signal}\n${ran.stdout}\n${ran.stderr}`;
  assert.doesNotMatch(ran.stdout + ran.stderr, /^\s+at .*(:\d+:\d+|node:)|^Node\.js v\d|This is a bug/m, context);
  assert.doesNotMatch(ran.stderr, /Traceback \(most/, context); // the user's own is in the log, and in the details of --json
  if (!args.includes('--json') || args.includes('--follow') || ran.code === null) return;
  assert.doesNotThrow(() => void JSON.parse(ran.stdout), context);
  assert.equal(ran.stderr, '', context);
}

export interface HttpAnswer {
  status: number;
  type: string;
  release: string | undefined;
  text: string;
  json: any;
}

/** One call on a connection of its own. */
export function ask(url: string, body: unknown = {}, method = 'POST'): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const request = httpRequest(url, { method, agent: false, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('error', reject);
      response.once('end', () => resolve(answerOf(response.statusCode!, response.headers, text)));
    });
    request.once('error', reject);
    request.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

export function answerOf(status: number, headers: Record<string, string | string[] | undefined>, text: string): HttpAnswer {
  const type = String(headers['content-type'] ?? '');
  return { status, type, release: headers['x-mlfn-release']?.toString(), text, json: type.includes('json') ? JSON.parse(text) : null };
}

/** Waits without a limit of its own: the test's is enough. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 25));
}
