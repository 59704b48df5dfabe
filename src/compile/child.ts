/** Runs templates/tools/compile.py. */
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { runTool } from '../python-child.ts';
import { templatesFolder } from '../templates.ts';
import type { CompiledForm, Proof } from '../types.ts';

/** Everything together: loading, export, proof. */
const SECONDS = 300;
/** More for rows of the user's own: after so many seconds the rest is left out, and said to be (compiling.py). */
const ROWS_SECONDS = 700;

/** Small work on many threads is mostly waiting, and sums come in another order each time. */
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };

export type CompiledEngine = CompiledForm['engine'];

export interface Asked {
  engine: CompiledEngine;
  artifact: { file: string; format: string };
  path: string[];
  requests: unknown[];
  /** File to write. */
  out: string;
  /** A file of the user's own rows: CSV with a header, a JSON list, or JSON lines. */
  rows?: string;
}

/** What of an engine came out. Microseconds for one record; null where none could be asked. */
export type Tried = { ok: true; modules: string[]; proof: Proof; rows?: Proof; differs?: string; warmUs: number | null } | { ok: false; reason: string };

/** Of the file of rows. */
export interface RowsTold {
  read: number;
  /** Columns that the model does not take. */
  ignored: string[];
  /** The model's own words for the first row that it refuses. */
  refusal: string | null;
}

export interface Told {
  native: { warmUs: number | null };
  compiled: Tried;
  rows?: RowsTold;
}

type Result = ({ ok: true } & Told) | { ok: false; stage: string; type: string; message: string };

/** The child hung or died: of the machine's state perhaps, and no answer to be kept. */
export class Lost extends Error {}

/** A child that fails leaves the model to its own libraries, and says why. @throws Lost */
export async function askChild(ctx: Context, asked: Asked, where: { interpreter: string; scratch: string }): Promise<Told> {
  const timeout = asked.rows === undefined ? SECONDS : SECONDS + ROWS_SECONDS;
  const job = { ...asked, main: {}, serving: path.join(templatesFolder(), 'python'), timeout };
  const ended = await runTool(ctx, job, { ...where, tool: 'compile.py', env: ONE_THREAD, doing: 'while the model was compiled' });
  const result = ended.result as Result | null;
  if (result?.ok === true) return { native: result.native, compiled: result.compiled, ...(result.rows === undefined ? {} : { rows: result.rows }) };
  if (result?.type === 'UnreadableRows') {
    throw new MlfnError('COMPILE_ROWS', result.message.split('\n')[0] ?? '', {
      hint: 'Give --data a CSV file with a header, a JSON list of records, or JSON lines, with the columns that the model was fitted on.',
    });
  }
  const { stage, status, late, crash } = ended;
  if (result === null) throw new Lost(late || crash.startsWith('Timeout') ? `it was not compiled within ${SECONDS} s (${stage})` : `Python ended (${status}) while it was compiled (${stage})`);
  return { native: { warmUs: null }, compiled: { ok: false, reason: `it could not be compiled (${result.stage}: ${result.type}: ${result.message.split('\n')[0]})` } };
}
