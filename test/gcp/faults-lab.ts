/**
 * What the tests of deploys share: the real command line as a process against the fake, killed at a call of its own; callers
 * that never stop; and the project's whole inventory.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { linkTree, warmUv } from '../e2e/warm.ts';
import { idToken } from '../fakes/gcp/identity/tokens.ts';
import { last } from '../fakes/gcp/run/messages.ts';
import { type Gcp, startGcp } from '../fakes/gcp/start.ts';
import type { Point } from '../fakes/gcp/transport/gate.ts';
import type { Options } from '../fakes/gcp/world.ts';

const bin = path.join(import.meta.dirname, '../../bin/mlfn.js');
/** Of machines that have uv. */
const HOMES = ['home', 'home-1', 'home-2'] as const;

export interface Ran {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Inventory {
  functions: string[];
  /** `heart release 2` */
  revisions: string[];
  /** `mlfn-heart` */
  accounts: string[];
  keys: string[];
}

export const NOTHING: Inventory = { functions: [], revisions: [], accounts: [], keys: [] };

export interface Caller {
  /** What was answered so far, each with how often: `200 old`. */
  answers: Map<string, number>;
  stop(): Promise<void>;
}

export type Mode = 'function' | 'run' | 'image';

export class FaultsLab {
  readonly folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'mlfn-gcp-fault-')));

  constructor(
    readonly gcp: Gcp,
    readonly mode: Mode,
  ) {}

  static async open(mode: Mode, options: Options = {}): Promise<FaultsLab> {
    return FaultsLab.on(await startGcp({ operations: 60, ...options }), mode);
  }

  static async on(gcp: Gcp, mode: Mode): Promise<FaultsLab> {
    const lab = new FaultsLab(gcp, mode);
    const uv = await warmUv();
    for (const home of HOMES) linkTree(uv, path.join(lab.folder, home, 'cache', 'uv'));
    return lab;
  }

  async close(): Promise<void> {
    await this.gcp.stop();
    this.remove();
  }

  /** What is on the disk; for who ends the fake himself. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** A function that answers `{"word": ...}`; the argument for `deploy`. */
  app(name: string, word: string, code?: string): string {
    const folder = path.join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'app.py'), code ?? `def answer(payload):\n    return {"word": ${JSON.stringify(word)}}\n`);
    return `${path.join(folder, 'app.py')}:answer`;
  }

  begin(args: string[], { home = 'home', env = {} }: { home?: (typeof HOMES)[number]; env?: Record<string, string> } = {}): { child: ChildProcess; done: Promise<Ran> } {
    const { VIRTUAL_ENV: _v, CONDA_PREFIX: _c, NODE_OPTIONS: _n, FORCE_COLOR: _f, ...own } = process.env;
    const all = { ...own, ...this.gcp.env, MLFN_HOME: path.join(this.folder, home), ...env };
    const child = spawn(process.execPath, [bin, ...args], { cwd: this.folder, env: all, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const done = once(child, 'close').then(([code, signal]) => {
      assert.doesNotMatch(stdout + stderr, /This is a bug|^\s+at .*:\d+:\d+/m, `mlfn ${args.join(' ')}\n${stdout}\n${stderr}`);
      return { code, signal, stdout, stderr } as Ran;
    });
    return { child, done };
  }

  /** Arguments of the target. */
  on(args: string[]): string[] {
    return [...args, '--target', 'gcp', ...(args[0] === 'deploy' ? ['--mode', this.mode] : []), '--json'];
  }

  /** The result of a command that must end well, or with `code`. */
  async mlfn(args: string[], { code = 0, ...options }: { code?: number; home?: (typeof HOMES)[number]; env?: Record<string, string> } = {}): Promise<any> {
    const ran = await this.begin(this.on(args), options).done;
    assert.equal(ran.code, code, `mlfn ${args.join(' ')} ended with ${ran.code ?? ran.signal}\n${ran.stdout}\n${ran.stderr}`);
    return JSON.parse(ran.stdout);
  }

  /** `kill -9` once the cloud has done the call and before the command knows. Null: the command ended without that call. */
  async killedAt(point: Point, args: string[]): Promise<string | null> {
    const inStorage = point.operation?.startsWith('storage:') === true;
    const held = inStorage ? this.gcp.storage.hold({ ...point, operation: point.operation!.slice('storage:'.length) }, 'answer') : this.gcp.hold(point, 'answer');
    const { child, done } = this.begin(this.on(args));
    const call = await Promise.race([held.reached, done.then(() => null)]);
    child.kill('SIGKILL');
    held.release();
    await done;
    return call === null ? null : inStorage ? `storage:${call.name}` : call.name;
  }

  /** As the deployer, by the service's URL. */
  async ask(url: string): Promise<{ text: string; release: string | null }> {
    const authorization = `Bearer ${idToken(this.gcp.world.email('deployer'), url)}`;
    const answer = await fetch(url, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: '{}' });
    const text = await answer.text();
    const word = answer.ok ? (JSON.parse(text) as { word: string }).word : text.slice(0, 200);
    return { text: `${answer.status} ${word}`, release: answer.headers.get('x-mlfn-release') };
  }

  /** Asks without a pause until it is stopped. */
  call(url: string): Caller {
    const answers = new Map<string, number>();
    const ended = new AbortController();
    const loop = (async () => {
      while (!ended.signal.aborted) {
        const { text } = await this.ask(url).catch((error: Error) => ({ text: `no answer: ${error.message}` }));
        answers.set(text, (answers.get(text) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    return {
      answers,
      stop: async () => {
        ended.abort();
        await loop;
      },
    };
  }

  /** Of one function, or of all. */
  async inventory(name?: string): Promise<Inventory> {
    const { services, functions, world, project, region } = this.gcp;
    const is = (id: string) => name === undefined || id === name;
    const revisions = [...services.held.values()].flatMap((service) =>
      is(service.id) ? [...service.revisions.values()].map(({ revision }) => `${service.id} release ${revision.containers?.[0]?.env?.find((each) => each.name === 'MLFN_RELEASE')?.value}`) : [],
    );
    const accounts = [...world.accounts.keys()].map((email) => email.split('@')[0] ?? '').filter((id) => id.startsWith('mlfn-') && id !== 'mlfn-build' && (name === undefined || id === `mlfn-${name}`));
    const listed = await fetch(`${this.gcp.storage.env['STORAGE_EMULATOR_HOST']}/storage/v1/b/mlfn-${project}-${region}/o`);
    const { items = [] } = (listed.ok ? await listed.json() : {}) as { items?: { name: string }[] };
    const keys = items.map((each) => each.name).filter((key) => name === undefined || key.startsWith(`functions/${name}/`));
    return { functions: [...functions.held.keys()].map(last).filter(is), revisions, accounts, keys };
  }
}
