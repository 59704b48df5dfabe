/**
 * Another model for the release that is live, without another release: sent beside the first, answering nobody but the check
 * until its answers were those of the model itself, then served by each worker as soon as it looks. The package, its
 * dependencies and its settings stay.
 */
import { oneZip } from '../bundle/index.ts';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { checkFact, sentFact } from '../facts.ts';
import { observeKnown, openTarget, type Target } from '../providers/index.ts';
import { newNonce } from '../providers/models.ts';
import type { ModelStore } from '../providers/provider.ts';
import { userName } from '../release/index.ts';
import type { Live, ModelPointer, PointedModel, Release, ReleaseImage } from '../live.ts';
import { checkMade } from './check.ts';
import { packedAs } from './forms.ts';
import type { BuildRequest, Made } from './make.ts';
import type { FunctionRequest } from './outcome.ts';

/** Read by templates/python/mlfn_serve/reload.py. */
const HEADER = 'x-mlfn-reload';

export interface ReloadRequest extends FunctionRequest, Pick<BuildRequest, 'code' | 'hooks' | 'requirements' | 'python' | 'trust'> {
  /** Absolute path. Absent: a worker is only told to look now. */
  model?: string;
  /** Back to the model that was served before. */
  undo: boolean;
}

export interface Reloaded {
  name: string;
  target: string;
  status: 'reloaded' | 'unchanged' | 'planned';
  release: number;
  model: PointedModel;
  before: PointedModel;
  /** Seconds within which every worker serves it; null: the worker that was asked does, others when they are. */
  within: number | null;
}

/** What of the target a reload is about. */
interface Place {
  ctx: Context;
  target: Target;
  live: Live;
  release: Release;
  store: ModelStore;
}

export async function reload(ctx: Context, request: ReloadRequest): Promise<Reloaded> {
  const target = await openTarget(request.target, request.targetConfig);
  const live = await observeKnown(ctx, target, request.name);
  const { place, pointer } = await placeOf(ctx, target, live);
  const made = request.model === undefined ? null : await makeFor(place, request, request.model);
  const model = made === null ? back(place, pointer, request.undo) : pointed(ctx, made);
  const changed = model.sha256 !== pointer.sha256;
  const told = { name: live.name, target: request.target, release: place.release.number, model, before: plain(pointer) };
  const within = place.release.settings.reload || null;
  if (request.dryRun) return { ...told, status: 'planned', within };
  const offered = made !== null && changed ? await check(place, made, pointer, model) : pointer;
  const named = changed ? { ...pointer, ...model, before: plain(pointer) } : pointer;
  const now = await repoint(place, { ...named, next: null }, offered);
  await take(place, now);
  return { ...told, status: changed ? 'reloaded' : 'unchanged', within };
}

/** The model that the live release was told to serve; null where it only has its own. */
export async function servedNow(ctx: Context, { provider, config }: Target, live: Live): Promise<PointedModel | null> {
  const release = live.releases.find(({ number }) => number === live.live);
  if (release?.settings.reload === undefined) return null;
  const store = await provider.models?.(ctx, config, live.name);
  const found = await store?.read(release.number);
  return found ? plain(found.pointer) : null;
}

/** @throws RELOAD_OFF */
async function placeOf(ctx: Context, target: Target, live: Live): Promise<{ place: Place; pointer: ModelPointer }> {
  const release = live.releases.find(({ number }) => number === live.live);
  const store = await target.provider.models?.(ctx, target.config, live.name);
  const pointer = release === undefined ? undefined : await store?.read(release.number);
  if (release !== undefined && store !== undefined && pointer) return { place: { ctx, target, live, release, store }, pointer: pointer.pointer };
  throw new MlfnError('RELOAD_OFF', `Release ${live.live ?? '-'} of ${live.name} serves the model that it was made with.`, {
    hint: 'Deploy it with --reload 5m (or `reload: 5m` in mlfn.yaml) to change the model without a release.',
  });
}

/** The package that a deploy would make: all of it but the model must be what the release has. @throws RELOAD_NEEDS_DEPLOY */
async function makeFor({ ctx, target, release }: Place, request: ReloadRequest, model: string): Promise<Made> {
  const { image } = release;
  const engine = release.engine === 'native' ? release.engine : undefined;
  const asked = { ...request, model, engine, pointed: true, settings: release.settings, ...(image === undefined ? {} : { base: pinned(image.base) }) };
  const made = await packedAs(ctx, target, image === undefined ? 'zip' : 'image', asked);
  if (made === null) throw new Error('the only form that is tried is packed or refused');
  made.close();
  // In one zip or in two: that was decided when the release was made.
  const whole = [made.bundle, oneZip(made.bundle)].find(({ dependencies }) => dependencies.digest === release.artifacts.dependencies);
  if (whole?.function.digest === release.artifacts.function) return made;
  const other = made.lock.digest === release.lock.digest ? 'code' : 'packages';
  throw new MlfnError('RELOAD_NEEDS_DEPLOY', `${model} needs other ${other} than release ${release.number} of ${request.name} has.`, {
    hint: `Make a release of it: mlfn deploy ${model} --name ${request.name}.`,
    details: { release: release.number, other },
  });
}

