/** An ONNX model as it ships: itself. That the serving code answers as onnxruntime does is proved in a child process. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { withScratch } from '../python-child.ts';
import type { CompiledForm, Digest, Engine, Lock, Proof } from '../types.ts';
import { makeFolder, readJson } from '../whole-files.ts';
import { askChild, Lost, type Told } from './child.ts';
import { exponent } from './choose.ts';
import { toolsDigest } from './tools-digest.ts';

interface GraphFile {
  /** Absolute. */
  file: string;
  /** What it refers to: POSIX paths from its folder. */
  beside: string[];
  sha256: Digest;
  size: number;
}

interface GraphInput extends GraphFile {
  /** Of what lies beside it. */
  others: Digest[];
  /** A body as a client would post it; null where none was given. */
  sample: unknown;
  /** That was asked for. */
  engine: Engine | 'auto' | undefined;
  /** onnxruntime, laid down when it is asked for; or why it cannot be had here. */
  host: () => Promise<{ lock: Pick<Lock, 'digest' | 'interpreter'>; dependencies: string } | { why: string }>;
}

const OWN = 'it is an ONNX model';
const NOTHING: Proof = { probes: 0, refused: 0, alone: 0, rounded: 0, left: 0, largestDifference: 0 };

/** @throws COMPILE_REFUSED for the engine plain; COMPILE_UNOPENED where onnxruntime does not take the file */
export async function graphForm(ctx: Context, input: GraphInput): Promise<CompiledForm> {
  const { file, beside, sha256, size } = input;
  if (input.engine === 'plain') {
    throw new MlfnError('COMPILE_REFUSED', `${path.basename(file)} cannot be served by the engine plain: it is a graph, which onnxruntime evaluates.`, {
      hint: 'Leave --engine out.',
      details: { engine: input.engine },
    });
  }
  const form = { engine: 'onnx' as const, format: 'onnx' as const, file, beside, sha256, size, modules: [] };
  const host = await input.host();
  if ('why' in host) return { ...form, why: host.why, proof: NOTHING };
  const { compiled } = await toldOf(ctx, input, host);
  if (!compiled.ok) {
    throw new MlfnError('COMPILE_UNOPENED', `${path.basename(file)} cannot be served: ${compiled.reason}.`, {
      hint: 'Export it again for an operator set that this onnxruntime knows, or name another onnxruntime in a requirements.txt beside it.',
      details: { reason: compiled.reason },
    });
  }
  const { proof } = compiled;
  return { ...form, why: proof.probes === 0 ? OWN : `equal on ${proof.probes} probes (largest difference ${exponent(proof.largestDifference)}); ${OWN}`, proof };
}

/** Kept by what went into it. */
async function toldOf(ctx: Context, { file, sha256, others, sample }: GraphInput, { lock, dependencies }: { lock: Pick<Lock, 'digest' | 'interpreter'>; dependencies: string }): Promise<Told> {
  const asked = ['onnx file', sha256, others, lock.digest, sample, await toolsDigest()];
  const folder = path.join(ctx.home.cache, 'compiled', createHash('sha256').update(JSON.stringify(asked)).digest('hex'));
  await makeFolder(folder, async (temporary) => {
    ctx.emit({ type: 'progress', text: `opening ${path.basename(file)}, and proving that it answers alike` });
    const told = await withScratch(ctx, async (scratch) => {
      const requests = sample === null ? [] : [sample];
      const job = { engine: 'onnx' as const, artifact: { file, format: 'onnx' }, path: [dependencies], requests, out: path.join(scratch, 'unused') };
      return askChild(ctx, job, { interpreter: lock.interpreter, scratch }).catch(lost);
    });
    await writeFile(path.join(temporary, 'told.json'), JSON.stringify(told));
  });
  return (await readJson(path.join(folder, 'told.json'))) as Told;
}

function lost(error: unknown): never {
  if (!(error instanceof Lost)) throw error;
  throw new MlfnError('COMPILE_UNOPENED', `The model cannot be served: ${error.message}.`, { hint: 'Ask it in onnxruntime by hand; memory that runs out ends a process so.' });
}
