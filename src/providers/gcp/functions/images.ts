/**
 * Images that Cloud Build makes of functions: all in one repository of the region, which grows for ever unless a policy cleans
 * it up (cloud.google.com/functions/docs/building#image_registry, cloud.google.com/artifact-registry/docs/repositories/cleanup-policy).
 */
import { gcpCode } from '../errors.ts';
import { KEEP } from '../../steps.ts';
import type { Session } from '../session.ts';

const REPOSITORY = 'gcf-artifacts';
/** Names of our policies; others in the repository stay. */
const KEEP_POLICY = 'mlfn-keep';
const DELETE_POLICY = 'mlfn-delete';
/** Seconds: what is not among the newest is gone after a day. */
const OLD = '86400s';

interface Policy {
  id: string;
  action: 'KEEP' | 'DELETE';
  mostRecentVersions?: { keepCount: number };
  condition?: { olderThan?: string };
}

interface Repository {
  cleanupPolicies?: Record<string, Policy>;
}

export interface ImagesState {
  repository: string;
  cleaned: boolean;
}

/** Two more than the releases that are kept: of those two that may be deployed at this moment. */
const POLICIES: Record<string, Policy> = {
  [KEEP_POLICY]: { id: KEEP_POLICY, action: 'KEEP', mostRecentVersions: { keepCount: KEEP + 2 } },
  [DELETE_POLICY]: { id: DELETE_POLICY, action: 'DELETE', condition: { olderThan: OLD } },
};

/** Null before the first function of the region was built. */
export async function observeImages(session: Session): Promise<ImagesState | null> {
  const found = await getRepository(session);
  if (found === null) return null;
  return { repository: REPOSITORY, cleaned: [KEEP_POLICY, DELETE_POLICY].every((id) => found.cleanupPolicies?.[id] !== undefined) };
}

/** Nothing where there is no repository yet. */
export async function ensureCleanup(session: Session): Promise<void> {
  const found = await getRepository(session);
  if (found === null) return;
  const body = { cleanupPolicies: { ...found.cleanupPolicies, ...POLICIES } };
  await session.request('artifactregistry', 'PATCH', `${pathOf(session)}?updateMask=cleanup_policies`, body, 'artifactregistry.repositories.update');
}

/** Of one function. */
export async function removeImages(session: Session, name: string): Promise<void> {
  for (const kind of ['', '%2Fcache']) {
    const path = `${pathOf(session)}/packages/${packageOf(session, name)}${kind}`;
    await session.request('artifactregistry', 'DELETE', path, undefined, 'artifactregistry.packages.delete').catch(orMissing);
  }
}

/** `my--project__europe--west1__heart`: hyphens are doubled, as the parts are parted by two underscores. */
function packageOf({ project, region }: Session, name: string): string {
  return [project, region, name].map((part) => part.replaceAll('-', '--')).join('__');
}

function getRepository(session: Session): Promise<Repository | null> {
  return session.request<Repository>('artifactregistry', 'GET', pathOf(session), undefined, 'artifactregistry.repositories.get').catch(orMissing);
}

function pathOf({ project, region }: Session): string {
  return `/v1/projects/${project}/locations/${region}/repositories/${REPOSITORY}`;
}

function orMissing(error: unknown): null {
  if (gcpCode(error) === 'NOT_FOUND') return null;
  throw error;
}
