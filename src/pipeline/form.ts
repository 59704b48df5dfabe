/** In which form a model ships. Its packages are laid down for this machine only where something is compiled with them. */
import path from 'node:path';
import { hashOnce } from '../bundle/index.ts';
import type { ModelCard, ServedCard } from '../card.ts';
import { compile, graphForm } from '../compile/index.ts';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { DataSettings } from '../live.ts';
import type { Engine, Form, Lock } from '../types.ts';
import { converterFor } from './converter.ts';
import { type Host, hostOf } from './host.ts';

export interface FormRequest {
  /** Absent: the model's own libraries. */
  engine?: Engine | 'auto' | undefined;
  hooks?: string | undefined;
  /** A body as a client would post it; null where none was given. */
  body: unknown;
  pointed?: boolean | undefined;
  /** Objects that requests may name. */
  data?: DataSettings | undefined;
  /** Locks what would serve the engine onnx, and throws where the target cannot run it. */
  runtime: () => Promise<Lock>;
}

/** @param own what the model was locked with, for the target's platform */
export async function formOf(ctx: Context, card: ModelCard, own: Lock, request: FormRequest): Promise<Form> {
  const { engine, hooks, body: sample, pointed = false, data, runtime } = request;
  if (card.kind === 'framework' && card.format === 'onnx') return graphOf(ctx, card, own, request);
  if (engine === undefined || card.kind === 'python') return { engine: 'native', why: null };
  if (engine === 'native') return { engine, why: 'asked for' };
  if (pointed) return pointedForm(engine);
  if (engine === 'auto' && data?.formats?.includes('joblib') === true) return { engine: 'native', why: 'data may be joblib, which needs its libraries' };
  const { sha256: digest } = await hashOnce(ctx, card.path);
  let found: Promise<Host> | undefined;
  const there = () => (found ??= hostOf(ctx, card, own));
  const host = () => there().catch((error: unknown) => withoutPackages(error, engine));
  const converter = async () => converterFor(ctx, card, (await there()).lock, runtime);
  return compile(ctx, { card, digest, hooks, sample, engine, host, converter });
}

/** An ONNX model is its own form, whatever takes its place one day. */
async function graphOf(ctx: Context, card: ServedCard, own: Lock, { engine, body, hooks }: FormRequest): Promise<Form> {
  const { sha256, size } = await hashOnce(ctx, card.path);
  const folder = path.dirname(card.path);
  const others = await Promise.all(card.files.map(async (name) => (await hashOnce(ctx, path.join(folder, ...name.split('/')))).sha256));
  const host = () => hostOf(ctx, card, own).catch((error: unknown) => withoutPackages(error, 'auto'));
  // A hook's body is nothing that the model itself takes.
  const sample = hooks === undefined ? body : null;
  return graphForm(ctx, { file: card.path, beside: card.files, others, sha256, size, sample, engine, host });
}

/** Of a lock for another platform this machine may find no wheels. @throws whatever else it is, and where an engine was asked for by name */
function withoutPackages(error: unknown, engine: Engine | 'auto'): { why: string } {
  if (engine !== 'auto' || !(error instanceof MlfnError) || !error.code.startsWith('RESOLVE_')) throw error;
  return { why: 'its packages cannot be had for this machine, where it would be compiled' };
}

/** Another model may take its place, and needs what that one needed. @throws CONFIG_VALUE */
function pointedForm(engine: Engine | 'auto'): Form {
  if (engine === 'auto') return { engine: 'native', why: 'another model can take its place' };
  throw new MlfnError('CONFIG_VALUE', `The engine ${engine} and reload exclude each other: another model may need other evaluators.`, {
    hint: 'Leave out one of the two.',
    details: { key: 'engine' },
  });
}
