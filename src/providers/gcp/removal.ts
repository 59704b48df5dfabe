/**
 * Taking away: releases that are too many, candidates that nobody wants, a whole function. What a record names goes before
 * the record itself, so that whatever is killed here is found, and finished, by the same command or by a later sweep.
 */
import { MlfnError } from '../../errors.ts';
import { needsOf, removeRuntimeAccount } from './access/service-accounts.ts';
import { deleteFunction, isBusy } from './functions/function.ts';
import { removeImages } from './functions/images.ts';
import { removeImages as removeVersions } from './images/versions.ts';
import { isTheirs } from './labels.ts';
import { archiveDigest } from './names.ts';
import { deadRecords, isOfFunction, see, type Seen, strayNumbers } from './observe.ts';
import { collectModels } from './models.ts';
import { deleteRevision, deleteService, type Revision } from './services.ts';
import type { Session } from './session.ts';
import { collectObjects } from './storage/objects.ts';
import { deleteHistory, deleteRecord, listAbandoned, listAllRecords, listRecords, readRecord, type ReleaseRecord } from './storage/records.ts';
import { moveTraffic, trafficFor } from './traffic.ts';

/** Keeps the newest, and whatever has traffic; takes away records and revisions that lack each other. */
export async function prune(session: Session, name: string, keep: number): Promise<void> {
  const seen = await see(session, name);
  const { records, revisions } = seen;
  const isBusyRelease = (number: number) => revisions.some((each) => each.release === number && hasTraffic(seen, each));
  const old = records.filter((each) => each.verified !== null).slice(0, -keep);
  const dropped = [...new Set([...old, ...deadRecords(seen)])].map(({ record }) => record).filter(({ number }) => !isBusyRelease(number));
  const numbers = new Set(dropped.map(({ number }) => number));
  for (const number of strayNumbers(seen)) {
    // Its record may have been made since the records were listed.
    if (!isBusyRelease(number) && (await readRecord(session, name, number)) === null) numbers.add(number);
  }
  await deleteRevisions(session, name, revisions.filter(({ release }) => release !== null && numbers.has(release)));
  await collect(session, name, (record) => dropped.some(({ number }) => number === record.number));
  for (const { number } of dropped) await deleteRecord(session, name, number);
}

function hasTraffic({ split }: Seen, { name }: Revision): boolean {
  return name === split?.live || name === split?.canary?.revision;
}

/** Their URLs first: Cloud Run lets no revision go that can be reached. */
async function deleteRevisions(session: Session, name: string, revisions: Revision[]): Promise<void> {
  if (revisions.length === 0) return;
  const drop = revisions.map((each) => each.name);
  await moveTraffic(session, name, (now) => (now.split === null ? null : trafficFor(now, now.split, { drop })));
  for (const revision of drop) await deleteRevision(session, name, revision);
}

/** The function with all that is its own. */
export async function remove(session: Session, name: string): Promise<void> {
  const seen = await see(session, name); // Refuses what is not ours.
  const isFunction = seen.function !== null || (seen.service !== null && isOfFunction(seen.service));
  if (isFunction) await deleteFunction(session, name);
  else await deleteService(session, name);
  if (isFunction) await removeImages(session, name);
  if (session.config.serviceAccount === undefined) await removeRuntimeAccount(session, name, needsOf(seen.records.map(({ record }) => record)));
  await collect(session, name, () => true);
  await deleteHistory(session, name);
}

/** A release that was claimed and never verified; the whole function, where there is nothing else of it. */
export async function dropCandidate(session: Session, { name, number }: { name: string; number: number }): Promise<void> {
  const seen = await see(session, name);
  const { service, records, revisions, split } = seen;
  const record = records.find((each) => each.record.number === number);
  if (record !== undefined && record.verified !== null) return;
  if (seen.function !== null && isBusy(seen.function)) throw stillMade(name);
  const labels = { ...service?.labels, ...seen.function?.labels };
  const there = service !== null || seen.function !== null;
  const theirs = there && isTheirs(labels);
  const alone = records.every((each) => each.record.number === number) && revisions.every(({ release }) => release === number);
  if (!theirs && alone) return remove(session, name);
  const mine = revisions.filter((each) => each.release === number && each.name !== split?.live);
  await deleteRevisions(session, name, mine);
  await collect(session, name, (each) => each.number === number);
  await deleteRecord(session, name, number);
}

/** A function under way cannot be deleted: whoever deploys the same next takes it up. */
function stillMade(name: string): MlfnError {
  return new MlfnError('GCP_SLOW', `Cloud Functions still works on ${name}.`, { hint: 'Run the same command again; it goes on from where it stopped.' });
}

/** Candidates that killed commands left, of any function: nobody has been at them for an hour. */
export async function sweep(session: Session): Promise<void> {
  for (const { record } of await listAbandoned(session)) {
    await dropCandidate(session, { name: record.function, number: record.number }).catch((error: unknown) => {
      // Of a function that is somebody else's by now.
      if (!(error instanceof MlfnError && error.code === 'GCP_NOT_OURS')) throw error;
    });
  }
}

/** Images, objects that no record names but those of this function that are `dropped`, and models that none of its others does. */
async function collect(session: Session, name: string, dropped: (record: ReleaseRecord) => boolean): Promise<void> {
  const isDropped = (record: ReleaseRecord) => record.function === name && dropped(record);
  const records = async () => (await listAllRecords(session)).map(({ record }) => record).filter((record) => !isDropped(record));
  await collectModels(session, name, async () => (await records()).filter((record) => record.function === name));
  const kept = await records();
  await collectImages(session, name, (await listRecords(session, name)).map(({ record }) => record).filter(dropped), kept);
  await collectObjects(session, new Set(kept.map(({ artifacts }) => archiveDigest(artifacts))), isDropped);
}

/** Nobody is asked about images of functions that have none: the API may be off. */
async function collectImages(session: Session, name: string, gone: ReleaseRecord[], kept: ReleaseRecord[]): Promise<void> {
  const dropped = gone.flatMap(({ number, image }) => (image === undefined ? [] : [{ number, digest: image.digest }]));
  if (dropped.length === 0) return;
  const needed = kept.flatMap(({ function: of, image }) => (of === name && image !== undefined ? [image.digest] : []));
  await removeVersions(session, name, dropped, new Set(needed));
}
