/** A pickle or joblib file as a card. */
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../events.ts';
import type { ModelFileCard } from '../card.ts';
import type { Finding } from '../types.ts';
import { isDamage } from './bytes/malformed.ts';
import { ByteWindow } from './bytes/window.ts';
import { dataOf } from './card/data.ts';
import { describe, type Description } from './card/describe.ts';
import { type Compression, contentSource } from './decompress/index.ts';
import { originsOf } from './origins.ts';
import type { Global } from './pickle/values.ts';
import { type Walked, walkPickle } from './pickle/walk.ts';

export interface OpenModel {
  file: FileHandle;
  path: string;
  size: number;
  compression: Compression;
}

export interface Inspected {
  card: ModelFileCard;
  /** False when what was read is so unlike a pickle that it is none. */
  pickle: boolean;
}

export async function inspectModel(ctx: Context, model: OpenModel, code: string | undefined): Promise<Inspected> {
  const source = contentSource(model.file, model.size, model.compression, ctx.signal);
  const walked = await walkPickle(new ByteWindow(source)).finally(() => source.close());
  const beside = path.dirname(model.path);
  const folders = code === undefined ? [beside] : [path.resolve(ctx.cwd, code), beside];
  const { globals, userClasses, findings } = await originsOf(walked.globals, folders);
  // joblib reads every pickle, compressed or not; pickle itself reads neither compression nor joblib's arrays.
  const joblib = walked.arrays || model.compression !== 'none';
  const description = describe(walked.root, walked.globals, joblib);
  const all = [...walked.findings, ...findings, ...usable(description, walked)];
  const card: ModelFileCard = {
    kind: 'model',
    path: model.path,
    size: model.size,
    format: joblib ? 'joblib' : 'pickle',
    compression: model.compression,
    protocol: walked.protocol,
    globals,
    ...description,
    atLeast: floors(walked),
    userClasses,
    findings: all,
    safe: walked.findings.length === 0 && globals.every(({ origin }) => origin !== 'forbidden'),
    damaged: walked.findings.some(isDamage),
  };
  return { card, pickle: !isNoPickle(walked) };
}

/** An older joblib reads padding as part of the array (its changes of 1.2.0); numpy._core was numpy.core before 2.0. */
function floors({ padded, globals }: Walked): Record<string, string> {
  const core = globals.some(({ module }) => module.startsWith('numpy._core'));
  return { ...(padded ? { joblib: '1.2.0' } : {}), ...(core ? { numpy: '2.0.0' } : {}) };
}

/** How bytes fail that are of another kind. */
const UNLIKE_A_PICKLE = new Set(['unknown-opcode', 'truncated', 'stack-underflow', 'undetermined', 'bad-length', 'memo-trick', 'unreadable-global', 'corrupt-compression']);

/** Protocols 0 and 1 have no magic number: bytes that fail before they name anything are another kind of file. */
function isNoPickle({ findings, protocol, globals }: Walked): boolean {
  const [failure] = findings;
  if (failure?.offset === undefined || protocol !== 0 || !globals.every(isNoName)) return false;
  return UNLIKE_A_PICKLE.has(failure.code) || (failure.code === 'persistent-id' && failure.offset === 0);
}

/** A line of a table or a text, where a pickle names a class. */
function isNoName({ module, name }: Global): boolean {
  return !/^[\p{L}\p{N}_.]+$/u.test(module + name);
}

function usable({ estimator, featureCount }: Description, { root, findings }: Walked): Finding[] {
  if (featureCount === 0) {
    return [{ severity: 'error', code: 'no-features', message: 'The model was fitted on no features: there is nothing to predict from.', hint: 'Fit it on data with at least one column.' }];
  }
  if (estimator !== null || findings.length > 0) return [];
  const data = dataOf(root);
  if (data !== null) return [{ severity: 'error', code: 'no-estimator', ...data }];
  return [{ severity: 'warning', code: 'no-estimator', message: 'The file holds an object that is no estimator of a known framework.', hint: 'Deploy it if it can be called, or has a predict method.' }];
}
