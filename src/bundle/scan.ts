/** What the user's modules import, read by the target's own Python in a child process; nothing of theirs is run. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { interrupted } from './hash.ts';
import { templatesFolder } from '../templates.ts';

/** A file or folder and the folder on sys.path that it is imported from; both absolute. */
export interface Located {
  path: string;
  root: string;
}

export interface Scan {
  /** Single modules that the entries need, the entries among them. */
  files: Located[];
  /** Folders of regular packages, needed as a whole. */
  packages: Located[];
  /** Imports that neither the user's folders nor the dependencies answer. */
  missing: { path: string; line: number; module: string }[];
  /** Modules of the user that would hide another. */
  shadows: { path: string; name: string; hides: 'standard-library' | 'dependency' }[];
  /** Per entry: its first statement that does work when the file is imported. */
  work: Record<string, { line: number; text: string } | null>;
  /** Files that import Flask. */
  flask: string[];
}

export interface ScanRequest {
  interpreter: string;
  roots: string[];
  entries: Located[];
  dependencies: string;
}

/** @throws BUNDLE_CODE_INVALID when a needed file does not parse, BUNDLE_PYTHON_FAILED when the interpreter fails. */
export async function scanModules(ctx: Context, request: ScanRequest): Promise<Scan> {
  const { interpreter, ...asked } = request;
  const script = path.join(templatesFolder(), 'tools', 'scan_modules.py');
  const answer = JSON.parse(await run(ctx, interpreter, script, JSON.stringify(asked)));
  if (answer.error !== null) {
    const { path: file, line, message } = answer.error;
    throw new MlfnError('BUNDLE_CODE_INVALID', `${file}:${line} is not valid Python: ${message}.`, {
      hint: 'Correct that line, or choose the Python that the file was written for with --python.',
      details: answer.error,
    });
  }
  return answer as Scan;
}

/** What a tool of ours prints for `input`. @throws BUNDLE_PYTHON_FAILED */
export async function run(ctx: Context, interpreter: string, script: string, input: string, options: string[] = []): Promise<string> {
  // -I and -S: nothing of the user's site-packages or variables takes part; -B: nothing is written beside the script.
  const child = spawn(interpreter, ['-I', '-S', '-B', '-X', 'utf8', ...options, script], { env: ctx.env, signal: ctx.signal });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? '' : `exit code ${code}`));
  });
  child.stdin.once('error', () => {});
  child.stdin.end(input);
  const [out, errors, problem] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (ctx.signal.aborted) throw interrupted();
  if (problem === '') return out;
  throw new MlfnError('BUNDLE_PYTHON_FAILED', `${interpreter} could not read your modules (${problem}).`, {
    hint: 'Check that this interpreter starts: run it with --version.',
    details: { interpreter, stderr: errors.slice(-2000) },
  });
}
