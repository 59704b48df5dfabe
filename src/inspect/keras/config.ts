/** A Keras configuration as JSON: objects are `{class_name, config, module?, registered_name?}`, layers among them. */
import { Malformed } from '../bytes/malformed.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function memberOf(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

export function textIn(value: Json | undefined, key: string): string | null {
  const found = memberOf(value, key);
  return typeof found === 'string' ? found : null;
}

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

/** @throws Malformed */
export function parseConfig(text: string, what: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new Malformed('corrupt', `${what} is no JSON.`);
  }
  if (!isObject(value)) throw new Malformed('corrupt', `${what} is no configuration of a model.`);
  return value;
}
