/** Who gets the traffic of a service: stated whole, by the names of revisions, in one call under the etag of what was read. */
import type { protos } from '@google-cloud/run';
import { MlfnError } from '../../errors.ts';
import { patiently } from '../patience.ts';
import { call, CALL, ended, Patience } from './call.ts';
import { explainGcp, gcpCode } from './errors.ts';
import { tagOf } from './names.ts';
import { getService, gone, lastPart, listRevisions, pathOf, type Revision, type Service } from './services.ts';
import type { Session } from './session.ts';

export type Target = protos.google.cloud.run.v2.ITrafficTarget;

/** Revisions by name. The live one has the rest of the percent. */
export interface Split {
  live: string;
  canary: { revision: string; percent: number } | null;
}

/** A service, as it was at one moment. */
export interface Now {
  service: Service;
  revisions: Revision[];
  /** Null before any revision is ready. */
  split: Split | null;
}

const BY_NAME = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';
/** Of a release; other tags are somebody else's. */
const TAG = /^r\d+$/;

export async function lookAt(session: Session, name: string): Promise<Now | null> {
  const [service, listed] = await Promise.all([getService(session, name), listRevisions(session, name)]);
  if (service === null) return null;
  // What has the traffic may have been made after the list was.
  const revisions = missing(service.traffic ?? [], listed).length === 0 ? listed : await listRevisions(session, name);
  return { service, revisions, split: splitOf(service, revisions) };
}

/** Names in `traffic` of revisions that there are not. */
function missing(traffic: readonly Target[], revisions: readonly Revision[]): string[] {
  return traffic.flatMap(({ revision, percent }) => (revision && (percent ?? 0) > 0 && !revisions.some((each) => each.name === revision) ? [revision] : []));
}

/** Cloud Run takes nothing that leaves the traffic with a revision that somebody deleted. @throws GCP_LIVE_GONE */
export function assertServable(name: string, { revisions }: Now, traffic: readonly Target[]): void {
  const [deleted] = missing(traffic, revisions);
  if (deleted === undefined) return;
  const there = revisions.filter(({ release, ready }) => release !== null && ready).map(({ release }) => release);
  throw new MlfnError('GCP_LIVE_GONE', `Revision ${deleted}, which has the traffic of ${name}, was deleted.`, {
    hint:
      there.length === 0
        ? `Delete the function, and deploy it again: mlfn delete ${name} --target gcp.`
        : `Give the traffic to a release that is there (${there.join(', ')}), and deploy again: mlfn rollback ${name} --to ${there.at(-1)} --target gcp.`,
    details: { revision: deleted, releases: there },
  });
}

/** Of two that share the traffic the earlier release is live, and the later one its canary. */
export function splitOf(service: Service, revisions: readonly Revision[]): Split | null {
  const releaseOf = (name: string) => revisions.find((each) => each.name === name)?.release ?? 0;
  const shares = sharesOf(service).toSorted((a, b) => releaseOf(a.revision) - releaseOf(b.revision));
  const [first, ...others] = shares;
  if (first === undefined) return null;
  const last = others.at(-1);
  return { live: first.revision, canary: last === undefined ? null : { revision: last.revision, percent: last.percent } };
}

function sharesOf(service: Service): { revision: string; percent: number }[] {
  const percents = new Map<string, number>();
  for (const each of service.traffic ?? []) {
    const revision = revisionOf(each, service);
    const percent = each.percent ?? 0;
    if (percent > 0 && revision !== '') percents.set(revision, (percents.get(revision) ?? 0) + percent);
  }
  return [...percents].map(([revision, percent]) => ({ revision, percent }));
}

/** By its name also where the traffic follows the latest. */
function revisionOf({ revision }: Target, service: Service): string {
  return revision === undefined || revision === null || revision === '' ? lastPart(service.latestReadyRevision) : revision;
}

/** Whether the traffic follows whatever is deployed next. */
export function followsLatest({ traffic }: Service): boolean {
  return (traffic ?? []).length === 0 || (traffic ?? []).some(({ type }) => type !== BY_NAME);
}

