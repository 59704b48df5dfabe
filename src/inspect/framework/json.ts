/** JSON of a size that can be held: what it is, is found out member by member. */
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
