/** Runs one of our own Python tools in a child process that can hang, print or crash without harm. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from './errors.ts';
import type { Context } from './events.ts';
import { isRunning } from './running.ts';
import { templatesFolder } from './templates.ts';

const OUTPUT_KEPT = 20_000;
/** The child ends itself when its time is over; this much later it is killed. Milliseconds. */
const GRACE = 3_000;
/** Variables without which Python does not start or finds no programs. */
const PASSED = ['PATH', 'SYSTEMROOT', 'WINDIR', 'COMSPEC', 'LANG', 'LC_ALL', 'TZ'];

export interface ChildOptions {
  /** File name below templates/tools; it is given the paths of a job and of the result that it is to write. */
  tool: string;
  interpreter: string;
  /** An existing folder of this run alone. */
  scratch: string;
  env: Record<string, string>;
  /** What Ctrl-C interrupts, for the message: `while the model was asked`. */
  doing: string;
}

export interface ChildEnd {
  /** What the tool wrote; null where it died first. */
  result: unknown;
  /** What was under way, as the tool last said. */
  stage: string;
  /** Python's own account of where it hung or crashed. */
  crash: string;
  /** Last part of what the child and the model printed. */
  output: string;
  /** `SIGKILL`, `exit code 1` */
  status: string;
  late: boolean;
}

/** @param job as the tool's own first lines tell; `timeout` in seconds, for everything. @throws INTERRUPTED */
export async function runTool(ctx: Context, job: { timeout: number }, options: ChildOptions): Promise<ChildEnd> {
  const { scratch } = options;
  const jobFile = path.join(scratch, 'job.json');
  const resultFile = path.join(scratch, 'result.json');
  for (const suffix of ['', '.stage', '.crash']) await rm(resultFile + suffix, { force: true });
  await writeFile(jobFile, JSON.stringify(job));
  // -B: the dependencies are shared and stay as they are; the byte code that they carry is used.
  const args = ['-I', '-S', '-B', '-X', 'utf8', path.join(templatesFolder(), 'tools', options.tool), jobFile, resultFile];
  const child = { command: options.interpreter, args, cwd: scratch, env: childEnv(ctx, options) };
  const ended = await runChild(ctx, child, options.doing, job.timeout * 1000 + GRACE);
  const [text, stage, crash] = await Promise.all(['', '.stage', '.crash'].map((suffix) => readFile(resultFile + suffix, 'utf8').catch(() => null)));
  return { ...ended, result: text === null || text === undefined ? null : JSON.parse(text), stage: stage ?? 'start', crash: crash ?? '' };
}

function childEnv(ctx: Context, options: Pick<ChildOptions, 'scratch' | 'env'>): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of PASSED) {
    const value = ctx.env[name];
    if (value !== undefined) env[name] = value;
  }
  const { scratch } = options;
  // As in a Lambda worker, which has no /dev/shm: joblib keeps to threads.
  return { ...env, HOME: scratch, TMPDIR: scratch, TEMP: scratch, TMP: scratch, JOBLIB_MULTIPROCESSING: '0', ...options.env };
}

type Ended = Pick<ChildEnd, 'output' | 'status' | 'late'>;

function runChild(
  ctx: Context,
  { command, args, ...where }: { command: string; args: string[]; cwd: string; env: Record<string, string> },
  doing: string,
  timeout: number,
): Promise<Ended> {
  ctx.signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    // A group of its own, so that processes of the model's own end with it. The open stdin tells it that we live.
    const group = process.platform !== 'win32';
    const child = spawn(command, args, { ...where, stdio: ['pipe', 'ignore', 'pipe'], detached: group, windowsHide: true });
    let output = '';
    let late = false;
    const end = () => {
      if (child.pid === undefined) return;
      try {
        if (group) process.kill(-child.pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // It ended by itself a moment ago.
      }
    };
    const timer = setTimeout(() => {
      late = true;
      end();
    }, timeout);
    ctx.signal.addEventListener('abort', end, { once: true });
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-OUTPUT_KEPT);
    });
    const settle = () => {
      clearTimeout(timer);
      ctx.signal.removeEventListener('abort', end);
      end();
    };
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('exit', (code, signal) => {
      settle();
      if (ctx.signal.aborted) reject(new MlfnError('INTERRUPTED', `Stopped ${doing}.`));
      else resolve({ output, status: signal ?? `exit code ${code}`, late });
    });
  });
}

/** A folder for this run alone, gone when `use` ends; what a killed run left is swept by the next one. */
export async function withScratch<T>({ home }: Context, use: (folder: string) => Promise<T>): Promise<T> {
  const parent = path.join(home.cache, 'children');
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (!isRunning(Number.parseInt(name, 10))) await rm(path.join(parent, name), { recursive: true, force: true });
  }
  const folder = path.join(parent, `${process.pid}-${randomUUID()}`);
  await mkdir(folder);
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
