/** uv.lock is read by uv itself: its format is uv's own. */
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { openSession, plain } from './compile.ts';
import type { Python } from './interpreters.ts';
import { addRequirement, emptyFile, type RequirementsFile } from './requirements.ts';
import { run } from './run.ts';

/** The main dependencies of the project, pinned; its development groups and the project itself are left out. */
export async function readUvLock(ctx: Context, file: string, python: Python): Promise<RequirementsFile> {
  const session = await openSession(ctx);
  const args = ['export', '--project', path.dirname(file), '--frozen', '--offline', '--no-dev', '--no-emit-project'];
  args.push('--format', 'requirements.txt', '--no-header', '--no-annotate', '--quiet', '--python', python.path);
  const ran = await run(ctx, session.uv, args, { env: session.env });
  if (ran.code !== 0) {
    throw new MlfnError('RESOLVE_REQUIREMENTS_UNREADABLE', `uv.lock cannot be used: ${plain(ran.stderr)}`, {
      hint: 'Run `uv lock` in its folder, or name another file with --requirements.',
    });
  }
  const found = emptyFile('uv.lock', 'lockfile');
  const lines = ran.stdout.replace(/\\\r?\n/g, ' ').split(/\r?\n/);
  for (const line of lines) if (line.trim() !== '') addRequirement(found, line.trim(), 'uv.lock');
  return found;
}
