/** A Keras configuration as a card, whichever file it was in. */
import { type Draft, refuse, warn } from '../framework/reader.ts';
import { type JsonObject, textIn } from '../framework/json.ts';
import { layersOf } from './layers.ts';
import { judgeConfig } from './judge.ts';
import { portsOf } from './ports.ts';

const EXPORT = "Export it without its Python classes: model.export('FOLDER').";

export function describe(model: JsonObject, draft: Draft): void {
  const layers = layersOf(model).filter((layer) => layer.class !== 'InputLayer');
  const shown = layers.slice(0, 8).map((layer) => layer.class).join(' > ');
  draft.model = `${textIn(model, 'class_name') ?? 'unknown'}: ${shown}${layers.length > 8 ? ` and ${layers.length - 8} more layers` : ''}`;
  Object.assign(draft, portsOf(model));
  const [input] = draft.inputs;
  if (draft.inputs.length === 1 && input?.shape?.length === 2) draft.featureCount = input.shape[1] ?? null;
  const { executes, custom } = judgeConfig(model);
  for (const [what, why] of executes) refuse(draft, 'executes-code', `${what} ${why}.`, 'Replace it by layers of Keras, or deploy a function that loads the model: FILE.py:function.');
  for (const name of custom) warn(draft, 'custom-object', `It needs ${name}, which is not of Keras and not in the file.`, EXPORT);
}
