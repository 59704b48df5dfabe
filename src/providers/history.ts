/**
 * The release history in an object store: an object for each release, created and never changed, and another once the release
 * is verified. Of two deploys at once each gets a number of its own. Targets that keep their record in a bucket share this.
 */
import { randomUUID } from 'node:crypto';
import { type ErrorCode, MlfnError } from '../errors.ts';
import type { Release, Sample, Verification } from '../live.ts';
import type { ReleaseDraft } from './provider.ts';

/** What a history, and what points to models, need of a bucket. Small texts only. */
export interface ObjectStore {
  /** Everything below the prefix, in the order of the keys; nothing without a bucket. */
  list(prefix: string): Promise<Listed[]>;
  /**
   * Null when there is no such object. `version` is what a listing showed: the store may answer from memory what it has read
   * of the same before, as one command lists the same history several times.
   */
  read(key: string, version?: string): Promise<string | null>;
  /** False when something is there already; also when the answer to its own write got lost. */
  create(key: string, text: string): Promise<boolean>;
  /** False when the object is no longer that `version`; also when the answer to its own write got lost. */
  replace(key: string, text: string, version: string): Promise<boolean>;
  /** What is gone already counts as removed. */
  remove(keys: string[]): Promise<void>;
  /** How the target's users are told of a record that is none. */
  codes: { broken: ErrorCode; newer: ErrorCode };
}

export interface Listed {
  key: string;
  /** Changes with the object's bytes: an ETag, a generation. */
  version: string;
  /** Bytes. */
  size: number;
}

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

type Proof = Pick<Verified, 'verification' | 'sample'>;

export interface StoredRecord {
  record: ReleaseRecord;
  verified: Proof | null;
}

/** Functions that a record or its mark belongs to. */
const KEY = /^functions\/([a-z][a-z0-9-]*)\/releases\/(\d{6,})(\.verified)?\.json$/;
const ALL = 'functions/';
/** Longer than any deploy takes. */
const ABANDONED_MS = 60 * 60 * 1000;
const SIDE_BY_SIDE = 16;

/** Prefix of a function's records. */
export function historyPrefix(name: string): string {
  return `${ALL}${name}/releases/`;
}

/** What a provider does with its history, for sessions of its own that lead to a store. */
export function historyIn<Session>(storeOf: (session: Session) => ObjectStore) {
  return {
    listRecords: (session: Session, name: string) => listRecords(storeOf(session), name),
    listAllRecords: (session: Session) => listAllRecords(storeOf(session)),
    readRecord: (session: Session, name: string, number: number) => readRecord(storeOf(session), name, number),
    listAbandoned: (session: Session) => listAbandoned(storeOf(session)),
    claimNumber: (session: Session, name: string, draft: ReleaseDraft, used?: number) => claimNumber(storeOf(session), name, draft, used),
    writeVerified: (session: Session, name: string, number: number, proof: Proof) => writeVerified(storeOf(session), name, number, proof),
    deleteRecord: (session: Session, name: string, number: number) => deleteRecord(storeOf(session), name, number),
  };
}

/** Six digits, so that listings are in order; more when there are more releases. */
function keyOf(name: string, number: number, mark: '' | '.verified' = ''): string {
  return `${historyPrefix(name)}${String(number).padStart(6, '0')}${mark}.json`;
}

/** Oldest first; empty when there is no history, or no bucket. @throws the store's codes */
async function listRecords(store: ObjectStore, name: string): Promise<StoredRecord[]> {
  return readListed(store, await store.list(historyPrefix(name)));
}

/** Of every function. */
async function listAllRecords(store: ObjectStore): Promise<StoredRecord[]> {
  return readListed(store, await store.list(ALL));
}

async function readListed(store: ObjectStore, listed: Listed[]): Promise<StoredRecord[]> {
  const versions = new Map(listed.map(({ key, version }) => [key, version]));
  const wanted = listed.flatMap(({ key }) => {
    const match = KEY.exec(key);
    return match === null || match[3] !== undefined ? [] : [{ name: match[1] ?? '', number: Number(match[2]) }];
  });
  const found: (StoredRecord | null)[] = [];
  for (let index = 0; index < wanted.length; index += SIDE_BY_SIDE) {
    const some = wanted.slice(index, index + SIDE_BY_SIDE);
    found.push(...(await Promise.all(some.map(({ name, number }) => readRecord(store, name, number, versions)))));
  }
  const records = found.filter((each) => each !== null);
  return records.toSorted((a, b) => byName(a.record, b.record) || a.record.number - b.record.number);
}

function byName(a: ReleaseRecord, b: ReleaseRecord): number {
  return a.function < b.function ? -1 : Number(a.function > b.function);
}

