/** Ways to run a command line: in process, where that is enough, and as a user does. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll } from 'vitest';
import { main } from '../../src/cli/main.ts';

export const bin = path.join(import.meta.dirname, '../../bin/mlfn.js');

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A folder that goes when the test file is done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mlfn-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

interface Surroundings {
  cwd: string;
  env?: Record<string, string | undefined>;
  stdin?: string;
}

/** MLFN_HOME is `.home` in `cwd` unless given. */
export async function mlfn(argv: string[], around: Surroundings): Promise<Ran> {
  const said = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({ write: (text: string | Uint8Array) => (said[name] += String(text)) });
  const code = await main(argv, {
    stdin: Readable.from(around.stdin === undefined ? [] : [around.stdin]),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: environment(around),
    cwd: around.cwd,
    signal: new AbortController().signal,
  });
  return { code, ...said };
}

export function start(argv: string[], around: Surroundings & { program?: string[] }): { child: ChildProcess; ended: Promise<Ran> } {
  const [command = '', ...first] = around.program ?? [process.execPath, bin];
  const child = spawn(command, [...first, ...argv], { cwd: around.cwd, env: environment(around), stdio: 'pipe' });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (said.stdout += text));
  child.stderr.on('data', (text) => (said.stderr += text));
  child.stdin.on('error', () => undefined); // it may end without reading
  child.stdin.end(around.stdin ?? '');
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...said }));
  });
  return { child, ended };
}

export async function run(argv: string[], around: Surroundings & { program?: string[] }): Promise<Ran> {
  return start(argv, around).ended;
}

function environment({ cwd, env }: Surroundings): Record<string, string | undefined> {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(MLFN_|NO_COLOR|FORCE_COLOR)/.test(name)));
  return { ...own, MLFN_HOME: path.join(cwd, '.home'), ...env };
}
