/** The serving code that goes with a package. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../events.ts';
import type { Entry } from '../types.ts';
import { hashFile } from './hash.ts';
import { templatesFolder } from './templates.ts';

/** Who calls the package: Lambda's runtime client, or a server of HTTP that is part of it. */
export type Caller = 'lambda' | 'http';

/** What only servers of HTTP, and where they run, have a use for: on Lambda each kilobyte is sent with each changed model. */
const HTTP_ONLY = new Set(['main.py', ...['cloud_log', 'framework', 'launch', 'server', 'store_gs', 'web'].map((name) => `mlfn_serve/${name}.py`)]);

export async function servingCode(ctx: Context, caller: Caller): Promise<Entry[]> {
  const folder = path.join(templatesFolder(), 'python');
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = found.filter((each) => each.isFile()).map((each) => path.relative(folder, path.join(each.parentPath, each.name)).split(path.sep).join('/'));
  const shipped = names.filter((name) => !/(^|\/)(__pycache__\/|\.)|\.pyc$/.test(name) && !name.startsWith('mlfn_serve/plain/') && !(caller === 'lambda' && HTTP_ONLY.has(name)));
  return Promise.all(
    shipped.map(async (name) => {
      const file = path.join(folder, ...name.split('/'));
      const { sha256, size } = await hashFile(ctx, file);
      return { path: name, mode: 0o644 as const, sha256, size, source: { file } };
    }),
  );
}
