/** The formats of frameworks that are read, each told by its first bytes. */
import { onnx } from '../onnx/model.ts';
import { xgboostJson, xgboostUbj } from '../xgboost/model.ts';
import type { Reader } from './reader.ts';

const READERS: readonly Reader[] = [onnx, xgboostJson, xgboostUbj];

export function readerFor(head: Buffer): Reader | null {
  return READERS.find(({ recognise }) => recognise(head)) ?? null;
}
