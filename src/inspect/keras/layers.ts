/** The layers of a Keras configuration: objects are `{class_name, config, module?, registered_name?}`. */
import { isObject, type JsonObject, memberOf, textIn } from '../framework/json.ts';

export interface Layer {
  class: string;
  name: string;
  config: JsonObject;
  /** The whole object, as the file has it. */
  whole: JsonObject;
}

/** Of a Sequential or Functional model, in its order. */
export function layersOf(model: JsonObject): Layer[] {
  const config = memberOf(model, 'config');
  // The first Keras 2 wrote a Sequential as the list of its layers.
  const layers = Array.isArray(config) ? config : memberOf(config, 'layers');
  return (Array.isArray(layers) ? layers : []).filter(isObject).map((whole) => {
    const own = memberOf(whole, 'config');
    return {
      class: textIn(whole, 'class_name') ?? '?',
      name: textIn(own, 'name') ?? textIn(whole, 'name') ?? '?',
      config: isObject(own) ? own : {},
      whole,
    };
  });
}
