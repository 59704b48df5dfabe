/** Where a function's large answers go, on this machine. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RuntimeSettings } from '../../live.ts';

/** Null where it may write none. The same folder as templates/python/mlfn_serve/data/places.py finds. */
export function answersFolder({ data }: RuntimeSettings): string | null {
  const { write, folders = {} } = data ?? {};
  if (write === undefined) return null;
  if (write.startsWith('file:')) return fileURLToPath(write);
  const [, bucket = '', prefix = ''] = /^\w+:\/\/([^/]+)\/?(.*)$/s.exec(write) ?? [];
  const folder = folders[bucket];
  return folder === undefined ? null : path.join(fileURLToPath(folder), ...prefix.split('/'));
}
