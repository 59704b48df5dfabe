/** The steps of a plan, done on Google Cloud. */
import { MlfnError } from '../../errors.ts';
import { applier } from '../applying.ts';
import type { Done, ReleaseDraft, Step } from '../provider.ts';
import { ensureAccess } from './access/members.ts';
import { buildEmail, ensureBuildAccount, ensureRuntimeAccount, needsOf, runtimeEmail } from './access/service-accounts.ts';
import { ensureCleanup } from './functions/images.ts';
import { imageName } from './images/place.ts';
import { ensureRepository } from './images/repository.ts';
import { tagImage } from './images/versions.ts';
import { pointModel } from './models.ts';
import { archiveDigest, modelsPrefix, objectKey } from './names.ts';
import { see } from './observe.ts';
import { sourceFor, storedDigest, storedParts, storePart, tellSent } from './parts.ts';
import { publishRevision } from './publish.ts';
import { dropCandidate, prune, remove } from './removal.ts';
import { gone } from './services.ts';
import type { Session } from './session.ts';
import { settingsOf } from './settings.ts';
import { ensureBucket } from './storage/bucket.ts';
import { claimNumber, listRecords, readRecord, writeVerified } from './storage/records.ts';
import { moveTraffic, type Now, type Target, trafficFor } from './traffic.ts';

const ENSURE: Record<string, (session: Session, name: string, done: Done) => Promise<void>> = {
  bucket: ensureBucket,
  'service account': async (session, name, { draft }) => {
    const kept = (await listRecords(session, name)).map(({ record }) => record);
    const drafts = [...(draft === undefined ? [] : [draft]), ...kept];
    await ensureRuntimeAccount(session, name, needsOf(drafts));
  },
  'build service account': ensureBuildAccount,
  access: ensureAccess,
  images: ensureCleanup,
  repository: ensureRepository,
};
export const { apply, discard } = applier<Session>({
  ensure: async (session, { resource }, done) => ENSURE[resource]?.(session, done.name, done),
  store: storePart,
  tellSent,
  publish,
  switchTo,
  prune,
  remove,
  drop: dropCandidate,
  numbered: async (session, name) => {
    const { records, revisions } = await see(session, name);
    return { records, highest: Math.max(0, ...revisions.map(({ release }) => release ?? 0)) };
  },
  claim: claimNumber,
});

async function publish(session: Session, number: number, draft: ReleaseDraft, done: Done): Promise<void> {
  const { name } = done;
  // Stored already by an earlier plan, or collected since.
  for (const part of settingsOf(draft).mode === 'function' ? storedParts(draft).filter((each) => each === 'model') : storedParts(draft)) {
    const sent = await storePart(session, part, done);
    if (sent > 0) tellSent(session, part, storedDigest(draft, part), sent);
  }
  if (draft.image !== undefined) await tagImage(session, name, number, draft.image.digest);
  await pointModel(session, name, number, draft);
  session.ctx.emit({ type: 'progress', text: `publishing release ${number}` });
  const archive = { bucket: session.bucket, object: objectKey(archiveDigest(draft.artifacts)) };
  const wanted = {
    name,
    number,
    draft,
    runAs: runtimeEmail(session, name),
    buildAs: buildEmail(session),
    models: `gs://${session.bucket}/${modelsPrefix(name)}`,
    image: draft.image === undefined ? null : imageName(session, name, draft.image.digest),
    source: async () => (draft.image !== undefined ? null : settingsOf(draft).mode === 'run' ? archive : sourceFor(session, done)),
  };
  await publishRevision(session, wanted, async () => {
    if ((await readRecord(session, name, number)) === null) throw gone(name);
  });
}

async function switchTo(session: Session, step: Extract<Step, { kind: 'switch' }>, done: Done): Promise<void> {
  const { name, candidate, verification, sample } = done;
  const number = step.number ?? candidate?.number;
  if (number === undefined) throw unknown(name, number);
  if (verification !== undefined) await writeVerified(session, name, number, { verification, sample: sample ?? null });
  await moveTraffic(session, name, (now) => targets(session, now, { name, number, percent: step.percent, published: step.number === null }));
}

function targets(session: Session, now: Now, to: { name: string; number: number; percent: number | undefined; published: boolean }): Target[] | null {
  const { name, number, percent, published } = to;
  const revision = now.revisions.findLast(({ release, ready }) => release === number && ready);
  if (revision === undefined) throw published ? gone(name) : unknown(name, number);
  const live = now.revisions.find((each) => each.name === now.split?.live);
  if ((published || percent !== undefined) && (live?.release ?? 0) > number) {
    session.ctx.emit({
      type: 'warning',
      text: `Release ${live?.release} went live meanwhile, and stays; release ${number} is there, checked.`,
      hint: `Have it live with \`mlfn rollback ${name} --to ${number}\`.`,
    });
    return null;
  }
  // The rest stays with what is live now, also when that is not what the plan has seen.
  const shared = percent !== undefined && live !== undefined && live.name !== revision.name;
  return trafficFor(now, shared ? { live: live.name, canary: { revision: revision.name, percent } } : { live: revision.name, canary: null });
}

function unknown(name: string, number: number | undefined): MlfnError {
  return new MlfnError('RELEASE_UNKNOWN', `There is no release ${number ?? '?'} of ${name}.`, {
    hint: 'Another command may have removed it: see `mlfn releases`.',
  });
}
