/** Modes `run` and `image`: one call makes the revision and gives it a URL of its own; the traffic stays where it is. Nothing is built. */
import { call, CALL, ended, type Patience } from '../call.ts';
import { PASSING, settled, type Wanted } from '../candidate.ts';
import { labelsFor } from '../labels.ts';
import { locationPath } from '../names.ts';
import { pathOf, type Revision } from '../services.ts';
import { type Now, type Target, trafficFor } from '../traffic.ts';
import { revisionName, templateOf } from './template.ts';

/** @throws as the API does, for whoever begins again; GCP_NOT_STARTING */
export async function makeRunRevision(patience: Patience, wanted: Wanted, now: Now | null): Promise<Revision> {
  const { session } = patience;
  const { name, number } = wanted;
  const client = await session.services();
  const revision = revisionName(name, number);
  const template = { revision, ...templateOf(session, wanted, await wanted.source()) };
  const labels = labelsFor(session.config, now?.service.labels ?? (now === null ? null : {}));
  const path = pathOf(session, name);
  const need = { permission: now === null ? 'run.services.create' : 'run.services.update', resource: path };
  const [operation] = await call(
    session,
    need,
    () => {
      if (now === null) {
        const parent = locationPath(session.project, session.region);
        return client.createService({ parent, serviceId: name, service: { labels, template, traffic: trafficWith(null, revision, number) } }, CALL);
      }
      const { etag } = now.service;
      const service = { name: path, labels, template, traffic: trafficWith(now, revision, number), ...(etag ? { etag } : {}) };
      return client.updateService({ service, updateMask: { paths: ['labels', 'template', 'traffic'] } }, CALL);
    },
    PASSING,
  );
  await ended(patience, session, need, () => `release ${number} to start`, operation, (id) => client.checkUpdateServiceProgress(id));
  // Whether the operation failed for this revision's sake or another's is seen by the revision itself.
  return settled(patience, wanted);
}

/** The first revision of a service has to have all of the traffic: there is no other. */
function trafficWith(now: Now | null, revision: string, release: number): Target[] {
  const made: Revision = { name: revision, release, ready: true, failure: null, minInstances: 0, createdAt: 0 };
  const split = now?.split ?? { live: revision, canary: null };
  return trafficFor({ service: now?.service ?? {}, revisions: [...(now?.revisions ?? []), made] }, split, { fresh: made });
}
