/**
 * The repository of images, made with a policy that lets nothing pile up: what has a tag stays, what lost it goes by itself. Tags may
 * move, as the number of a release that was taken back is given again: cloud.google.com/artifact-registry/docs/repositories/cleanup-policy
 */
import { until } from '../../patience.ts';
import { Patience } from '../call.ts';
import { gcpCode } from '../errors.ts';
import { LABEL, LABEL_VALUE, locationPath } from '../names.ts';
import type { Session } from '../session.ts';
import { REPOSITORY, repositoryPath } from './place.ts';

/** Seconds: a week. */
const OLD = '604800s';
const POLICIES: Record<string, object> = {
  'mlfn-keep': { id: 'mlfn-keep', action: 'KEEP', condition: { tagState: 'TAGGED' } },
  'mlfn-delete': { id: 'mlfn-delete', action: 'DELETE', condition: { tagState: 'UNTAGGED', olderThan: OLD } },
};

interface Repository {
  cleanupPolicies?: Record<string, object>;
}

export interface RepositoryState {
  name: string;
  exists: boolean;
  /** Names of the policies that somebody took away. */
  drift: string[];
}

export async function observeRepository(session: Session): Promise<RepositoryState> {
  const found = await getRepository(session);
  const drift = found === null ? [] : Object.keys(POLICIES).filter((id) => found.cleanupPolicies?.[id] === undefined);
  return { name: REPOSITORY, exists: found !== null, drift };
}

/** There, and with its policies, when this returns. @throws GCP_SLOW, GCP_* */
export async function ensureRepository(session: Session): Promise<void> {
  const found = await getRepository(session);
  if (found === null) return make(session);
  const body = { cleanupPolicies: { ...found.cleanupPolicies, ...POLICIES } };
  await session.request('artifactregistry', 'PATCH', `${repositoryPath(session)}?updateMask=cleanup_policies`, body, 'artifactregistry.repositories.update');
}

async function make(session: Session): Promise<void> {
  const parent = locationPath(session.project, session.region);
  const body = { format: 'DOCKER', description: 'Images that mlfn made', labels: { [LABEL]: LABEL_VALUE }, cleanupPolicies: POLICIES };
  await session
    .request('artifactregistry', 'POST', `/v1/${parent}/repositories?repositoryId=${REPOSITORY}`, body, 'artifactregistry.repositories.create')
    .catch((error: unknown) => {
      // Another deploy makes it at this moment.
      if (gcpCode(error) !== 'ALREADY_EXISTS') throw error;
    });
  await until(new Patience(session), `the repository ${REPOSITORY}`, () => getRepository(session), (made) => made !== null);
}

function getRepository(session: Session): Promise<Repository | null> {
  return session.request<Repository>('artifactregistry', 'GET', repositoryPath(session), undefined, 'artifactregistry.repositories.get').catch((error: unknown) => {
    if (gcpCode(error) === 'NOT_FOUND') return null;
    throw error;
  });
}
