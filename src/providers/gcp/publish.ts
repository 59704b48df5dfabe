/**
 * A release becomes a revision of the service, with a URL of its own and none of the traffic. Whoever deploys at the same
 * minute is met in order: what an earlier try has made is looked for before anything is made.
 */
import { MlfnError } from '../../errors.ts';
import { patiently } from '../patience.ts';
import { isNotYetKnown } from './access/service-accounts.ts';
import { Patience } from './call.ts';
import { madeFor, Overtaken, settled, type Wanted } from './candidate.ts';
import { explainGcp, gcpCode } from './errors.ts';
import { makeFunctionRevision } from './functions/publish.ts';
import { makeRunRevision } from './run/publish.ts';
import { gone, pathOf, type Revision } from './services.ts';
import type { Session } from './session.ts';
import { settingsOf } from './settings.ts';
import { assertServable, lookAt, moveTraffic, type Now, splitOf, tagUrl, trafficFor } from './traffic.ts';

/** Milliseconds. Cloud Build takes two to three minutes for a function, and longer when it has many to do. */
const BUILD_MS = 900_000;
/**
 * @param assertClaimed throws when the release is not wanted any more: somebody removed the function meanwhile
 * @throws GCP_BUILD, GCP_LIVE_GONE, GCP_NOT_STARTING, GCP_REFUSED, GCP_SLOW
 */
export async function publishRevision(session: Session, wanted: Wanted, assertClaimed: () => Promise<void>): Promise<void> {
  const { mode } = settingsOf(wanted.draft);
  const patience = new Patience(session, mode === 'function' ? BUILD_MS : undefined);
  const make = mode === 'function' ? makeFunctionRevision : makeRunRevision;
  let tries = 0;
  const willPass = (error: unknown) => passes(error, session.config.serviceAccount !== undefined);
  const revision = await patiently(patience, 'a turn to update the function', willPass, async () => {
    if (tries++ > 0) await assertClaimed();
    const now = await lookAt(session, wanted.name);
    if (now !== null) assertServable(wanted.name, now, now.service.traffic ?? []);
    return (await takeUp(patience, wanted, now)) ?? (await make(patience, wanted, now));
  }).catch((error: unknown) => {
    throw refusedBy(error, session, wanted);
  });
  await giveTag(session, wanted, revision);
}

/** What an earlier try has made, once it is ready. */
async function takeUp(patience: Patience, wanted: Wanted, now: Now | null): Promise<Revision | null> {
  const found = madeFor(now, wanted.number);
  return found === null || found.failure !== null ? null : settled(patience, wanted, found);
}

function passes(error: unknown, ownAccount: boolean): boolean {
  if (error instanceof Overtaken) return true;
  if (error instanceof MlfnError) return false;
  const code = gcpCode(error) ?? '';
  if (['ABORTED', 'ALREADY_EXISTS', 'NOT_FOUND'].includes(code)) return true;
  // A service account of the user's own was there before.
  return !ownAccount && isNotYetKnown(error);
}

function refusedBy(error: unknown, session: Session, { name }: Wanted): Error {
  const code = error instanceof MlfnError ? null : gcpCode(error);
  if (code === 'INVALID_ARGUMENT' || code === 'FAILED_PRECONDITION') {
    const said = (error as { details?: string; message: string }).details ?? (error as Error).message;
    return new MlfnError('GCP_REFUSED', `Google Cloud refuses ${name}: ${said}`, { hint: 'Mend the setting that it names, and deploy again.', cause: error });
  }
  if (error instanceof Overtaken) return gone(name);
  return explainGcp(error, { permission: 'run.services.update', resource: pathOf(session, name) });
}

/** Its own URL; also for what an earlier try has made without one. */
async function giveTag(session: Session, { name, number }: Wanted, revision: Revision): Promise<void> {
  await moveTraffic(session, name, (now) => {
    const split = splitOf(now.service, now.revisions);
    return split === null || tagUrl(now.service, number) !== null ? null : trafficFor(now, split, { fresh: revision });
  });
}