/**
 * Null when there is none of that number.
 * @param versions of what a listing showed: what is not in it is not asked for
 */
async function readRecord(store: ObjectStore, name: string, number: number, versions?: Map<string, string>): Promise<StoredRecord | null> {
  const [key, mark] = [keyOf(name, number), keyOf(name, number, '.verified')];
  const unmarked = versions !== undefined && !versions.has(mark);
  const [record, verified] = await Promise.all([
    readJson<ReleaseRecord>(store, key, versions?.get(key)),
    unmarked ? null : readJson<Verified>(store, mark, versions?.get(mark)),
  ]);
  if (record === null) return null;
  if (record.number !== number || record.function !== name) throw broken(store, key, `it tells of release ${record.number} of ${record.function}`);
  if (verified === null || verified.claim !== record.claim) return { record, verified: null };
  return { record, verified: { verification: verified.verification, sample: verified.sample } };
}

/** Claimed, not verified, and nobody is at it any more. */
export function isAbandoned({ record, verified }: StoredRecord): boolean {
  return verified === null && Date.now() - Date.parse(record.createdAt) > ABANDONED_MS;
}

/** Releases of any function that were claimed and not verified for so long that nobody is at them: told by one listing. */
async function listAbandoned(store: ObjectStore): Promise<StoredRecord[]> {
  const listed = await store.list(ALL);
  const keys = new Set(listed.map(({ key }) => key));
  const unverified = listed.filter(({ key }) => !keys.has(key.replace(/\.json$/, '.verified.json')));
  return (await readListed(store, unverified)).filter(isAbandoned);
}

/** Makes the record under the next free number above `used`, and returns that. */
async function claimNumber(store: ObjectStore, name: string, draft: ReleaseDraft, used = 0): Promise<number> {
  const claim = randomUUID();
  const taken = (await store.list(historyPrefix(name))).map(({ key }) => Number(KEY.exec(key)?.[2] ?? 0));
  for (let number = Math.max(used, ...taken) + 1; ; number++) {
    const record: ReleaseRecord = { ...draft, number, createdAt: new Date().toISOString(), claim };
    if (await createJson(store, keyOf(name, number), record)) return number;
    if ((await readJson<ReleaseRecord>(store, keyOf(name, number)))?.claim === claim) return number;
  }
}

/** Marks the release as verified. The first mark stays: verified again after a kill, the times alone differ. */
async function writeVerified(store: ObjectStore, name: string, number: number, { verification, sample }: Proof): Promise<void> {
  const key = keyOf(name, number, '.verified');
  const claim = (await readJson<ReleaseRecord>(store, keyOf(name, number)))?.claim;
  if (claim === undefined) {
    throw new MlfnError('RELEASE_UNKNOWN', `There is no release ${number} of ${name}.`, {
      hint: 'Another command may have removed it: see `mlfn releases`.',
    });
  }
  const verified: Verified = { schema: 1, claim, verification, sample };
  while (!(await createJson(store, key, verified))) {
    if ((await readJson<Verified>(store, key))?.claim === claim) return;
    await store.remove([key]);
  }
}

/** The mark first: a removal that is broken off leaves an unverified release, never a mark without one. */
async function deleteRecord(store: ObjectStore, name: string, number: number): Promise<void> {
  await store.remove([keyOf(name, number, '.verified')]);
  await store.remove([keyOf(name, number)]);
}

function createJson(store: ObjectStore, key: string, value: { schema: 1 }): Promise<boolean> {
  return store.create(key, `${JSON.stringify(value, null, 1)}\n`);
}

/** Null when there is no such object. */
async function readJson<T extends { schema: 1 }>(store: ObjectStore, key: string, version?: string): Promise<T | null> {
  const text = await store.read(key, version);
  return text === null ? null : checked<T>(store, key, text);
}

function checked<T extends { schema: 1 }>(store: ObjectStore, key: string, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw broken(store, key, 'it is not JSON', cause);
  }
  const schema = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
  if (schema === 1) return value as T;
  if (typeof schema !== 'number') throw broken(store, key, 'it names no schema');
  throw new MlfnError(store.codes.newer, `${key} was made by a newer mlfn (schema ${schema}; this one knows 1).`, {
    hint: 'Update mlfn: npm install --global mlfn@latest.',
    details: { key, schema },
  });
}

function broken(store: ObjectStore, key: string, why: string, cause?: unknown): MlfnError {
  return new MlfnError(store.codes.broken, `${key} is no record of mlfn: ${why}.`, {
    hint: 'Restore it, or delete it to forget that release.',
    details: { key },
    cause,
  });
}
