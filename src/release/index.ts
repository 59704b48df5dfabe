/**
 * Turns what was bundled into a release draft: the facts of a release that are known before it is published.
 */
import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { x } from 'tinyexec';
import type { Context } from '../events.ts';
import type { Provider, ReleaseDraft } from '../providers/provider.ts';
import type { ModelCard } from '../card.ts';
import type { Release, ReleaseImage, RuntimeSettings } from '../live.ts';
import type { Bundle, Digest, Form, Lock } from '../types.ts';

export async function draftRelease(
  ctx: Context,
  name: string,
  made: { card: ModelCard; form: Form; lock: Lock; bundle: Bundle; settings: RuntimeSettings; image: ReleaseImage | null },
  target: Pick<Provider<unknown>, 'settings'> & { targetSettings: Record<string, unknown> },
): Promise<ReleaseDraft> {
  const { card, form, lock, bundle, settings } = made;
  const image = made.image === null ? {} : { image: made.image };
  const { targetSettings } = target;
  const artifacts = {
    dependencies: bundle.dependencies.digest,
    function: bundle.function.digest,
    ...(bundle.fetched === null ? {} : { model: bundle.fetched.sha256 }),
  };
  const sizes = {
    dependencies: bundle.dependencies.size,
    function: bundle.function.size,
    ...(bundle.fetched === null ? {} : { model: bundle.fetched.size }),
  };
  return {
    schema: 1,
    function: name,
    digest: releaseDigest({ artifacts, lock, settings, targetSettings, ...image }, target.settings),
    artifacts,
    sizes,
    model: {
      file: path.basename(card.path),
      size: card.size,
      digest: bundle.modelDigest,
      framework: frameworkOf(card),
      format: card.kind === 'python' ? null : card.format,
    },
    lock: { digest: lock.digest, python: lock.python, source: lock.source },
    ...image,
    engine: form.engine,
    ...(form.engine === 'native' ? {} : { proof: form.proof }),
    settings,
    targetSettings,
    by: userName(ctx),
    commit: await gitCommit(ctx, path.dirname(card.path)),
  };
}

/** The same package under other settings: what would be a release of its own. */
export function redraft(release: Release, settings: RuntimeSettings, { settings: counted }: Pick<Provider<unknown>, 'settings'>): ReleaseDraft {
  const { number: _n, createdAt: _c, sample: _s, verification: _v, ...draft } = release;
  return { ...draft, settings, digest: releaseDigest({ ...draft, settings }, counted) };
}

function releaseDigest(
  { artifacts, lock, settings, targetSettings, image }: Pick<ReleaseDraft, 'artifacts' | 'settings' | 'targetSettings' | 'image'> & { lock: { python: string } },
  counted: readonly (keyof RuntimeSettings)[],
): Digest {
  // One that is newer than others counts where it is given: a digest does not change with the version of mlfn.
  const told = [...counted].filter((key) => key !== 'data' || settings.data !== undefined).sort();
  return digestOf([artifacts, lock.python, told.map((key) => [key, settings[key]]), targetSettings, ...(image === undefined ? [] : [image.base.digest])]);
}

/** SHA-256 over what a target runs, keys sorted; not over zip bytes, which differ between versions of zlib. */
function digestOf(value: unknown): Digest {
  return createHash('sha256').update(JSON.stringify(value, withSortedKeys)).digest('hex');
}

function withSortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function frameworkOf(card: ModelCard): string | null {
  if (card.kind === 'python' || card.framework === null) return null;
  return card.framework.version === null ? card.framework.name : `${card.framework.name} ${card.framework.version}`;
}

export function userName(ctx: Context): string {
  try {
    return os.userInfo().username;
  } catch {
    // A container's user id without a passwd entry has no name.
    return ctx.env['USER'] ?? ctx.env['USERNAME'] ?? 'unknown';
  }
}

/** The commit that the model's folder is at, with `+changes` when it differs; null outside git. */
export async function gitCommit(ctx: Context, folder: string): Promise<string | null> {
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
