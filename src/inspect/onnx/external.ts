/** Tensors that lie beside the model: only ever inside its folder, as onnxruntime holds it since 1.17. */
import path from 'node:path';
import { fileInside } from '../framework/inside.ts';
import type { Draft, OpenFile } from '../framework/reader.ts';
import { refuse } from '../framework/reader.ts';
import type { ExternalData } from './graph.ts';

export async function checkExternal({ path: model }: OpenFile, external: readonly ExternalData[], draft: Draft): Promise<void> {
  const folder = path.dirname(model);
  for (const location of new Set(external.map((each) => each.location))) {
    const found = await fileInside(folder, location);
    const shown = JSON.stringify(location.slice(0, 200));
    if (found.kind === 'outside') {
      refuse(draft, 'external-data-outside', `Numbers of the model are to be read from ${shown}, which ${found.why}.`, 'Save it again with onnx.save_model(model, path, save_as_external_data=True, location="weights.bin").');
    } else if (found.kind !== 'file') {
      refuse(draft, 'missing-file', `Numbers of the model lie in ${shown}, which is not there.`, 'Put it beside the model: the two belong together.');
    } else {
      draft.files.push(found.path);
      const past = external.find((each) => each.location === location && each.offset + (each.length ?? 0) > found.size);
      if (past !== undefined) refuse(draft, 'truncated', `${location} has ${found.size} bytes; the model wants those to ${past.offset + (past.length ?? 0)}.`, 'Copy it again: it was cut off.');
    }
  }
}
