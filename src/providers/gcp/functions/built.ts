/** What the image of a function was last made of: with the same again, nothing is sent and nothing is built. */
import type { ReleaseDraft } from '../../provider.ts';
import { RELEASE_VARIABLE } from '../names.ts';
import type { StoredRecord } from '../storage/records.ts';
import type { CloudFunction } from './function.ts';

/** Only of a release that was verified: of one that failed, the function keeps what it could not be made of. */
export function isBuiltOf(found: CloudFunction | null, records: readonly StoredRecord[], { artifacts, lock }: ReleaseDraft): boolean {
  if (found === null || found.state !== 'ACTIVE') return false;
  const release = Number(found.serviceConfig?.environmentVariables?.[RELEASE_VARIABLE]);
  const built = records.find(({ record, verified }) => verified !== null && record.number === release)?.record;
  if (built === undefined || built.lock.python !== lock.python) return false;
  return built.artifacts.dependencies === artifacts.dependencies && built.artifacts.function === artifacts.function;
}
