/** The steps of a plan, done on AWS. */
import { applier } from '../applying.ts';
import type { Done, ReleaseDraft } from '../provider.ts';
import { codeOf } from './code.ts';
import { ensureHttpApi, removeHttpApi } from './endpoint/endpoint.ts';
import { ensureRepository } from './images/repository.ts';
import { ensureLogGroup } from './logs/log-group.ts';
import { modelsPrefix } from './names.ts';
import { see } from './observe.ts';
import { pointModel } from './models.ts';
import { storePart, tellSent } from './parts.ts';
import { partsOf } from './stored.ts';
import { publishRelease } from './twin/publish.ts';
import { formOf } from './twin/form.ts';
import { markTwin } from './twin/twin.ts';
import { dropCandidate, prune, remove } from './removal.ts';
import { assertGiven, ensureRoleOf, observeRole, roleArn } from './role.ts';
import type { Session } from './session.ts';
import { adopt } from './settings/adopt.ts';
import { ensureProvisioned, removeProvisioned } from './settings/provisioned.ts';
import { ensureReserved, removeReserved } from './settings/reserved.ts';
import { ensureTags } from './settings/tags.ts';
import { ensureSchedule, removeSchedule } from './settings/warm.ts';
import { ensureBucket } from './storage/bucket.ts';
import { claimNumber, readRecord } from './storage/records.ts';
import { switchTo } from './switch.ts';
import { ensureUrl, removeUrl } from './endpoint/url.ts';
import { gone } from './versions.ts';

const ENSURE: Record<string, (session: Session, name: string, done: Done) => Promise<void>> = {
  bucket: ensureBucket,
  role: (session, name, { draft }) => ensureRoleOf(session, name, draft),
  'log group': ensureLogGroup,
  repository: ensureRepository,
  twin: async (session, name, { draft }) => draft && markTwin(session, name, formOf(draft)),
  endpoint: ensureUrl,
  'HTTP API': ensureHttpApi,
  function: adopt,
  tags: ensureTags,
  'reserved concurrency': ensureReserved,
  'provisioned concurrency': ensureProvisioned,
  schedule: ensureSchedule,
};
const REMOVE: Record<string, (session: Session, name: string) => Promise<void>> = {
  endpoint: removeUrl,
  'HTTP API': removeHttpApi,
  'reserved concurrency': removeReserved,
  'provisioned concurrency': removeProvisioned,
  schedule: removeSchedule,
};
export const { apply, discard } = applier<Session>({
  ensure: async (session, { change, resource }, done) => (change === 'remove' ? REMOVE : ENSURE)[resource]?.(session, done.name, done),
  store: storePart,
  tellSent,
  publish,
  switchTo,
  prune,
  remove,
  drop: dropCandidate,
  numbered: async (session, name) => {
    const { records, versions, handed } = await see(session, name);
    return { records, highest: Math.max(0, ...[...versions, ...handed].map(({ release }) => release)) };
  },
  claim: claimNumber,
});

/** Tries of some seconds in all. */
const ROLE_WAITS = 4;

async function publish(session: Session, number: number, draft: ReleaseDraft, done: Done): Promise<void> {
  const { name } = done;
  // Stored already by an earlier plan, or collected since: without them Lambda would refuse.
  for (const { part, digest } of partsOf(draft)) {
    const sent = await storePart(session, part, done);
    if (sent > 0) tellSent(session, part, digest, sent);
  }
  await pointModel(session, name, number, draft);
  session.ctx.emit({ type: 'progress', text: `publishing release ${number}` });
  const wanted = {
    name,
    number,
    draft,
    role: await roleArn(session, name),
    code: await codeOf(session, name, draft),
    models: `s3://${await session.bucket()}/${modelsPrefix(name)}`,
  };
  let waits = 0;
  await publishRelease(session, wanted, async () => {
    if ((await readRecord(session, name, number)) === null) throw gone(name);
    // A role that was made a moment ago may not be known everywhere; one that goes on missing was removed.
    if (++waits < ROLE_WAITS) return;
    if (session.config.role !== undefined) return assertGiven(session, session.config.role);
    if (!(await observeRole(session, name)).exists) throw gone(name);
  });
}
