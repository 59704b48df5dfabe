/** A network becomes an ONNX file, in a child process with its own framework, where both are then asked the same. */
import { createHash } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Port } from '../card.ts';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { runTool, withScratch } from '../python-child.ts';
import { templatesFolder } from '../templates.ts';
import type { Digest, NetworkFormat, Proof } from '../types.ts';
import { makeFolder, readJson } from '../whole-files.ts';
import { Lost } from './child.ts';
import { toolsDigest } from './tools-digest.ts';

/** Everything together; TensorFlow alone takes seconds to start. */
const SECONDS = 600;
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };

export interface NetworkInput {
  /** Absolute; a folder where it is a SavedModel. */
  file: string;
  format: NetworkFormat;
  /** SHA-256 of all of it. */
  digest: Digest;
  /** A body as a client would post it; null where none was given. */
  sample: unknown;
  /** The framework and its converter, laid down when they are asked for. */
  tools: () => Promise<{ lock: { digest: Digest; interpreter: string }; dependencies: string }>;
}

/** It has no ONNX form that is proved equal. */
export interface Unconverted {
  why: string;
  /** What its framework takes; null where it did not tell. */
  inputs: Port[] | null;
}

export interface Converted {
  /** The ONNX file; in the cache, never changed. */
  file: string;
  proof: Proof;
  opset: number;
  /** Whether a missing value (NaN) gives what the network gives; else it is refused where it is served. */
  missing: boolean;
  /** Microseconds for one record; null where it could not be asked. */
  warmUs: number | null;
  nativeUs: number | null;
}

type Tried = { ok: true; proof: Proof; opset: number; missing: boolean; warmUs: number | null } | { ok: false; reason: string };
type Told = { ok: true; native: { warmUs: number | null; inputs: Port[] | null }; compiled: Tried };
type Result = Told | { ok: false; stage: string; type: string; message: string };

/** @throws MODEL_DAMAGED where its framework cannot load it */
export async function convertNetwork(ctx: Context, input: NetworkInput, pins: string): Promise<Converted | Unconverted> {
  const name = `${path.basename(input.file).replace(/\.\w+$/, '')}.onnx`;
  const asked = ['network', name, input.digest, input.format, input.sample, pins, await toolsDigest()];
  const folder = path.join(ctx.home.cache, 'compiled', createHash('sha256').update(JSON.stringify(asked)).digest('hex'));
  try {
    await makeFolder(folder, (temporary) => make(ctx, input, path.join(temporary, name)));
  } catch (error) {
    if (error instanceof Lost) return { why: error.message, inputs: null };
    throw error;
  }
  const { native, compiled } = (await readJson(path.join(folder, 'told.json'))) as Told;
  if (!compiled.ok) return { why: compiled.reason, inputs: native.inputs };
  const { proof, opset, missing, warmUs } = compiled;
  return { file: path.join(folder, name), proof, opset, missing, warmUs, nativeUs: native.warmUs };
}

/** What a network takes, as its framework tells; null where that does not. @throws MODEL_DAMAGED */
export async function inputsOf(ctx: Context, input: Omit<NetworkInput, 'digest'>): Promise<Port[] | null> {
  const { lock, dependencies } = await input.tools();
  return withScratch(ctx, async (scratch) => (await ask(ctx, input, { interpreter: lock.interpreter, dependencies, scratch, out: null })).native.inputs).catch((error: unknown) => {
    if (error instanceof Lost) return null;
    throw error;
  });
}

async function make(ctx: Context, input: NetworkInput, file: string): Promise<void> {
  const { lock, dependencies } = await input.tools();
  ctx.emit({ type: 'progress', text: `converting ${path.basename(input.file)} to ONNX, and proving that it answers alike` });
  const told = await withScratch(ctx, async (scratch) => {
    const out = path.join(scratch, 'network.onnx');
    const result = await ask(ctx, input, { interpreter: lock.interpreter, dependencies, scratch, out });
    if (result.compiled.ok) await rename(out, file);
    return result;
  });
  await writeFile(path.join(path.dirname(file), 'told.json'), JSON.stringify(told));
}

async function ask(ctx: Context, input: Omit<NetworkInput, 'digest'>, where: { interpreter: string; dependencies: string; scratch: string; out: string | null }): Promise<Told> {
  const { file, format, sample } = input;
  const { interpreter, dependencies, scratch, out } = where;
  const serving = path.join(templatesFolder(), 'python');
  const job = { artifact: { file, format }, path: [serving, dependencies], requests: sample === null ? [] : [sample], out, timeout: SECONDS };
  const ended = await runTool(ctx, job, { tool: 'convert.py', interpreter, scratch, env: ONE_THREAD, doing: 'while the network was converted' });
  const result = ended.result as Result | null;
  if (result?.ok === true) return result;
  if (result?.stage === 'load') {
    throw new MlfnError('MODEL_DAMAGED', `${path.basename(file)} cannot be loaded: ${result.type}: ${lineOf(result.message)}`, {
      hint: 'Load it by hand; where that works, say so with the versions of its framework and of mlfn.',
      details: { path: file, format },
    });
  }
  const { stage, status, late, crash } = ended;
  if (result !== null) throw new Lost(`${result.type}: ${lineOf(result.message)} (${result.stage})`);
  throw new Lost(late || crash.startsWith('Timeout') ? `it was not done within ${SECONDS} s (${stage})` : `Python ended (${status}) while it was converted (${stage})`);
}

function lineOf(message: string): string {
  return (message.trim().split('\n')[0] ?? '').slice(0, 300);
}
