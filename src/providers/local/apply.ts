/** The steps of a plan, done. Each can be repeated after a kill; what a killed one left is swept by the next. */
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import { sizeText } from '../../size-text.ts';
import type { Artifact, Part } from '../../types.ts';
import type { Done, ReleaseDraft, Step, Supplies } from '../provider.ts';
import type { LocalConfig } from './config.ts';
import { keepClient } from './clients.ts';
import { callDaemon, ensureDaemon, tellDaemon } from './daemon-client.ts';
import { isErrno } from './files.ts';
import { functionFolder, layoutOf, type Layout } from './layout.ts';
import { keepFirst } from './models.ts';
import { collect, endLease, lease, storeObject } from './objects.ts';
import { adopt, createRelease, isAbandoned, readLive, readRelease, readReleases, releaseFolder, removeWhole, sweepFunction, sweepMarked, writeVerified, type Stored } from './records.ts';

export async function apply(ctx: Context, config: LocalConfig, step: Step, done: Done): Promise<Done> {
  const layout = layoutOf(ctx.home.local);
  try {
    switch (step.kind) {
      case 'store':
        if (step.part === 'model' || step.part === 'image') return done; // A model lies in its release's folder, and images are not run here.
        await store(ctx, layout, done.name, suppliesOf(done), step.part);
        return done;
      case 'publish':
        return { ...done, candidate: { number: await publish(ctx, layout, step.draft, suppliesOf(done)) } };
      case 'ensure': // Nothing here is made before a release.
      case 'verify': // The pipeline's own, through `invoke`.
        return done;
      case 'switch':
        await switchTo(ctx, config, layout, step.number, done);
        return done;
      case 'prune':
        await prune(ctx, layout, done.name, step.keep);
        return done;
      case 'remove':
        await remove(ctx, layout, step.name);
        return done;
    }
  } catch (error) {
    if (!isErrno(error, 'ENOSPC') && !isErrno(error, 'EDQUOT')) throw error;
    throw new MlfnError('LOCAL_DISK_FULL', `There is no room left on the disk of ${layout.root}.`, {
      hint: 'Make room there, or set MLFN_HOME to a folder on another disk; then run the command again.',
      cause: error,
    });
  }
}

async function store(ctx: Context, layout: Layout, name: string, supplies: Supplies, part: Part): Promise<void> {
  const artifact = supplies.bundle[part];
  await lease(layout, name, [artifact.digest]);
  const made = await storeObject(layout, artifact, supplies.writeTree);
  const short = artifact.digest.slice(0, 8);
  ctx.emit({ type: 'fact', label: 'stored', text: `${part} ${short}  ${sizeText(artifact.size)}${made ? '' : '  was there'}` });
}

async function publish(ctx: Context, layout: Layout, draft: ReleaseDraft, supplies: Supplies): Promise<number> {
  const name = draft.function;
  const folder = functionFolder(layout, name);
  const { bundle } = supplies;
  const own = await supplies.host();
  const host = { ...own, runtimeClient: await keepClient(layout, own.runtimeClient) };
  if (host.runtimeClient === null) {
    const text = 'awslambdaric has no wheel for this machine: the worker runs mlfn’s own Lambda runtime client';
    ctx.emit({ type: 'warning', text, hint: 'Answers are the same; test on the real runtime before you rely on its limits.' });
  }
  // Stored again if they are gone: a repeated deploy mends a folder that was damaged by hand.
  const artifacts: Artifact[] = [bundle.dependencies, bundle.function];
  await lease(layout, name, artifacts.map((artifact) => artifact.digest));
  for (const artifact of artifacts) await storeObject(layout, artifact, supplies.writeTree);

  const resumed = await findAbandoned(await readReleases(folder), draft);
  await sweepFunction(layout, name, resumed?.record.number ?? (await readLive(folder))?.number ?? null);
  if (resumed !== null) {
    // Its workers may be of a package that was mended since.
    await tellDaemon(layout, 'DELETE', `functions/${name}/releases/${resumed.record.number}`);
    await adopt(resumed, host);
  }
  const number = resumed?.record.number ?? (await createRelease(folder, draft, host));
  if (bundle.fetched !== null) await keepFirst(layout, { function: name, number }, draft, bundle.fetched.file);
  await endLease(layout, name);
  return number;
}

async function findAbandoned(stored: Stored[], draft: ReleaseDraft): Promise<Stored | null> {
  for (const each of stored) {
    if (each.verified === null && each.record.digest === draft.digest && (await isAbandoned(each))) return each;
  }
  return null;
}

async function switchTo(ctx: Context, config: LocalConfig, layout: Layout, wanted: number | null, done: Done): Promise<void> {
  const number = wanted ?? done.candidate?.number;
  const folder = functionFolder(layout, done.name);
  const stored = number === undefined ? null : await readRelease(folder, number);
  if (stored === null) {
    throw new MlfnError('RELEASE_UNKNOWN', `There is no release ${number ?? '?'} of ${done.name}.`, {
      hint: 'Another command may have removed it: see `mlfn releases`.',
    });
  }
  if (stored.verified === null) {
    if (done.verification === undefined) throw new Error('a candidate must be verified before it is live');
    await writeVerified(stored, { verification: done.verification, sample: done.sample ?? null });
  }
  const daemon = await ensureDaemon(ctx, config);
  // Not ended by Ctrl-C in the middle: it is one call, and its outcome is to be known.
  const reply = await callDaemon(daemon, 'POST', `functions/${done.name}/live/${stored.record.number}`);
  if (reply.status === 200) return;
  const answer = JSON.parse(reply.body.toString()) as { detail?: string };
  throw new MlfnError('LOCAL_SWITCH_FAILED', `Release ${stored.record.number} could not be made live: ${answer.detail ?? ''}`, {
    hint: `See \`mlfn logs ${done.name}\`; the release that was live still is.`,
    details: { status: reply.status },
  });
}

/** Keeps the newest and the live one. */
async function prune(ctx: Context, layout: Layout, name: string, keep: number): Promise<void> {
  const folder = functionFolder(layout, name);
  const live = (await readLive(folder))?.number;
  const verified = (await readReleases(folder)).filter((each) => each.verified !== null);
  for (const old of verified.slice(0, -keep).filter((each) => each.record.number !== live)) {
    ctx.signal.throwIfAborted();
    await tellDaemon(layout, 'DELETE', `functions/${name}/releases/${old.record.number}`);
    await removeWhole(old.folder);
  }
  await collect(layout);
}

async function remove(ctx: Context, layout: Layout, name: string): Promise<void> {
  await tellDaemon(layout, 'DELETE', `functions/${name}`);
  ctx.signal.throwIfAborted();
  await removeWhole(functionFolder(layout, name).root);
  await sweepMarked(layout.functions);
  await collect(layout);
}

/** The candidate's workers, record and objects. */
export async function discard(ctx: Context, done: Done): Promise<void> {
  const layout = layoutOf(ctx.home.local);
  if (done.candidate !== undefined) {
    const folder = functionFolder(layout, done.name);
    const { number } = done.candidate;
    if ((await readLive(folder))?.number === number) return;
    await tellDaemon(layout, 'DELETE', `functions/${done.name}/releases/${number}`);
    await removeWhole(releaseFolder(folder, number));
    if ((await readReleases(folder)).length === 0) await removeWhole(folder.root);
  }
  await endLease(layout, done.name);
  await collect(layout);
}

function suppliesOf(done: Done): Supplies {
  if (done.supplies === undefined) throw new Error('a plan that publishes needs supplies');
  return done.supplies;
}
