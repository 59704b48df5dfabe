/** Update masks: paths as the proto has them, `service_config.available_memory`. Source: google/protobuf/field_mask.proto */
import { invalid } from './status.ts';

/**
 * The current message with what the mask names taken from the given one; an empty mask names everything.
 * @param fields what a mask may name, and how the loader calls it
 */
export function masked<T extends { name: string }>(current: T, given: T, paths: string[], fields: Record<string, string>): T {
  if (paths.length === 0 || paths.includes('*')) return { ...given, name: current.name };
  const merged = structuredClone(current) as Record<string, unknown>;
  for (const path of paths) {
    const [first = '', ...rest] = path.split('.');
    const key = fields[first];
    if (key === undefined || /[A-Z]/.test(path)) throw invalid('update_mask', `Invalid field mask path '${path}'.`);
    copy(merged, given as Record<string, unknown>, [key, ...rest.map(camel)]);
  }
  return merged as T;
}

function copy(into: Record<string, unknown>, from: Record<string, unknown>, [key = '', ...rest]: string[]): void {
  if (rest.length === 0) {
    if (from[key] === undefined) delete into[key];
    else into[key] = from[key];
    return;
  }
  into[key] ??= {};
  copy(into[key] as Record<string, unknown>, (from[key] ?? {}) as Record<string, unknown>, rest);
}

function camel(part: string): string {
  return part.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
