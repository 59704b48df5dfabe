/** Which of the forms that were proved ships. */
import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { stat } from 'node:fs/promises';
import type { CompiledForm, Engine, Form } from '../types.ts';
import type { Told, Tried } from './child.ts';

/** Below this a cold start weighs more than what a warm call could gain. Microseconds for one request. */
const QUICK_US = 5_000;
/** How much quicker the next engine must be: onnxruntime and NumPy are 82 MB and half a second of a start, its own libraries twice that and more. */
const WORTH = 2;
/** And by so many microseconds: the machine may be busy, and a batch that takes a little longer is not worth a longer start. */
const WORTH_US = 20_000;

/** One engine's outcome, with the file that it wrote. */
export interface Outcome extends Told {
  file: string;
}

type Proved = Extract<Tried, { ok: true }>;

/** Whether nothing else need be tried: proved, and as quick as a start is. */
export function isPlainEnough({ compiled }: Told): boolean {
  return compiled.ok && quick(compiled.warmUs);
}

/** The engine that was asked for by name where it is proved, else the leanest that is quick, or not much slower than what is next. */
export async function choose(engine: Engine | 'auto', plain: Outcome | null, onnx: Outcome | null): Promise<Form> {
  const native = (onnx ?? plain)?.native.warmUs ?? null;
  const lean = plain !== null && plain.compiled.ok ? plain.compiled : null;
  const graph = onnx !== null && onnx.compiled.ok ? onnx.compiled : null;
  const asked = (engine === 'plain' && lean !== null) || (engine === 'onnx' && graph !== null);
  const best = asked ? engine : leanest(lean, graph, native);
  if (best === 'plain' && plain !== null && lean !== null) return formOf('plain', plain.file, lean, null, native);
  if (best === 'onnx' && onnx !== null && graph !== null) return formOf('onnx', onnx.file, graph, lean === null ? reasonOf(plain) : `plain Python takes ${milliseconds(lean.warmUs)}`, native);
  const slower = [lean === null ? null : `plain Python in ${milliseconds(lean.warmUs)}`, graph === null ? null : `onnxruntime in ${milliseconds(graph.warmUs)}`].filter((part) => part !== null);
  const reasons = [reasonOf(plain), reasonOf(onnx)].filter((reason) => reason !== null);
  const answers = slower.length === 0 ? [] : [`its own libraries answer the sample in ${milliseconds(native)}, ${slower.join(', ')}`];
  return { engine: 'native', why: [...new Set([...answers, ...reasons])].join('; ') };
}

function quick(us: number | null): boolean {
  return us === null || us <= QUICK_US;
}

function leanest(plain: Proved | null, onnx: Proved | null, native: number | null): 'plain' | 'onnx' | 'native' {
  const bears = ({ warmUs }: Proved) => quick(warmUs) || !worth(warmUs, native);
  if (plain !== null && quick(plain.warmUs)) return 'plain';
  if (onnx !== null && bears(onnx) && (plain === null || worth(plain.warmUs, onnx.warmUs))) return 'onnx';
  return plain !== null && bears(plain) ? 'plain' : 'native';
}

/** Whether what takes so long is to make way for what takes that long. */
function worth(slow: number | null, quicker: number | null): boolean {
  return slow !== null && quicker !== null && quicker * WORTH < slow && slow - quicker > WORTH_US;
}

function reasonOf(outcome: Outcome | null): string | null {
  return outcome === null || outcome.compiled.ok ? null : outcome.compiled.reason;
}

/** @param before why nothing leaner ships; null where nothing is */
async function formOf(engine: CompiledForm['engine'], file: string, { proof, modules, warmUs }: Proved, before: string | null, native: number | null): Promise<CompiledForm> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const times = warmUs === null || native === null ? '' : `, answers in ${milliseconds(warmUs)} instead of ${milliseconds(native)}`;
  const equal = `equal on ${proof.probes} probes (largest difference ${exponent(proof.largestDifference)})${times}`;
  return { engine, format: 'plain', why: before === null ? equal : `${equal}; ${before}`, file, sha256: hash.digest('hex'), size: (await stat(file)).size, modules, proof };
}

function milliseconds(us: number | null): string {
  return us === null ? '-' : `${Number((us / 1000).toPrecision(2))} ms`;
}

export function exponent(difference: number): string {
  return difference === 0 ? '0' : difference.toExponential(1);
}
