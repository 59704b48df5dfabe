/**
 * A model, the packages that it was locked with, and a sample become the leanest form that answers alike. The export and the
 * proof run in a child process, with the model's own libraries, after the safety check; what came of them is kept by what
 * went into them.
 */
import { rename, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { ModelFileCard, ServedCard } from '../card.ts';
import { withScratch } from '../python-child.ts';
import type { Digest, Engine, Form, Proof } from '../types.ts';
import { makeFolder, readJson } from '../whole-files.ts';
import { type Asked, askChild, type CompiledEngine, Lost, type RowsTold, type Told } from './child.ts';
import { choose, isPlainEnough, type Outcome } from './choose.ts';
import { hookFacts } from './hooks.ts';
import { toolsDigest } from './tools-digest.ts';

export { graphForm } from './graph-file.ts';
export { type Converted, convertNetwork, inputsOf } from './network.ts';
export { frameworkNeeds, networkTools, type NetworkTools } from './network-tools.ts';
export { converterNeeds, runtimeNeeds } from './onnx.ts';

export interface CompileInput {
  card: ModelFileCard | ServedCard;
  /** SHA-256 of the model file. */
  digest: Digest;
  /** File with preprocess / postprocess. */
  hooks?: string | undefined;
  /** A body as a client would post it; null where none was given. */
  sample: unknown;
  engine: Engine | 'auto';
  /** The model's own packages, laid down when they are asked for; or why they cannot be had. */
  host: () => Promise<Host | { why: string }>;
  /** The converter's packages beside them, likewise. */
  converter: () => Promise<Host | { why: string }>;
}

/** Where a model is asked: a lock's packages, in a folder of this machine. */
interface Host {
  lock: { digest: Digest; interpreter: string };
  dependencies: string;
}

const MODEL = 'model.mlfn';
const NO_ROWS: RowsTold = { read: 0, ignored: [], refusal: null };
/** A model of more bytes would be evaluated for minutes before its proof is done, and its compiled form is not small. */
const LARGEST = 200 * 2 ** 20;

/** @throws COMPILE_REFUSED where an engine was asked for by name, and the model has no form for it that answers alike */
export async function compile(ctx: Context, given: CompileInput): Promise<Form> {
  const { engine } = given;
  const input = await prepared(given);
  if (engine === 'native') return { engine, why: 'asked for' };
  const before = await reasonBefore(input);
  if (before !== null) return settle(input, { engine: 'native', why: before });
  const host = await input.host();
  if ('why' in host) return settle(input, { engine: 'native', why: host.why });
  try {
    const plain = engine === 'onnx' ? null : await outcomeOf(ctx, input, 'plain', host);
    if (plain !== null && (engine === 'plain' || isPlainEnough(plain))) return settle(input, await choose(engine, plain, null));
    return settle(input, await choose(engine, plain, await withConverter(input, plain, (both) => outcomeOf(ctx, input, 'onnx', both))));
  } catch (error) {
    if (error instanceof Lost) return settle(input, { engine: 'native', why: error.message });
    throw error;
  }
}

/** What onnx came to; without its tools, why. */
async function withConverter(input: Pick<CompileInput, 'converter'>, plain: Outcome | null, ask: (host: Host) => Promise<Outcome>): Promise<Outcome> {
  const host = await input.converter();
  const without = (reason: string): Outcome => ({ native: plain?.native ?? { warmUs: null }, compiled: { ok: false, reason }, file: '' });
  if ('why' in host) return without(host.why);
  return ask(host).catch((error: unknown) => {
    if (error instanceof Lost) return without(error.message);
    throw error;
  });
}

/** What a user's own rows show. */
export interface Proved {
  /** The form that a deploy would ship. */
  form: Form;
  rows: RowsTold;
  /** Of the rows; null where the model has no compiled form, and answers itself. */
  proof: Proof | null;
  /** The first row that the compiled form answers otherwise, in words. */
  differs: string | null;
}

/** Holds the compiled form against the model itself on every row of a file. @throws COMPILE_ROWS */
export async function prove(ctx: Context, given: CompileInput & { rows: string }): Promise<Proved> {
  const input = await prepared(given);
  const before = await reasonBefore(input);
  const host = await input.host();
  if ('why' in host) return { form: { engine: 'native', why: host.why }, rows: NO_ROWS, proof: null, differs: null };
  return withScratch(ctx, async (scratch) => {
    const ask = async (engine: CompiledEngine, { lock, dependencies }: Host): Promise<Outcome> => {
      const file = path.join(scratch, engine);
      const told = await askChild(ctx, { ...askedOf(input, engine, dependencies, file), rows: input.rows }, { interpreter: lock.interpreter, scratch });
      return { ...told, file };
    };
    const plain = await ask('plain', host);
    const onnx = isPlainEnough(plain) || before !== null ? null : await withConverter(input, plain, (both) => ask('onnx', both));
    const form: Form = before === null ? await choose('auto', plain, onnx) : { engine: 'native', why: before };
    const { compiled, rows } = form.engine === 'onnx' && onnx !== null ? onnx : plain;
    const { rows: proof = null, differs = null } = compiled.ok ? compiled : {};
    return { form, rows: rows ?? NO_ROWS, proof, differs };
  });
}

function askedOf({ card, sample }: Pick<CompileInput, 'card' | 'sample'>, engine: CompiledEngine, dependencies: string, out: string): Asked {
  return { engine, artifact: { file: card.path, format: card.format }, path: [dependencies], requests: sample === null ? [] : [sample], out };
}

/** The sample is a client's body: where a hook makes of it what the model gets, the check of the release asks with it, and the proof does not. */
async function prepared<T extends CompileInput>(input: T): Promise<T> {
  return (await hookFacts(input.hooks)).prepares ? { ...input, sample: null } : input;
}

/** What rules a compiled form out without looking at the model. */
async function reasonBefore({ card, hooks, engine }: Pick<CompileInput, 'card' | 'hooks' | 'engine'>): Promise<string | null> {
  const [own] = card.kind === 'model' ? card.userClasses : [];
  if (own !== undefined) return `it holds ${own.name}, a class of your own`;
  if (engine === 'auto' && card.size > LARGEST) return `the file is larger than ${LARGEST / 2 ** 20} MB`;
  return (await hookFacts(hooks)).why;
}

function settle({ engine, card }: CompileInput, form: Form): Form {
  if (engine === 'auto' || form.engine === engine) return form;
  throw new MlfnError('COMPILE_REFUSED', `${path.basename(card.path)} cannot be served by the engine ${engine}: ${form.why}.`, {
    hint: 'Leave --engine out: the best of those that answer as the model does is taken.',
    details: { engine, why: form.why },
  });
}

/** An engine's outcome, made unless it is there. @throws Lost */
async function outcomeOf(ctx: Context, input: CompileInput, engine: CompiledEngine, { lock, dependencies }: Host): Promise<Outcome> {
  const { digest, card, sample } = input;
  const asked = [engine, digest, card.format, lock.digest, sample, await toolsDigest()];
  const folder = path.join(ctx.home.cache, 'compiled', createHash('sha256').update(JSON.stringify(asked)).digest('hex'));
  const file = path.join(folder, MODEL);
  await makeFolder(folder, async (temporary) => {
    ctx.emit({ type: 'progress', text: `compiling ${path.basename(card.path)} (${engine}), and proving that it answers alike` });
    await withScratch(ctx, async (scratch) => {
      const out = path.join(scratch, MODEL);
      const told = await askChild(ctx, askedOf(input, engine, dependencies, out), { interpreter: lock.interpreter, scratch });
      if (told.compiled.ok) await rename(out, path.join(temporary, MODEL));
      await writeFile(path.join(temporary, 'told.json'), JSON.stringify(told));
    });
  });
  return { ...((await readJson(path.join(folder, 'told.json'))) as Told), file };
}
