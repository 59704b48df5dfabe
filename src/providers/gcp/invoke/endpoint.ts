/** Where a function answers: at its service's URL, and each release at its tag's. */
import { MlfnError } from '../../../errors.ts';
import { releasesOf } from '../logs/revisions.ts';
import { tagOf } from '../names.ts';
import { getService } from '../services.ts';
import type { Session } from '../session.ts';

export interface Endpoint {
  url: string;
  /** What an ID token must be made for: the service, for a tag as well. */
  audience: string;
}

/** @throws GCP_NO_ENDPOINT, GCP_NO_TAG, RELEASE_UNKNOWN */
export async function endpointOf(session: Session, name: string, release: number | null): Promise<Endpoint> {
  const service = await getService(session, name);
  const audience = service?.uri ?? '';
  if (audience === '') throw noEndpoint(session, name);
  if (release === null) return { url: audience, audience };
  const tagged = service?.trafficStatuses?.find(({ tag }) => tag === tagOf(release))?.uri;
  if (tagged) return { url: tagged, audience };
  if (![...(await releasesOf(session, name)).values()].includes(release)) {
    throw new MlfnError('RELEASE_UNKNOWN', `There is no release ${release} of ${name}.`, { hint: 'Another command may have removed it: see `mlfn releases`.' });
  }
  throw new MlfnError('GCP_NO_TAG', `Release ${release} of ${name} has no URL of its own.`, {
    hint: `Ask the live release, or give that one the traffic: mlfn rollback ${name} --to ${release}.`,
  });
}

export function noEndpoint({ region }: Session, name: string): MlfnError {
  return new MlfnError('GCP_NO_ENDPOINT', `${name} has no endpoint in ${region}.`, { hint: `Deploy it again: mlfn deploy --name ${name} --target gcp.` });
}
