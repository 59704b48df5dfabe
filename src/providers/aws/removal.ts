/**
 * Taking away: releases that are too many, candidates that nobody wants, a whole function. What a record names goes before
 * the record itself, so that whatever is killed here is found, and finished, by the same command or by a later sweep.
 */
import { DeleteFunctionCommand } from '@aws-sdk/client-lambda';
import { MlfnError } from '../../errors.ts';
import type { ReleaseDraft } from '../provider.ts';
import { readTraffic } from './alias.ts';
import { orNull } from './call.ts';
import { removeHttpApi } from './endpoint/endpoint.ts';
import { deleteLayer } from './layers.ts';
import { removeLogGroup } from './logs/log-group.ts';
import { layerName, TAG } from './names.ts';
import { deadRecords, see, strayNumbers } from './observe.ts';
import { collectModels, EMPTY_PART } from './parts.ts';
import { removeRole } from './role.ts';
import type { Session } from './session.ts';
import { ADOPTED_TAG, WARM_TAG } from './settings/marks.ts';
import { removeSchedule } from './settings/warm.ts';
import { collectObjects } from './storage/objects.ts';
import { deleteHistory, deleteRecord, listAbandoned, listAllRecords, readRecord, type ReleaseRecord } from './storage/records.ts';
import { removeUrl } from './endpoint/url.ts';
import { deleteVersion } from './versions.ts';

type Artifacts = ReleaseDraft['artifacts'];

/** Keeps the newest, and whatever has traffic; takes away records and versions that lack each other. */
export async function prune(session: Session, name: string, keep: number): Promise<void> {
  const seen = await see(session, name);
  const { records, versions, traffic } = seen;
  const busy = [traffic?.version, traffic?.canary?.version];
  const versionsOf = (number: number) => versions.filter(({ release }) => release === number);
  const isBusy = (number: number) => versionsOf(number).some(({ version }) => busy.includes(version));
  const old = records.filter((each) => each.verified !== null).slice(0, -keep);
  const dropped = [...new Set([...old, ...deadRecords(seen)])].map(({ record }) => record).filter(({ number }) => !isBusy(number));
  for (const { number } of dropped) await deleteVersions(session, name, versionsOf(number));
  for (const number of strayNumbers(seen)) {
    // Its record may have been made since the records were listed.
    if (!isBusy(number) && (await readRecord(session, name, number)) === null) await deleteVersions(session, name, versionsOf(number));
  }
  await collect(session, name, dropped.map(({ artifacts }) => artifacts), (record) => dropped.some(({ number }) => number === record.number));
  for (const { number } of dropped) await deleteRecord(session, name, number);
}

/** @param more artifacts of candidates whose record is gone already */
export async function remove(session: Session, name: string, more: Artifacts[] = []): Promise<void> {
  const { records, tags } = await see(session, name); // Refuses what is not ours.
  if (tags[WARM_TAG] !== undefined) await removeSchedule(session, name);
  await removeUrl(session, name);
  await removeHttpApi(session, name);
  await orNull({ action: 'lambda:DeleteFunction', resource: name }, () =>
    session.lambda.send(new DeleteFunctionCommand({ FunctionName: name }), { abortSignal: session.ctx.signal }),
  );
  await removeLogGroup(session, name);
  if (session.config.role === undefined) await removeRole(session, name);
  await collect(session, name, [...more, ...records.map(({ record }) => record.artifacts)], () => true);
  await deleteHistory(session, name);
}

/** A release that was claimed and never verified; the whole function, where there is nothing else of it. */
export async function dropCandidate(session: Session, { name, number, artifacts }: { name: string; number: number; artifacts: Artifacts }): Promise<void> {
  const { exists, versions, records, tags } = await see(session, name);
  const record = records.find((each) => each.record.number === number);
  if (record !== undefined && record.verified !== null) return;
  const traffic = await readTraffic(session, name);
  // A function that somebody else made is theirs, whatever became of our first release of it.
  const theirs = exists && (tags[TAG] === undefined || tags[ADOPTED_TAG] !== undefined);
  if (!theirs && records.every((each) => each.record.number === number) && traffic === null) return remove(session, name, [artifacts]);
  await deleteVersions(session, name, versions.filter(({ release, version }) => release === number && version !== traffic?.version));
  await collect(session, name, [artifacts], (each) => each.number === number);
  await deleteRecord(session, name, number);
}

/** Candidates that killed commands left, of any function: nobody has been at them for an hour. */
export async function sweep(session: Session): Promise<void> {
  for (const { record } of await listAbandoned(session)) {
    await dropCandidate(session, { ...record, name: record.function }).catch((error: unknown) => {
      // Of a function that is somebody else's by now.
      if (!(error instanceof MlfnError && error.code === 'AWS_NOT_OURS')) throw error;
    });
  }
}

async function deleteVersions(session: Session, name: string, versions: { version: string }[]): Promise<void> {
  for (const { version } of versions) await deleteVersion(session, name, version);
}

/**
 * Objects and layers of `gone` that no record names but those of this function that are `dropped`, and models that none of
 * its others does.
 */
async function collect(session: Session, name: string, gone: Artifacts[], dropped: (record: ReleaseRecord) => boolean): Promise<void> {
  const isDropped = (record: ReleaseRecord) => record.function === name && dropped(record);
  const kept = (await listAllRecords(session)).map(({ record }) => record).filter((record) => !isDropped(record));
  const own = kept.filter((record) => record.function === name).map(({ artifacts }) => artifacts.model ?? '');
  await collectModels(session, name, new Set(own));
  const named = new Set(kept.flatMap(({ artifacts }) => Object.values(artifacts)));
  await collectObjects(session, named, isDropped);
  const layers = new Set([...named].map(layerName));
  const unused = new Set(gone.map(({ dependencies }) => dependencies).filter((digest) => digest !== EMPTY_PART && !layers.has(layerName(digest))));
  for (const digest of unused) await deleteLayer(session, digest);
}
