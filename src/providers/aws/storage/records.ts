/**
 * The release history in the bucket: an object for each release, created and never changed, and another once the release
 * is verified. Of two deploys at once each gets a number of its own.
 */
import { randomUUID } from 'node:crypto';
import { MlfnError } from '../../../errors.ts';
import type { Release, Sample, Verification } from '../../../types.ts';
import type { ReleaseDraft } from '../../provider.ts';
import type { Session } from '../session.ts';
import { broken, createJson, readJson } from './json.ts';
import { abortUpload, leftovers } from './leftovers.ts';
import { deletePrefix, isOurs, listKeys, removeKeys, type Listed } from './listing.ts';

export interface ReleaseRecord extends ReleaseDraft, Pick<Release, 'number' | 'createdAt'> {
  /** Of the deploy that made it: it knows its own record again when the answer to its write got lost. */
  claim: string;
}

interface Verified {
  schema: 1;
  /** The record's: what an earlier holder of the number left behind does not count. */
  claim: string;
  verification: Verification;
  sample: Sample | null;
}

export interface StoredRecord {
  record: ReleaseRecord;
  verified: Pick<Verified, 'verification' | 'sample'> | null;
}

/** Functions that a record or its mark belongs to. */
const KEY = /^functions\/([a-z][a-z0-9-]*)\/releases\/(\d{6,})(\.verified)?\.json$/;
const ALL = 'functions/';
/** Longer than any deploy takes. */
const ABANDONED_MS = 60 * 60 * 1000;
const SIDE_BY_SIDE = 16;

function folder(name: string): string {
  return `${ALL}${name}/releases/`;
}

/** Six digits, so that listings are in order; more when there are more releases. */
function keyOf(name: string, number: number, mark: '' | '.verified' = ''): string {
  return `${folder(name)}${String(number).padStart(6, '0')}${mark}.json`;
}

/** Oldest first; empty when there is no history, or no bucket. @throws AWS_RECORD_NEWER, AWS_RECORD_BROKEN */
export async function listRecords(session: Session, name: string): Promise<StoredRecord[]> {
  return readListed(session, await listKeys(session, folder(name)));
}

/** Of every function. */
export async function listAllRecords(session: Session): Promise<StoredRecord[]> {
  return readListed(session, await listKeys(session, ALL));
}

async function readListed(session: Session, listed: Listed[]): Promise<StoredRecord[]> {
  const etags = new Map(listed.map(({ key, etag }) => [key, etag]));
  const wanted = listed.flatMap(({ key }) => {
    const match = KEY.exec(key);
    return match === null || match[3] !== undefined ? [] : [{ name: match[1] ?? '', number: Number(match[2]) }];
  });
  const found: (StoredRecord | null)[] = [];
  for (let index = 0; index < wanted.length; index += SIDE_BY_SIDE) {
    const some = wanted.slice(index, index + SIDE_BY_SIDE);
    found.push(...(await Promise.all(some.map(({ name, number }) => readOne(session, name, number, etags)))));
  }
  const records = found.filter((each) => each !== null);
  return records.toSorted((a, b) => byName(a.record, b.record) || a.record.number - b.record.number);
}

function byName(a: ReleaseRecord, b: ReleaseRecord): number {
  return a.function < b.function ? -1 : Number(a.function > b.function);
}

/** Null when there is none of that number. */
export async function readRecord(session: Session, name: string, number: number): Promise<StoredRecord | null> {
  return readOne(session, name, number);
}

/** @param etags of what a listing showed: what is not in it is not asked for */
async function readOne(session: Session, name: string, number: number, etags?: Map<string, string>): Promise<StoredRecord | null> {
  const [key, mark] = [keyOf(name, number), keyOf(name, number, '.verified')];
  const unmarked = etags !== undefined && !etags.has(mark);
  const [record, verified] = await Promise.all([
    readJson<ReleaseRecord>(session, key, etags?.get(key)),
    unmarked ? null : readJson<Verified>(session, mark, etags?.get(mark)),
  ]);
  if (record === null) return null;
  if (record.number !== number || record.function !== name) throw broken(key, `it tells of release ${record.number} of ${record.function}`);
  if (verified === null || verified.claim !== record.claim) return { record, verified: null };
  return { record, verified: { verification: verified.verification, sample: verified.sample } };
}

/** Claimed, not verified, and nobody is at it any more. */
export function isAbandoned({ record, verified }: StoredRecord): boolean {
  return verified === null && Date.now() - Date.parse(record.createdAt) > ABANDONED_MS;
}

/** Releases of any function that were claimed and not verified for so long that nobody is at them: told by one listing. */
export async function listAbandoned(session: Session): Promise<StoredRecord[]> {
  const listed = await listKeys(session, ALL);
  const keys = new Set(listed.map(({ key }) => key));
  const unverified = listed.filter(({ key }) => !keys.has(key.replace(/\.json$/, '.verified.json')));
  return (await readListed(session, unverified)).filter(isAbandoned);
}

/** Makes the record under the next free number above `used`, and returns that. */
export async function claimNumber(session: Session, name: string, draft: ReleaseDraft, used = 0): Promise<number> {
  const claim = randomUUID();
  const taken = (await listKeys(session, folder(name))).map(({ key }) => Number(KEY.exec(key)?.[2] ?? 0));
  for (let number = Math.max(used, ...taken) + 1; ; number++) {
    const record: ReleaseRecord = { ...draft, number, createdAt: new Date().toISOString(), claim };
    if (await createJson(session, keyOf(name, number), record)) return number;
    if ((await readJson<ReleaseRecord>(session, keyOf(name, number)))?.claim === claim) return number;
  }
}

/** Marks the release as verified. The first mark stays: verified again after a kill, the times alone differ. */
export async function writeVerified(
  session: Session,
  name: string,
  number: number,
  { verification, sample }: Pick<Verified, 'verification' | 'sample'>,
): Promise<void> {
  const key = keyOf(name, number, '.verified');
  const claim = (await readJson<ReleaseRecord>(session, keyOf(name, number)))?.claim;
  if (claim === undefined) {
    throw new MlfnError('RELEASE_UNKNOWN', `There is no release ${number} of ${name}.`, {
      hint: 'Another command may have removed it: see `mlfn releases`.',
    });
  }
  const verified: Verified = { schema: 1, claim, verification, sample };
  while (!(await createJson(session, key, verified))) {
    if ((await readJson<Verified>(session, key))?.claim === claim) return;
    await removeKeys(session, [key]);
  }
}

/** The mark first: a removal that is broken off leaves an unverified release, never a mark without one. */
export async function deleteRecord(session: Session, name: string, number: number): Promise<void> {
  await removeKeys(session, [keyOf(name, number, '.verified')]);
  await removeKeys(session, [keyOf(name, number)]);
}

/** With what was half sent for the function. */
export async function deleteHistory(session: Session, name: string): Promise<void> {
  await deletePrefix(session, folder(name));
  for (const leftover of await leftovers(session, `${ALL}${name}/`)) {
    if (isOurs(leftover.key)) await abortUpload(session, leftover);
  }
}
