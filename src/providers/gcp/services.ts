/** The Cloud Run service of a function (in both modes there is one of its name) and its revisions: each is a release. */
import type { protos } from '@google-cloud/run';
import { MlfnError } from '../../errors.ts';
import { call, CALL, ended, orNull, Patience } from './call.ts';
import { explainGcp } from './errors.ts';
import { LABEL, locationPath, RELEASE_VARIABLE, servicePath } from './names.ts';
import type { Session } from './session.ts';

export type Service = protos.google.cloud.run.v2.IService;

export interface Revision {
  /** `heart-r3-k2x9a`; the last part of its path. */
  name: string;
  /** Null when mlfn did not make it. */
  release: number | null;
  ready: boolean;
  /** Why it is not ready, where Cloud Run says so. */
  failure: string | null;
  /** Instances that are kept as long as it can be reached by any URL. */
  minInstances: number;
  createdAt: number;
}

/** Null when there is none. */
export async function getService(session: Session, name: string): Promise<Service | null> {
  const path = pathOf(session, name);
  const client = await session.services();
  return orNull(session, { permission: 'run.services.get', resource: path }, async () => (await client.getService({ name: path }, CALL))[0]);
}

/** Services that mlfn made, by name. */
export async function listServices(session: Session): Promise<string[]> {
  const parent = locationPath(session.project, session.region);
  const client = await session.services();
  const [found] = await call(session, { permission: 'run.services.list', resource: parent }, () => client.listServices({ parent }, CALL));
  return found.filter(({ labels }) => labels?.[LABEL] !== undefined).map(({ name }) => lastPart(name));
}

/** Oldest first; those that are being deleted are left out. */
export async function listRevisions(session: Session, name: string): Promise<Revision[]> {
  const parent = pathOf(session, name);
  const client = await session.revisions();
  const found = await orNull(session, { permission: 'run.revisions.list', resource: parent }, async () => (await client.listRevisions({ parent }, CALL))[0]);
  const alive = (found ?? []).filter(({ deleteTime }) => deleteTime === null || deleteTime === undefined);
  return alive.map(toRevision).toSorted((a, b) => a.createdAt - b.createdAt);
}

/** False where Cloud Run does not let it go (yet): it is the service's latest, or something still points at it. */
export async function deleteRevision(session: Session, name: string, revision: string): Promise<boolean> {
  const path = `${pathOf(session, name)}/revisions/${revision}`;
  const need = { permission: 'run.revisions.delete', resource: path };
  const client = await session.revisions();
  try {
    const [operation] = await call(session, need, () => client.deleteRevision({ name: path }, CALL), ['NOT_FOUND', 'FAILED_PRECONDITION', 'ABORTED', 'INVALID_ARGUMENT']);
    const { error } = await ended(new Patience(session), session, need, () => `revision ${revision} to go`, operation, (id) => client.checkDeleteRevisionProgress(id));
    return error === null;
  } catch (error) {
    if (error instanceof MlfnError || session.ctx.signal.aborted) throw error;
    return (error as { code?: number }).code === 5;
  }
}

/** Gone when this returns. */
export async function deleteService(session: Session, name: string): Promise<void> {
  const path = pathOf(session, name);
  const need = { permission: 'run.services.delete', resource: path };
  const client = await session.services();
  const started = await orNull(session, need, () => client.deleteService({ name: path }, CALL));
  if (started === null) return;
  const { error } = await ended(new Patience(session), session, need, () => `service ${name} to go`, started[0], (id) => client.checkDeleteServiceProgress(id));
  if (error !== null && error.code !== 5) throw explainGcp(Object.assign(new Error(error.message), { code: error.code }), need);
}

export function pathOf(session: Pick<Session, 'project' | 'region'>, name: string): string {
  return servicePath(session.project, session.region, name);
}

export function lastPart(path: string | null | undefined): string {
  return (path ?? '').split('/').at(-1) ?? '';
}

/** Somebody removed it while it was worked on. */
export function gone(name: string): MlfnError {
  return new MlfnError('GCP_GONE', `${name} was removed by another command meanwhile.`, {
    hint: 'See what there is with `mlfn status`, and deploy again if it is to be there.',
  });
}

function toRevision({ name, containers, conditions, scaling, createTime }: protos.google.cloud.run.v2.IRevision): Revision {
  const release = containers?.[0]?.env?.find((each) => each.name === RELEASE_VARIABLE)?.value;
  const ready = conditions?.find(({ type }) => type === 'Ready');
  return {
    name: lastPart(name),
    release: release === undefined || release === null ? null : Number(release),
    ready: ready?.state === 'CONDITION_SUCCEEDED',
    failure: ready?.state === 'CONDITION_FAILED' ? (ready.message ?? '') : null,
    minInstances: scaling?.minInstanceCount ?? 0,
    createdAt: Number(createTime?.seconds ?? 0) * 1000 + Math.floor((createTime?.nanos ?? 0) / 1e6),
  };
}
