/** Which of the forms that were proved ships. */
import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { stat } from 'node:fs/promises';
import type { Form } from '../types.ts';
import type { Told } from './child.ts';

/** Below this a cold start weighs more than what a warm call could gain. Microseconds for one request. */
const QUICK_US = 5_000;

/** The plain form where it is proved, and quick or quicker than the model's own libraries. */
export async function choose({ native, plain }: Told, file: string): Promise<Form> {
  if (!plain.ok) return { engine: 'native', why: plain.reason };
  const { proof, modules, warmUs } = plain;
  const slower = warmUs !== null && native.warmUs !== null && warmUs > QUICK_US && warmUs > native.warmUs;
  if (slower) return { engine: 'native', why: `its own libraries answer the sample in ${milliseconds(native.warmUs)}, plain Python in ${milliseconds(warmUs)}` };
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const times = warmUs === null || native.warmUs === null ? '' : `, answers in ${milliseconds(warmUs)} instead of ${milliseconds(native.warmUs)}`;
  const why = `equal on ${proof.probes} probes (largest difference ${exponent(proof.largestDifference)})${times}`;
  return { engine: 'plain', why, file, sha256: hash.digest('hex'), size: (await stat(file)).size, modules, proof };
}

function milliseconds(us: number | null): string {
  return us === null ? '-' : `${(us / 1000).toPrecision(2)} ms`;
}

function exponent(difference: number): string {
  return difference === 0 ? '0' : difference.toExponential(1);
}
