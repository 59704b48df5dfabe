/** What a plan must know beyond the function itself. Reads only, side by side. */
import type { Digest } from '../../types.ts';
import type { ReleaseDraft, Stored } from '../provider.ts';
import { observeBucket } from './storage/bucket.ts';
import { hasObject, headObject } from './storage/objects.ts';
import { findLayer } from './layers.ts';
import { hasImage } from './images/images.ts';
import { observeRepository, pullerOf, type RepositoryState } from './images/repository.ts';
import { observeLogGroup, type LogGroupState } from './logs/log-group.ts';
import { modelsPrefix } from './names.ts';
import { partsOf } from './stored.ts';
import { observeRole, type RoleState } from './role.ts';
import type { Session } from './session.ts';
import { type FunctionState, observeFunction } from './settings/function.ts';
import { type Doors, observeDoors } from './endpoint/endpoint.ts';

export interface Ground {
  bucket: { name: string; exists: boolean; drift: string[] };
  /** Null when the user gave one. */
  role: RoleState | null;
  logGroup: LogGroupState;
  /** Null where nothing asks for one. */
  repository: RepositoryState | null;
  doors: Doors;
  /** Null when there is none. */
  function: FunctionState | null;
  /** The draft's parts that are there; empty for a removal. */
  stored: Digest[];
}

export async function survey(session: Session, name: string, draft?: ReleaseDraft): Promise<Ground> {
  const own = observeFunction(session, name);
  const others = Promise.all([
    session.config.role === undefined ? observeRole(session, name) : null,
    observeLogGroup(session, name),
    observeDoors(session, name, draft === undefined),
    own,
    draft === undefined ? [] : storedParts(session, name, draft),
    draft?.image === undefined ? null : own.then((found) => observeRepository(session, name, pullerOf(name, found?.image ?? null))),
  ]);
  // Whose the bucket is decides what refused calls on it are told as.
  const [bucket] = await Promise.allSettled([observeBucket(session), others]);
  if (bucket.status === 'rejected') throw bucket.reason;
  const [role, logGroup, doors, state, stored, repository] = await others;
  return { bucket: bucket.value, role, logGroup, repository, doors, function: state, stored: bucket.value.exists ? stored : [] };
}

async function storedParts(session: Session, name: string, draft: ReleaseDraft): Promise<Digest[]> {
  const there = await Promise.all(partsOf(draft).map(async ({ part, digest }) => ((await isStored(session, name, part, digest)) ? [digest] : [])));
  return there.flat();
}

async function isStored(session: Session, name: string, part: Stored, digest: Digest): Promise<boolean> {
  if (part === 'image') return hasImage(session, name, `sha256:${digest}`);
  if (part === 'dependencies') return (await findLayer(session, digest)) !== null;
  if (part === 'function') return (await hasObject(session, digest)) !== null;
  return (await headObject(session, modelsPrefix(name) + digest)) !== null;
}
