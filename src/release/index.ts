/**
 * Turns what was bundled into a release draft: the facts of a release that are known before it is published.
 */
import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { x } from 'tinyexec';
import type { Context } from '../events.ts';
import type { ReleaseDraft } from '../providers/provider.ts';
import type { Bundle, Digest, Lock, ModelCard, RuntimeSettings } from '../types.ts';

export async function draftRelease(
  ctx: Context,
  name: string,
  made: { card: ModelCard; lock: Lock; bundle: Bundle; settings: RuntimeSettings },
): Promise<ReleaseDraft> {
  const { card, lock, bundle, settings } = made;
  const artifacts = { dependencies: bundle.dependencies.digest, function: bundle.function.digest };
  return {
    schema: 1,
    function: name,
    digest: releaseDigest(artifacts, lock.python, settings),
    artifacts,
    model: {
      file: path.basename(card.path),
      size: card.size,
      digest: bundle.modelDigest,
      framework: frameworkOf(card),
    },
    lock: { digest: lock.digest, python: lock.python, source: lock.source },
    engine: 'native',
    settings,
    by: userName(ctx),
    commit: await gitCommit(ctx, path.dirname(card.path)),
  };
}

/** SHA-256 over what a target runs; not over zip bytes, which differ between versions of zlib. */
function releaseDigest(artifacts: ReleaseDraft['artifacts'], python: string, settings: RuntimeSettings): Digest {
  const env = Object.entries(settings.env).sort(([a], [b]) => (a < b ? -1 : 1));
  const { memory, timeout, concurrency, idle } = settings;
  const rows = [artifacts.dependencies, artifacts.function, python, memory, timeout, concurrency, idle, env];
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
}

function frameworkOf(card: ModelCard): string | null {
  if (card.kind !== 'model' || card.framework === null) return null;
  return card.framework.version === null ? card.framework.name : `${card.framework.name} ${card.framework.version}`;
}

function userName(ctx: Context): string {
  try {
    return os.userInfo().username;
  } catch {
    // A container's user id without a passwd entry has no name.
    return ctx.env['USER'] ?? ctx.env['USERNAME'] ?? 'unknown';
  }
}

/** The commit that the model's folder is at, with `+changes` when it differs; null outside git. */
async function gitCommit(ctx: Context, folder: string): Promise<string | null> {
  const git = (args: string[]) =>
    x('git', args, { signal: ctx.signal, nodeOptions: { cwd: folder, env: { ...ctx.env, GIT_OPTIONAL_LOCKS: '0' } } });
  try {
    const head = await git(['rev-parse', '--short=12', 'HEAD']);
    if (head.exitCode !== 0) return null;
    const status = await git(['status', '--porcelain', '--untracked-files=no', '--', '.']);
    return head.stdout.trim() + (status.stdout.trim() === '' ? '' : '+changes');
  } catch {
    return null; // no git on this machine
  }
}
