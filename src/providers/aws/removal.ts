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
import { imageOf } from './code.ts';
import { collectImages } from './images/images.ts';
import { removeRepository } from './images/repository.ts';
import { deleteLayer, layersOf } from './layers.ts';
import { removeLogGroup } from './logs/log-group.ts';
import { EMPTY_PART, layerName, TAG } from './names.ts';
import { deadRecords, see, strayNumbers } from './observe.ts';
import { collectModels } from './models.ts';
import { removeRole } from './role.ts';
import type { Session } from './session.ts';
import { ADOPTED_TAG, TWIN_TAG, WARM_TAG } from './settings/marks.ts';
import { removeSchedule } from './settings/warm.ts';
import { collectObjects } from './storage/objects.ts';
import { deleteHistory, deleteRecord, listAbandoned, listAllRecords, listRecords, readRecord, type ReleaseRecord } from './storage/records.ts';
import { removeUrl } from './endpoint/url.ts';
import { collectTwin, removeTwin } from './twin/twin.ts';
import { deleteVersion, type Version } from './versions.ts';

type Parts = Pick<ReleaseDraft, 'artifacts' | 'image'>;

/** Keeps the newest, and whatever has traffic; takes away records and versions that lack each other. */
export async function prune(session: Session, name: string, keep: number): Promise<void> {
  const seen = await see(session, name);
  const { records, versions, handed, traffic, image } = seen;
  const busy = [traffic?.version, traffic?.canary?.version];
  const versionsOf = (number: number) => [...versions, ...handed].filter(({ release }) => release === number);
  const isBusy = (number: number) => versions.some(({ release, version }) => release === number && busy.includes(version));
  const many = records.filter((each) => each.verified !== null).slice(0, -keep);
  const dropped: ReleaseRecord[] = [];
  const old: typeof versions = [];
  for (const { record } of new Set([...many, ...deadRecords(seen)])) {
    // A rollback may have given it traffic since: Lambda knows.
    if (isBusy(record.number) || !(await deleteVersions(session, versionsOf(record.number)))) continue;
    dropped.push(record);
    old.push(...versionsOf(record.number));
  }
  for (const number of strayNumbers(seen)) {
    // Its record may have been made since the records were listed.
    if (isBusy(number) || (await readRecord(session, name, number)) !== null) continue;
    if (await deleteVersions(session, versionsOf(number))) old.push(...versionsOf(number));
  }
  const stay = [...versions, ...handed].filter((each) => !old.includes(each));
  const layers = { gone: [...layersNamed(dropped), ...layersAt(old)], kept: layersAt(stay) };
  const isDropped = (record: ReleaseRecord) => dropped.some(({ number }) => number === record.number);
  if (handed.length > 0) await collectTwin(session, name, image ? 'zip' : 'image', isDropped);
  if (image || handed.length > 0) await collectImages(session, name, () => imagesNamed(session, name, stay, isDropped));
  await collect(session, name, layers, isDropped);
  for (const { number } of dropped) await deleteRecord(session, name, number);
}

/** @param more artifacts of candidates whose record is gone already */
export async function remove(session: Session, name: string, more: Parts[] = []): Promise<void> {
  const { records, versions, handed, tags, image } = await see(session, name); // Refuses what is not ours.
  if (tags[WARM_TAG] !== undefined) await removeSchedule(session, name);
  await removeUrl(session, name);
  await removeHttpApi(session, name);
  // Before what it is found by; the function may also be gone already.
  for (const form of ['zip', 'image'] as const) await removeTwin(session, name, form);
  await orNull({ action: 'lambda:DeleteFunction', resource: name }, () =>
    session.lambda.send(new DeleteFunctionCommand({ FunctionName: name }), { abortSignal: session.ctx.signal }),
  );
  await removeLogGroup(session, name);
  if (session.config.role === undefined) await removeRole(session, name);
  const named: Parts[] = [...more, ...records.map(({ record }) => record)];
  if (image || named.some((each) => each.image !== undefined)) await removeRepository(session, name);
  await collect(session, name, { gone: [...layersNamed(named), ...layersAt([...versions, ...handed])], kept: [] }, () => true);
  await deleteHistory(session, name);
}

