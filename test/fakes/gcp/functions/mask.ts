/** What an update mask of a function takes from the one that is given. */
import { invalid } from '../status.ts';
import type { Fn } from './messages.ts';

const FIELDS = new Set(['name', 'description', 'build_config', 'service_config', 'event_trigger', 'labels', 'environment', 'kms_key_name']);

/** An empty mask names everything. Paths are as in the proto: `service_config.available_memory`. */
export function masked(current: Fn, given: Fn, paths: string[]): Fn {
  if (paths.length === 0 || paths.includes('*')) return { ...given, name: current.name };
  const merged = structuredClone(current) as unknown as Record<string, unknown>;
  for (const path of paths) {
    const parts = path.split('.');
    if (!FIELDS.has(parts[0] as string) || /[A-Z]/.test(path)) throw invalid('update_mask', `Invalid field mask path '${path}'.`);
    copy(merged, given as unknown as Record<string, unknown>, parts.map((part) => part.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())));
  }
  return merged as unknown as Fn;
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
