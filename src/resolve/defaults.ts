/** Versions for files that name none: what this mlfn was tested with, for each Python that there are wheels for. */
import type { ModelCard } from '../card.ts';
import { normalize } from './requirements.ts';

export interface Default {
  name: string;
  /** Lines of a constraints file, with markers (PEP 508). */
  constraints: string[];
}

/** Of 2026-11: the same onnxruntime as proves and serves compiled graphs. */
const TESTED: Record<string, string[]> = {
  lightgbm: ['lightgbm==4.7.0'],
  onnxruntime: ["onnxruntime==1.31.1; python_version >= '3.11'", "onnxruntime==1.23.2; python_version == '3.10'", "onnxruntime==1.19.2; python_version == '3.9'"],
};

/** @returns null where the file names its version, or is no format that has one of its own */
export function defaultOf(card: ModelCard): Default | null {
  if (card.kind !== 'framework' || card.framework.version !== null || card.distributions.length === 0) return null;
  const name = normalize(card.framework.name);
  const constraints = TESTED[name];
  return constraints === undefined ? null : { name, constraints };
}
