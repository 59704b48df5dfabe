/**
 * A model, the packages that it was locked with, and a sample become the leanest form that answers alike. The export and the
 * proof run in a child process, with the model's own libraries, after the safety check; what came of them is kept by what
 * went into them.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { ModelFileCard } from '../card.ts';
import { withScratch } from '../python-child.ts';
import type { Digest, Engine, Form, Proof } from '../types.ts';
import { makeFolder, readJson } from '../whole-files.ts';
import { type Asked, askChild, Lost, type RowsTold, type Told } from './child.ts';
import { choose } from './choose.ts';
import { toolsDigest } from './tools-digest.ts';

export interface CompileInput {
  card: ModelFileCard;
  /** SHA-256 of the model file. */
  digest: Digest;
  /** The model's own packages, for this machine. */
  lock: { digest: Digest; interpreter: string };
  /** Folder that they are laid down in. */
  dependencies: string;
  /** File with preprocess / postprocess. */
  hooks?: string | undefined;
  /** A body as a client would post it; null where none was given. */
  sample: unknown;
  engine: Engine | 'auto';
}

const MODEL = 'model.mlfn';
/** A model of more bytes would be evaluated for minutes before its proof is done, and its compiled form is not small. */
const LARGEST = 200 * 2 ** 20;

/** @throws COMPILE_REFUSED where an engine was asked for by name, and the model has no form for it that answers alike */
export async function compile(ctx: Context, input: CompileInput): Promise<Form> {
  if (input.engine === 'native') return { engine: 'native', why: 'asked for' };
  const before = await reasonBefore(input);
  if (before !== null) return settle(input, { engine: 'native', why: before });
  const folder = path.join(ctx.home.cache, 'compiled', await keyOf(input));
  try {
    await makeFolder(folder, (temporary) => make(ctx, input, temporary));
  } catch (error) {
    if (error instanceof Lost) return settle(input, { engine: 'native', why: error.message });
    throw error;
  }
  const told = (await readJson(path.join(folder, 'told.json'))) as Told;
  return settle(input, await choose(told, path.join(folder, MODEL)));
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
export async function prove(ctx: Context, input: CompileInput & { rows: string }): Promise<Proved> {
  const before = await reasonBefore(input);
  return withScratch(ctx, async (scratch) => {
    const out = path.join(scratch, MODEL);
    const told = await askChild(ctx, { ...askedOf(input, out), rows: input.rows }, { interpreter: input.lock.interpreter, scratch });
    const form: Form = before === null ? await choose(told, out) : { engine: 'native', why: before };
    const { rows: proof = null, differs = null } = told.plain.ok ? told.plain : {};
    return { form, rows: told.rows ?? { read: 0, ignored: [], refusal: null }, proof, differs };
  });
}

function askedOf({ card, dependencies, sample }: CompileInput, out: string): Asked {
  return { artifact: { file: card.path, format: card.format }, path: [dependencies], requests: sample === null ? [] : [sample], out };
}

/** What rules a compiled form out without looking at the model. */
async function reasonBefore({ card, hooks, engine }: CompileInput): Promise<string | null> {
  const [own] = card.userClasses;
  if (own !== undefined) return `it holds ${own.name}, a class of your own`;
  if (engine === 'auto' && card.size > LARGEST) return `the file is larger than ${LARGEST / 2 ** 20} MB`;
  // What a hook makes of a body need not be JSON.
  const source = hooks === undefined ? '' : await readFile(hooks, 'utf8').catch(() => '');
  return /\bpreprocess\b/.test(source) ? `preprocess in ${path.basename(hooks ?? '')} makes what the model is given` : null;
}

function settle({ engine, card }: CompileInput, form: Form): Form {
  if (engine === 'auto' || form.engine === engine) return form;
  throw new MlfnError('COMPILE_REFUSED', `${path.basename(card.path)} cannot be served by the engine ${engine}: ${form.why}.`, {
    hint: 'Leave --engine out: the best of those that answer as the model does is taken.',
    details: { engine, why: form.why },
  });
}

async function keyOf({ digest, lock, sample, card }: CompileInput): Promise<string> {
  const asked = [digest, card.format, lock.digest, sample, await toolsDigest()];
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}

/** Writes told.json, and the compiled model beside it where there is one. */
async function make(ctx: Context, input: CompileInput, folder: string): Promise<void> {
  const { card, lock } = input;
  ctx.emit({ type: 'progress', text: `compiling ${path.basename(card.path)}, and proving that it answers alike` });
  await withScratch(ctx, async (scratch) => {
    const out = path.join(scratch, MODEL);
    const told = await askChild(ctx, askedOf(input, out), { interpreter: lock.interpreter, scratch });
    if (told.plain?.ok === true) await rename(out, path.join(folder, MODEL));
    await writeFile(path.join(folder, 'told.json'), JSON.stringify(told));
  });
}