/** As it was when the release was made: what its tag names may be another since. A layout on the disk has to be there still. */
function pinned({ name, digest }: ReleaseImage['base']): string {
  return name.startsWith('oci:') ? name : `${name.replace(/(:[^/:@]+)?(@.*)?$/, '')}@${digest}`;
}

function pointed(ctx: Context, { card, bundle }: Made): PointedModel {
  const { fetched } = bundle;
  if (fetched === null || card.kind === 'python') throw new Error('a package that is pointed has its model apart');
  const file = card.path.split(/[\\/]/).at(-1) ?? '';
  return { sha256: fetched.sha256, size: fetched.size, file, format: card.format, at: new Date().toISOString(), by: userName(ctx) };
}

/** @throws RELOAD_NO_BEFORE */
function back({ release, live }: Place, pointer: ModelPointer, undo: boolean): PointedModel {
  if (!undo) return plain(pointer);
  if (pointer.before !== null) return plain(pointer.before);
  throw new MlfnError('RELOAD_NO_BEFORE', `Release ${release.number} of ${live.name} has served no other model before.`, {
    hint: `Give one with --model, or go back a release with \`mlfn rollback ${live.name}\`.`,
  });
}

/** Its answers at the endpoint, to the calls that name the nonce, against the model's own. */
async function check(place: Place, made: Made, pointer: ModelPointer, model: PointedModel): Promise<ModelPointer> {
  const { ctx, store, release } = place;
  const file = made.bundle.fetched!;
  ctx.emit(sentFact('model', model.sha256, await store.send(file)));
  const sample = release.sample?.requests[0] ?? null;
  let offered: ModelPointer | undefined;
  try {
    const { verification } = await checkMade(ctx, { ...made, sample, env: release.settings.env }, async (call) => {
      // Only now: the model itself has answered the sample.
      offered ??= await repoint(place, { ...pointer, next: model }, pointer);
      return ask(place, offered.nonce, call);
    });
    ctx.emit(checkFact(release.number, verification));
    return offered ?? pointer;
  } catch (error) {
    // Somebody else's offer takes the place of ours, and then others' answers were compared with our model's.
    if (offered !== undefined) await repoint(place, { ...pointer, next: null }, offered);
    throw error;
  }
}

/** Under a new nonce. @throws RELOAD_OVERTAKEN when another hand has changed it since it was `known` */
async function repoint({ store, release, live }: Place, wanted: ModelPointer, known: ModelPointer): Promise<ModelPointer> {
  const found = await store.read(release.number);
  const next = { ...wanted, nonce: newNonce() };
  if (found?.pointer.nonce === known.nonce && (await store.write(release.number, next, found.tag))) return next;
  throw new MlfnError('RELOAD_OVERTAKEN', `Somebody else has changed the model of ${live.name} at the same moment; theirs stays.`, {
    hint: 'Run it again to have yours.',
  });
}

/** The worker that answers serves it from now on. @throws RELOAD_NOT_ANSWERING */
async function take(place: Place, { nonce, sha256 }: ModelPointer): Promise<void> {
  const { status, body } = await ask(place, nonce, { method: 'GET', path: '/healthz', headers: {}, body: null });
  const text = Buffer.from(body).toString('utf8');
  if (status === 200 && text.includes(sha256.slice(0, 16))) return;
  throw new MlfnError('RELOAD_NOT_ANSWERING', `The endpoint of ${place.live.name} does not serve the model that was named: ${text.slice(0, 200)}`, {
    hint: `See \`mlfn logs ${place.live.name}\`; \`mlfn reload ${place.live.name} --undo\` names the model before.`,
    details: { status },
  });
}

function ask({ ctx, target: { provider, config }, live }: Place, nonce: string, call: Parameters<typeof provider.invoke>[4]): ReturnType<typeof provider.invoke> {
  return provider.invoke(ctx, config, live.name, null, { ...call, headers: { ...call.headers, [HEADER]: nonce } });
}

function plain({ sha256, size, file, format, at, by }: PointedModel): PointedModel {
  return { sha256, size, file, format, at, by };
}