/**
 * The whole traffic: shares, and the URLs of revisions. Tags stay where they are, but for revisions that are gone or do not
 * run, and for those out of traffic whose always-on instances a tag would keep on, and paid for.
 * @param fresh gets a tag whatever it costs: it is about to be checked
 */
export function trafficFor({ service, revisions }: Pick<Now, 'service' | 'revisions'>, split: Split, { fresh, drop = [] }: { fresh?: Revision | undefined; drop?: readonly string[] } = {}): Target[] {
  const shares = new Map<string, number>([[split.live, 100]]);
  if (split.canary !== null) shares.set(split.live, 100 - split.canary.percent).set(split.canary.revision, split.canary.percent);
  const named = new Map(revisions.map((each) => [each.name, each]));
  const tags = new Map<string, string>();
  for (const each of service.traffic ?? []) {
    const revision = named.get(revisionOf(each, service));
    if (!each.tag || revision === undefined || drop.includes(revision.name)) continue;
    const stays = shares.has(revision.name) || (revision.ready && (revision.minInstances === 0 || !TAG.test(each.tag)));
    if (stays) tags.set(each.tag, revision.name);
  }
  for (const revision of [...[...shares.keys()].map((name) => named.get(name)), fresh]) {
    if (revision !== undefined && revision.release !== null) tags.set(tagOf(revision.release), revision.name);
  }
  const targets: Target[] = [...shares].map(([revision, percent]) => targetOf(revision, percent));
  for (const [tag, revision] of tags) {
    const untagged = targets.find((each) => each.revision === revision && each.tag === undefined);
    if (untagged === undefined) targets.push({ ...targetOf(revision, 0), tag });
    else untagged.tag = tag;
  }
  return targets;
}

function targetOf(revision: string, percent: number): Target {
  return { type: BY_NAME, revision, ...(percent === 0 ? {} : { percent }) };
}

/** Where a revision can be asked by itself, and where the service is. */
export function tagUrl(service: Service, release: number): string | null {
  const found = service.trafficStatuses?.find(({ tag }) => tag === tagOf(release))?.uri;
  return found === undefined || found === null || found === '' ? null : found;
}

/**
 * Splits that an earlier canary left go with the same call. Begun again when somebody came in between.
 * @param to from what is there now; null leaves it so
 * @throws FUNCTION_UNKNOWN, GCP_LIVE_GONE, GCP_*
 */
export async function moveTraffic(session: Session, name: string, to: (now: Now) => Target[] | null): Promise<void> {
  const patience = new Patience(session);
  await patiently(patience, 'a turn to move the traffic', isPassing, async () => {
    const now = await lookAt(session, name);
    if (now === null) throw gone(name);
    const traffic = to(now);
    if (traffic !== null) assertServable(name, now, traffic);
    if (traffic !== null && !same(traffic, now.service)) await state(session, patience, name, now.service, traffic);
  }).catch((error: unknown) => {
    throw explainGcp(error, { permission: 'run.services.update', resource: pathOf(session, name) });
  });
}

const PASSING = ['ABORTED', 'NOT_FOUND'];

/** Somebody changed the service, or took a revision away, between our look and our call. */
function isPassing(error: unknown): boolean {
  return !(error instanceof MlfnError) && PASSING.includes(gcpCode(error) ?? '');
}

async function state(session: Session, patience: Patience, name: string, { etag }: Service, traffic: Target[]): Promise<void> {
  const path = pathOf(session, name);
  const need = { permission: 'run.services.update', resource: path };
  const client = await session.services();
  const request = { service: { name: path, traffic, ...(etag ? { etag } : {}) }, updateMask: { paths: ['traffic'] } };
  const [operation] = await call(session, need, () => client.updateService(request, CALL), PASSING);
  const { error } = await ended(patience, session, need, () => 'the traffic to be moved', operation, (id) => client.checkUpdateServiceProgress(id));
  if (error !== null) throw explainGcp(Object.assign(new Error(error.message), { code: error.code }), need);
}

function same(wanted: Target[], service: Service): boolean {
  const text = (targets: Target[]) => targets.map(({ type, revision, percent, tag }) => `${type} ${revision ?? ''} ${percent ?? 0} ${tag ?? ''}`).toSorted().join();
  return text(wanted) === text(service.traffic ?? []);
}
