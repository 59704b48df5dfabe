/**
 * Runs templates/tools/baseline.py: the model's own answers, from the locked dependencies, in a child process that can
 * hang, print or crash without harm.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';

/** What the child is told; the shape is documented in baseline.py. */
export interface Job {
  /** The function's, which its Lambda context tells. */
  name: string;
  artifact: { kind: 'model'; file: string; format: string } | { kind: 'python'; module: string; attribute: string };
  /** Folders for sys.path, the user's code first. */
  path: string[];
  hooks: string | null;
  main: Record<string, string>;
  requests: unknown[];
  /** Seconds for everything. */
  timeout: number;
}

export type OwnAnswer = { status: number; answer: unknown } | { refused: string };

export interface Baseline {
  kind: 'model' | 'function' | 'wsgi';
  /** One for each request, in order. */
  answers: OwnAnswer[];
}

type Result = ({ ok: true } & Baseline) | { ok: false; stage: string; refused: boolean; type: string; message: string; hint: string | null; where: string | null; trace: string };

const OUTPUT_KEPT = 20_000;
/** The child ends itself when its time is over; this much later it is killed. Milliseconds. */
const GRACE = 3_000;
/** Variables without which Python does not start or finds no programs. */
const PASSED = ['PATH', 'SYSTEMROOT', 'WINDIR', 'COMSPEC', 'LANG', 'LC_ALL', 'TZ'];

/** `scratch` is an existing folder of this run alone. Throws MlfnError of kind model or config. */
export async function runBaseline(
  ctx: Context,
  job: Job,
  options: { interpreter: string; scratch: string; env: Record<string, string> },
): Promise<Baseline> {
  const jobFile = path.join(options.scratch, 'job.json');
  const resultFile = path.join(options.scratch, 'result.json');
  for (const suffix of ['', '.stage', '.crash']) await rm(resultFile + suffix, { force: true });
  await writeFile(jobFile, JSON.stringify(job));
  // -B: the dependencies are shared and stay as they are; the byte code that they carry is used.
  const args = ['-I', '-S', '-B', '-X', 'utf8', toolPath(), jobFile, resultFile];
  const child = { command: options.interpreter, args, cwd: options.scratch, env: childEnv(ctx, options) };
  const ended = await runChild(ctx, child, job.timeout * 1000 + GRACE);
  const text = await readFile(resultFile, 'utf8').catch(() => null);
  if (text === null) throw await crashed(job, resultFile, ended);
  const result = JSON.parse(text) as Result;
  if (!result.ok) throw failed(job, result, ended.output);
  return { kind: result.kind, answers: result.answers };
}

/** This file's package holds templates/ at its root, whether it runs from src/, from dist/ or bundled. */
function toolPath(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const tool = path.join(folder, 'templates', 'tools', 'baseline.py');
    if (existsSync(tool) || folder === path.dirname(folder)) return tool;
    folder = path.dirname(folder);
  }
}

function childEnv(ctx: Context, options: { scratch: string; env: Record<string, string> }): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of PASSED) {
    const value = ctx.env[name];
    if (value !== undefined) env[name] = value;
  }
  const { scratch } = options;
  // As in a Lambda worker, which has no /dev/shm: joblib keeps to threads.
  return { ...env, HOME: scratch, TMPDIR: scratch, TEMP: scratch, TMP: scratch, JOBLIB_MULTIPROCESSING: '0', ...options.env };
}

interface Ended {
  /** Last part of what the child and the model printed. */
  output: string;
  status: string;
  late: boolean;
}

function runChild(
  ctx: Context,
  { command, args, ...where }: { command: string; args: string[]; cwd: string; env: Record<string, string> },
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
      if (ctx.signal.aborted) reject(new MlfnError('INTERRUPTED', 'Stopped while the model was asked for its own answers.'));
      else resolve({ output, status: signal ?? `exit code ${code}`, late });
    });
  });
}

const DOING: Record<string, string> = {
  start: 'starting Python',
  load: 'loading',
  hooks: 'importing the hooks',
  preprocess: 'in preprocess',
  predict: 'predicting',
  postprocess: 'in postprocess',
  call: 'answering the sample',
  answer: 'writing its answer',
};

