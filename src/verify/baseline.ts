/**
 * Runs templates/tools/baseline.py: the model's own answers, from the locked dependencies, in a child process that can
 * hang, print or crash without harm.
 */
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Port } from '../card.ts';
import { type ChildEnd, runTool } from '../python-child.ts';

/** What the child is told; the shape is documented in baseline.py. */
export interface Job {
  /** The function's, which its Lambda context tells. */
  name: string;
  artifact: { kind: 'model'; file: string; format: string; inputs?: Port[] } | { kind: 'python'; module: string; attribute: string };
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

/** `scratch` is an existing folder of this run alone. Throws MlfnError of kind model or config. */
export async function runBaseline(
  ctx: Context,
  job: Job,
  options: { interpreter: string; scratch: string; env: Record<string, string> },
): Promise<Baseline> {
  const ended = await runTool(ctx, job, { ...options, tool: 'baseline.py', doing: 'while the model was asked for its own answers' });
  if (ended.result === null) throw crashed(job, ended);
  const result = ended.result as Result;
  if (!result.ok) throw failed(job, result, ended.output);
  return { kind: result.kind, answers: result.answers };
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
function crashed(job: Job, { stage, crash, ...ended }: ChildEnd): MlfnError {
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
const MISSING_FILE = 'Only modules travel with the code by themselves, and files in the folder of an imported package: name the file with --include (or `include` of mlfn.yaml).';

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
