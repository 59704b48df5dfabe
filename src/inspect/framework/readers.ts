/** The formats of frameworks that are read, each told by its first bytes. */
import type { FrameworkCard } from '../../card.ts';
import { catboost } from '../catboost/model.ts';
import { kerasH5 } from '../keras/h5.ts';
import { lightgbm } from '../lightgbm/model.ts';
import { onnx } from '../onnx/model.ts';
import { safetensors } from '../safetensors/file.ts';
import { torchOld } from '../torch/saved.ts';
import { xgboostJson, xgboostUbj } from '../xgboost/model.ts';
import { frameworkCard } from './card.ts';
import type { OpenFile, Reader } from './reader.ts';

const READERS: readonly Reader[] = [onnx, xgboostJson, xgboostUbj, lightgbm, catboost, kerasH5, safetensors, torchOld];

/** Null when it is none of these formats. */
export async function readerCard(model: OpenFile, head: Buffer): Promise<FrameworkCard | null> {
  const reader = READERS.find(({ recognise }) => recognise(head));
  return reader === undefined ? null : frameworkCard(model, reader.begins, (draft) => reader.read(model, draft));
}
