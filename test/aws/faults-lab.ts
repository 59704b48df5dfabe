/**
 * What the tests of faults share: the real command line as a process, killed at a call of its own; a strict AWS; callers that
 * never stop; and the account's whole inventory.
 */
import { GetFunctionCommand, InvokeCommand, ListAliasesCommand, ListFunctionsCommand, ListFunctionUrlConfigsCommand, ListLayersCommand, ListLayerVersionsCommand, ListVersionsByFunctionCommand } from '@aws-sdk/client-lambda';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { ListRolesCommand } from '@aws-sdk/client-iam';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { type Clients, clientsOf } from './lab/clients.ts';
import { type Gate, startGate } from './lab/gate.ts';
import type { Rule } from './lab/gate/rule.ts';
import type { Point } from '../lab/script.ts';
import { strictRules } from './lab/gate/strict.ts';
import { type Ministack, startMinistack } from './lab/ministack.ts';

const bin = path.join(import.meta.dirname, '../../bin/mlfn.js');
export const BUCKET = 'mlfn-123456789012-eu-west-1';
/** Every kill point, and not only those that differ. */
export const ALL = process.env['MLFN_FAULTS'] === 'all';

export interface Ran {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Account {
  functions: string[];
  /** `heart:3 release 2`, without $LATEST. */
  versions: string[];
  aliases: string[];
  urls: string[];
  /** `mlfn-0123456789abcdef:1` */
  layers: string[];
  roles: string[];
  logGroups: string[];
  keys: string[];
  uploads: string[];
}

export const NOTHING: Account = { functions: [], versions: [], aliases: [], urls: [], layers: [], roles: [], logGroups: [], keys: [], uploads: [] };

export interface Caller {
  /** What was answered so far, each with how often: `200 old`. */
  answers: Map<string, number>;
  stop(): Promise<Map<string, number>>;
}

/** Calls that have made something, in the record of a gate, also those whose answer was lost. */
export function made({ calls }: Gate): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name, done } of calls) {
    if (done && /:(Create|Publish)/.test(name)) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

export class FaultsLab {
  readonly folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'mlfn-aws-fault-')));

  constructor(
    readonly cloud: Ministack,
    readonly gate: Gate,
    /** Another way in: its calls are not in the record of `gate`. */
    readonly front: Gate,
    /** Past both. */
    readonly aws: Clients,
  ) {}

  static async open(): Promise<FaultsLab> {
    const cloud = await startMinistack();
    const gate = await startGate({ target: cloud.endpoint, rules: strictRules(cloud.env) });
    const front = await startGate({ target: cloud.endpoint, rules: strictRules(cloud.env) });
    // The emulator may fail while something writes what it lists.
    return new FaultsLab(cloud, gate, front, clientsOf(cloud.env, 4));
  }

  /** One more way in, with faults of its own; to be stopped by who asks. */
  way(...rules: Rule[]): Promise<Gate> {
    return startGate({ target: this.cloud.endpoint, rules: [...strictRules(this.cloud.env), ...rules] });
  }

  async close(): Promise<void> {
    this.aws.destroy();
    await Promise.all([this.gate.stop(), this.front.stop()]);
    await this.cloud.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** A function that answers `{"word": ...}`; the argument for `deploy`. With `wheel` it needs a package, and so a layer. */
  app(name: string, word: string, { wheel = false, code }: { wheel?: boolean; code?: string } = {}): string {
    const folder = path.join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    const plain = `def answer(payload):\n    return {"word": ${JSON.stringify(word)}}\n`;
    writeFileSync(path.join(folder, 'app.py'), code ?? (wheel ? `import iniconfig\n\n${plain}` : plain));
    const requirements = path.join(folder, 'requirements.txt');
    if (wheel) writeFileSync(requirements, 'iniconfig==2.0.0\n');
    else rmSync(requirements, { force: true });
    return `${path.join(folder, 'app.py')}:answer`;
  }

  /** @returns the file's path */
  write(name: string, text: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  begin(args: string[], { gate = this.gate, home = 'home', env = {} }: { gate?: Gate; home?: string; env?: Record<string, string> } = {}): { child: ChildProcess; done: Promise<Ran> } {
    const { VIRTUAL_ENV: _v, CONDA_PREFIX: _c, NODE_OPTIONS: _n, FORCE_COLOR: _f, ...own } = process.env;
    const all = { ...own, ...gate.env, MLFN_HOME: path.join(this.folder, home), ...env };
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

  /** The result of a command that must end well, or with `code`. */
  async mlfn(args: string[], { code = 0, ...options }: { code?: number; gate?: Gate; home?: string; env?: Record<string, string> } = {}): Promise<any> {
    const ran = await this.begin([...args, '--target', 'aws', '--json'], options).done;
    assert.equal(ran.code, code, `mlfn ${args.join(' ')} ended with ${ran.code ?? ran.signal}\n${ran.stdout}\n${ran.stderr}`);
    return JSON.parse(ran.stdout);
  }

  /** `kill -9` once the cloud has done the call and before the command knows. False: the command ended without that call. */
  async killedAt(point: Point, args: string[]): Promise<string | null> {
    const held = this.gate.hold(point, 'answer');
    const { child, done } = this.begin([...args, '--target', 'aws', '--json']);
    const call = await Promise.race([held.reached, done.then(() => null)]);
    child.kill('SIGKILL');
    held.release();
    await done;
    return call === null ? null : call.name;
  }

  /** One call of a function's URL from outside of the account. */
  async ask(url: string, gate = this.front): Promise<{ text: string; release: string | undefined }> {
    const { host, pathname } = new URL(url);
    const to = new URL(gate.endpoint);
    return new Promise((resolve) => {
      const headers = { host, 'content-type': 'application/json' };
      const options = { hostname: to.hostname, port: to.port, path: pathname, method: 'POST', headers, agent: false };
      const request = httpRequest(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.once('end', () => {
          const word = /"word": ?"([^"]*)"/.exec(text)?.[1] ?? text;
          resolve({ text: `${response.statusCode} ${word}`, release: response.headers['x-mlfn-release']?.toString() });
        });
      });
      request.once('error', (error) => resolve({ text: error.message, release: undefined }));
      request.end('{}');
    });
  }

  /** Calls one after the other, until it is stopped. */
  call(url: string, pauseMs = 20): Caller {
    const answers = new Map<string, number>();
    const stopped = new AbortController();
    const run = (async () => {
      while (!stopped.signal.aborted) {
        const { text } = await this.ask(url);
        answers.set(text, (answers.get(text) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    })();
    return {
      answers,
      stop: async () => {
        stopped.abort();
        await run;
        return answers;
      },
    };
  }

  /** What each release is made of: its word, its memory and how many layers it has. Each has one version. */
  async releases(name: string): Promise<Record<string, [word: string, memory: number, layers: number]>> {
    const found: Record<string, [string, number, number]> = {};
    for (const each of (await this.account(name)).versions) {
      const [, Qualifier = '', release = ''] = /:(\d+) release (\d+)/.exec(each) ?? [];
      const { Configuration } = await this.aws.lambda.send(new GetFunctionCommand({ FunctionName: name, Qualifier }));
      const { Payload } = await this.aws.lambda.send(new InvokeCommand({ FunctionName: name, Qualifier, Payload: Buffer.from('{}') }));
      assert.equal(found[release], undefined, `release ${release} twice`);
      found[release] = [JSON.parse(Buffer.from(Payload ?? []).toString()).word, Configuration?.MemorySize ?? 0, Configuration?.Layers?.length ?? 0];
    }
    return found;
  }

  /** The command is held where `operation` is to be done, until `meanwhile` is over. */
  async during<T>(args: string[], operation: string, meanwhile: () => Promise<T>): Promise<[ran: Ran, meanwhile: T]> {
    const gate = await this.way();
    const held = gate.hold({ operation }, 'request');
    const { done } = this.begin([...args, '--target', 'aws', '--json'], { gate, home: 'home-held' });
    try {
      const reached = await Promise.race([held.reached, done]);
      assert('number' in reached, `mlfn ${args.join(' ')} never came to ${operation}`);
      const other = await meanwhile();
      held.release();
      return [await done, other];
    } finally {
      held.release();
      await done;
      await gate.stop();
    }
  }

  /** Everything that there is, or what there is of one function. */
  async account(name?: string): Promise<Account> {
    const { lambda, s3, iam, logs } = this.aws;
    const all = (await lambda.send(new ListFunctionsCommand({}))).Functions ?? [];
    const functions = all.map((each) => each.FunctionName as string).filter((each) => name === undefined || each === name);
    const [versions, aliases, urls]: string[][] = [[], [], []];
    for (const FunctionName of functions) {
      for (const { Version, Environment } of (await lambda.send(new ListVersionsByFunctionCommand({ FunctionName }))).Versions ?? []) {
        if (Version !== '$LATEST') versions!.push(`${FunctionName}:${Version} release ${Environment?.Variables?.['MLFN_RELEASE']}`);
      }
      for (const alias of (await lambda.send(new ListAliasesCommand({ FunctionName }))).Aliases ?? []) aliases!.push(`${FunctionName}:${alias.Name}`);
      for (const url of (await lambda.send(new ListFunctionUrlConfigsCommand({ FunctionName }))).FunctionUrlConfigs ?? []) urls!.push(url.FunctionUrl as string);
    }
    const layers: string[] = [];
    for (const { LayerName } of (await lambda.send(new ListLayersCommand({}))).Layers ?? []) {
      for (const { Version } of (await lambda.send(new ListLayerVersionsCommand({ LayerName }))).LayerVersions ?? []) layers.push(`${LayerName}:${Version}`);
    }
    const contents = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET })).catch(() => null);
    const uploads = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET })).catch(() => null);
    const of = (text: string | undefined) => text !== undefined && (name === undefined || text.includes(name));
    return {
      functions,
      versions: versions!,
      aliases: aliases!,
      urls: urls!,
      layers,
      roles: ((await iam.send(new ListRolesCommand({}))).Roles ?? []).map((each) => each.RoleName as string).filter((each) => each.startsWith('mlfn-') && of(each)),
      logGroups: ((await logs.send(new DescribeLogGroupsCommand({}))).logGroups ?? []).map((each) => each.logGroupName as string).filter(of),
      keys: (contents?.Contents ?? []).map((each) => each.Key as string),
      uploads: (uploads?.Uploads ?? []).map((each) => each.Key as string),
    };
  }
}