/** A release that was claimed and never verified; the whole function, where there is nothing else of it. */
export async function dropCandidate(session: Session, { name, number, artifacts, image }: { name: string; number: number } & Parts): Promise<void> {
  const { exists, versions, handed, records, tags, image: ofImages } = await see(session, name);
  const record = records.find((each) => each.record.number === number);
  if (record !== undefined && record.verified !== null) return;
  const traffic = await readTraffic(session, name);
  // A function that somebody else made is theirs, whatever became of our first release of it.
  const theirs = exists && (tags[TAG] === undefined || tags[ADOPTED_TAG] !== undefined);
  if (!theirs && records.every((each) => each.record.number === number) && traffic === null) return remove(session, name, [{ artifacts, image }]);
  const its = [...versions.filter(({ release, version }) => release === number && version !== traffic?.version), ...handed.filter(({ release }) => release === number)];
  if (!(await deleteVersions(session, its))) return;
  const stay = [...versions, ...handed].filter((each) => !its.includes(each));
  const layers = { gone: [...layersNamed([{ artifacts }]), ...layersAt(its)], kept: layersAt(stay) };
  if (tags[TWIN_TAG] !== undefined) await collectTwin(session, name, ofImages ? 'zip' : 'image', (each) => each.number === number);
  if (image !== undefined) await collectImages(session, name, () => imagesNamed(session, name, stay, (each) => each.number === number));
  await collect(session, name, layers, (each) => each.number === number);
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

/** Those of the function come first: what hands calls on goes before what answers them. False when one of them has traffic. */
async function deleteVersions(session: Session, versions: Version[]): Promise<boolean> {
  for (const { name, version } of versions) if (!(await deleteVersion(session, name, version))) return false;
  return true;
}

function layersNamed(records: Pick<Parts, 'artifacts'>[]): string[] {
  return records.flatMap(({ artifacts: { dependencies } }) => (dependencies === EMPTY_PART ? [] : [layerName(dependencies)]));
}

/** Images of the function's releases but those that are dropped; of versions that stay though somebody has deleted their record; and those by which calls are handed on. */
async function imagesNamed(session: Session, name: string, stay: Version[], dropped: (record: ReleaseRecord) => boolean): Promise<Set<string>> {
  const records = (await listRecords(session, name)).map(({ record }) => record).filter((record) => !dropped(record));
  const others = stay.filter(({ release, relay }) => relay !== null || !records.some(({ number }) => number === release));
  const held = await Promise.all(others.map((each) => imageOf(session, each.name, each.version)));
  return new Set([...records.map(({ image }) => image?.digest), ...held].filter((digest) => typeof digest === 'string'));
}

/** A version knows its layer also when somebody has emptied the bucket. */
function layersAt(versions: Version[]): string[] {
  return layersOf(versions.flatMap((version) => version.layers));
}

interface Layers {
  /** Names: of what is taken away. */
  gone: string[];
  /** Of the function's versions that stay. */
  kept: string[];
}

/**
 * Objects and layers that are gone, but those that a record names which is not `dropped`; and models that none of the
 * function's other records does.
 */
async function collect(session: Session, name: string, { gone, kept: used }: Layers, dropped: (record: ReleaseRecord) => boolean): Promise<void> {
  const isDropped = (record: ReleaseRecord) => record.function === name && dropped(record);
  const records = async () => (await listAllRecords(session)).map(({ record }) => record).filter((record) => !isDropped(record));
  await collectModels(session, name, async () => (await records()).filter((record) => record.function === name));
  const kept = await records();
  const named = new Set(kept.flatMap(({ artifacts }) => Object.values(artifacts)));
  await collectObjects(session, named, isDropped);
  const wanted = new Set([...used, ...[...named].map(layerName)]);
  for (const layer of new Set(gone)) if (!wanted.has(layer)) await deleteLayer(session, layer);
}
