/** What a plan must know beyond the function itself. Reads only, side by side. */
import type { Digest } from '../../types.ts';
import type { ReleaseDraft } from '../provider.ts';
import { observeBucket } from './storage/bucket.ts';
import { hasObject, headObject } from './storage/objects.ts';
import { findLayer } from './layers.ts';
import { observeLogGroup, type LogGroupState } from './logs/log-group.ts';
import { EMPTY_PART, modelsPrefix } from './names.ts';
import { observeRole, type RoleState } from './role.ts';
import type { Session } from './session.ts';
import { type FunctionState, observeFunction } from './settings/function.ts';
import { type Doors, observeDoors } from './endpoint/endpoint.ts';

export interface Ground {
  bucket: { name: string; exists: boolean; drift: string[] };
  /** Null when the user gave one. */
  role: RoleState | null;
  logGroup: LogGroupState;
  doors: Doors;
  /** Null when there is none. */
  function: FunctionState | null;
  /** The draft's parts that are there; empty for a removal. */
  stored: Digest[];
}

export async function survey(session: Session, name: string, draft?: ReleaseDraft): Promise<Ground> {
  const others = Promise.all([
    session.config.role === undefined ? observeRole(session, name) : null,
    observeLogGroup(session, name),
    observeDoors(session, name, draft === undefined),
    observeFunction(session, name),
    draft === undefined ? [] : storedParts(session, name, draft),
  ]);
  // Whose the bucket is decides what refused calls on it are told as.
  const [bucket] = await Promise.allSettled([observeBucket(session), others]);
  if (bucket.status === 'rejected') throw bucket.reason;
  const [role, logGroup, doors, state, stored] = await others;
  return { bucket: bucket.value, role, logGroup, doors, function: state, stored: bucket.value.exists ? stored : [] };
}

async function storedParts(session: Session, name: string, { artifacts }: ReleaseDraft): Promise<Digest[]> {
  const { function: code, dependencies, model } = artifacts;
  const [layer, packed, fetched] = await Promise.all([
    dependencies === EMPTY_PART ? null : findLayer(session, dependencies),
    hasObject(session, code),
    model === undefined ? null : headObject(session, modelsPrefix(name) + model),
  ]);
  return [
    ...(layer === null ? [] : [dependencies]),
    ...(packed === null ? [] : [code]),
    ...(model === undefined || fetched === null ? [] : [model]),
  ];
}