/** The child died without a result: it hung, crashed in native code, ended itself or was killed for its memory. */
async function crashed(job: Job, resultFile: string, ended: Ended): Promise<MlfnError> {
  const stage = await readFile(`${resultFile}.stage`, 'utf8').catch(() => 'start');
  const crash = await readFile(`${resultFile}.crash`, 'utf8').catch(() => '');
  const details = { stage, status: ended.status, crash, output: ended.output };
  const doing = DOING[stage] ?? stage;
  if (ended.late || crash.startsWith('Timeout')) {
    const place = placeOf(crash, job.path[0] ?? '');
    return new MlfnError('VERIFY_HUNG', `${nameOf(job)} was still ${doing} after ${job.timeout} s.${place === null ? '' : ` It was at ${place}.`}`, {
      hint: 'Make it load and answer without waiting for anything (input, network, a lock).',
      details,
    });
  }
  return new MlfnError('VERIFY_CRASHED', `Python ended (${ended.status}) while ${nameOf(job)} was ${doing}.`, {
    hint: 'Load the model by hand in the same Python; SIGKILL mostly means that memory ran out.',
    details,
  });
}

/** Where the main thread was, from what faulthandler wrote: the user's own innermost line, else the innermost one. */
function placeOf(crash: string, code: string): string | null {
  const main = crash.split(/^(?:Current thread|Thread) /m).find((thread) => / in main$/m.test(thread)) ?? '';
  const frames = [...main.matchAll(/File "([^"]+)", line (\d+)/g)].map(([, file = '', line = '']) => ({ file, line }));
  const frame = frames.find(({ file }) => file.startsWith(code + path.sep)) ?? frames[0];
  return frame === undefined ? null : `${path.basename(frame.file)}:${frame.line}`;
}

function failed(job: Job, result: Extract<Result, { ok: false }>, output: string): MlfnError {
  const details = { stage: result.stage, type: result.type, where: result.where, trace: result.trace, output };
  const [line = ''] = result.message.split('\n');
  const said = result.refused ? line : `${result.type}: ${line}${result.where === null ? '' : ` (${result.where})`}`;
  if (result.stage === 'load' && result.refused) {
    return new MlfnError('VERIFY_LOAD_FAILED', `${nameOf(job)}: ${said}`, { hint: result.hint ?? 'Save a model that can, fitted, with joblib.dump.', details });
  }
  if (['start', 'load', 'hooks'].includes(result.stage)) {
    const what = result.stage === 'hooks' ? `The hooks of ${nameOf(job)} cannot be imported` : `${nameOf(job)} cannot be loaded`;
    return new MlfnError('VERIFY_LOAD_FAILED', `${what}: ${said}`, { hint: loadHint(result), details });
  }
  if (result.type === 'NotFittedError') {
    return new MlfnError('VERIFY_NOT_FITTED', `${nameOf(job)} is not fitted: ${line}`, { hint: 'Call fit, save the model again, and deploy that.', details });
  }
  return new MlfnError('VERIFY_SAMPLE_REFUSED', `${nameOf(job)} failed ${DOING[result.stage] ?? result.stage}${result.stage === 'call' ? '' : ' on the sample'}: ${said}`, {
    hint: result.hint ?? (result.type === 'FileNotFoundError' ? MISSING_FILE : 'Correct the sample so that the model itself can answer it, or mend the code that the message names.'),
    details,
  });
}

/** A package lacks what another version of it has, or lays its data out differently. */
const OTHER_VERSIONS = /Can't get attribute .* on <module '(?!__main__)|No module named '(?:numpy|scipy|sklearn|pandas)\.|incompatible dtype|^__\w+_ctor\(\) takes/;
const MISSING_FILE = 'Only modules travel with the code, and files that lie in the folder of an imported package: put the file into one.';

function loadHint(result: { type: string; message: string }): string {
  const missing = /No module named '([^'.]+)/.exec(result.message)?.[1];
  if (result.type === 'FileNotFoundError') return MISSING_FILE;
  if (OTHER_VERSIONS.test(result.message)) {
    return 'It was saved with other versions than these: deploy from the environment it was made in, or write its `pip freeze` to a requirements.txt beside the model.';
  }
  if (missing !== undefined) {
    return `Add ${missing} to requirements.txt, or give its folder with --code if it is your own module.`;
  }
  return 'Load it by hand with the versions that the lock names; the trace is in the details (--json).';
}

function nameOf(job: Job): string {
  const { artifact } = job;
  return artifact.kind === 'model' ? path.basename(artifact.file) : `${artifact.module}.py:${artifact.attribute}`;
}
