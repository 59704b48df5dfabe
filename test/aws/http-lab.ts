/** What the tests of the endpoint share: deploys with a try line, a shell to paste it into, and calls of an endpoint by hand. */
import { execFile } from 'node:child_process';
import http from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { tryLine, type TryLine } from '../../src/cli/try-line.ts';
import type { Outcome } from '../../src/pipeline.ts';
import { openTarget } from '../../src/providers/index.ts';
import type { SettingsLab } from './settings-lab.ts';

/** The example that the function's own schema gives is what the line posts. */
export async function shownTry(lab: SettingsLab, outcome: Outcome, section: Record<string, unknown> = {}, sample?: string): Promise<TryLine> {
  const shown = await tryLine(lab.ctx, await openTarget('aws', section), outcome, sample);
  if (shown === null) throw new Error('there is no line to try');
  return shown;
}

/** Just as a person would: the line goes to a shell, which has these variables. */
export async function paste(lab: SettingsLab, line: string, env: Record<string, string | undefined> = {}): Promise<{ stdout: string; stderr: string }> {
  const all = { PATH: process.env['PATH'], ...lab.gate.env, ...env };
  const known = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return promisify(execFile)('sh', ['-c', line], { cwd: lab.ctx.cwd, env: Object.fromEntries(known) });
}

export interface Plain {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** Unsigned, at the gate, by the endpoint's own host name. */
export function ask(lab: SettingsLab, url: string, options: { method?: string; path?: string; headers?: Record<string, string>; body?: string } = {}): Promise<Plain> {
  const { method = 'POST', path: where = '/', headers = {}, body = '{}' } = options;
  const { hostname, port } = new URL(lab.gate.endpoint);
  return new Promise((resolve, reject) => {
    const sent = { host: new URL(url).host, 'content-type': 'application/json', ...headers };
    const request = http.request({ hostname, port, method, path: where, headers: sent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject);
    request.end(method === 'POST' ? body : undefined);
  });
}

const bin = path.join(import.meta.dirname, '../../bin/mlfn.js');

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** The command line itself, against the lab. */
export function mlfn(lab: SettingsLab, args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const home = { MLFN_HOME: lab.ctx.home.root, HOME: lab.ctx.cwd, NO_COLOR: '1', MLFN_TARGET: 'aws' };
  return new Promise((resolve) => {
    const variables = { PATH: process.env['PATH'] ?? '', ...lab.gate.env, ...home, ...env };
    execFile(process.execPath, [bin, ...args], { cwd: lab.ctx.cwd, env: variables }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}
