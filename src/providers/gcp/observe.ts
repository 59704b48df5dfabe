/** What the project has of a function: the service's traffic says what is live, its revisions what can be, the records the rest. */
import { MlfnError } from '../../errors.ts';
import type { Live, Release } from '../../live.ts';
import { type CloudFunction, getFunction, listFunctions } from './functions/function.ts';
import { LABEL } from './names.ts';
import { listServices, type Revision, type Service } from './services.ts';
import type { Session } from './session.ts';
import { settingsOf } from './settings.ts';
import { isAbandoned, listRecords, type StoredRecord } from './storage/records.ts';
import { lookAt, type Split } from './traffic.ts';

/** A function, its records and the revisions that stand behind them. */
export interface Seen {
  /** Null without a service, though there may be a function whose first build failed. */
  service: Service | null;
  function: CloudFunction | null;
  records: StoredRecord[];
  /** Those that run, or have run. */
  revisions: Revision[];
  split: Split | null;
}

/** @throws GCP_NOT_OURS for what mlfn did not make, unless it is to be taken over */
export async function see(session: Session, name: string): Promise<Seen> {
  const [now, records] = await Promise.all([lookAt(session, name), listRecords(session, name)]);
  const mayBeFunction = now === null ? session.config.mode === 'function' || records.some(isFunctions) : isOfFunction(now.service);
  const found = mayBeFunction ? await getFunction(session, name).catch(orNone(null)) : null;
  const labels = { ...now?.service.labels, ...found?.labels };
  if ((now !== null || found !== null) && labels[LABEL] === undefined && !session.config.adopt) throw notOurs(session, name);
  return { service: now?.service ?? null, function: found, records, revisions: now?.revisions ?? [], split: now?.split ?? null };
}

/** cloud.google.com/functions/docs/concepts/version-comparison: the service of a function is labelled by who manages it. */
export function isOfFunction({ labels }: Service): boolean {
  return labels?.['goog-managed-by'] === 'cloudfunctions';
}

function isFunctions({ record }: StoredRecord): boolean {
  return settingsOf(record).mode === 'function';
}

export async function observe(session: Session, name: string): Promise<Live | null> {
  const seen = await see(session, name);
  const { service, records, split } = seen;
  if (records.length === 0 && service === null && seen.function === null) return null;
  const whole = records.filter((each) => isWhole(each, seen.revisions));
  const liveOf = (revision: string | undefined) => {
    const release = seen.revisions.find((each) => each.name === revision)?.release;
    // The first revision of a service has all the traffic from the start, checked or not.
    return whole.some(({ record }) => record.number === release) ? (release ?? null) : null;
  };
  const live = liveOf(split?.live);
  const canary = liveOf(split?.canary?.revision);
  return {
    name,
    target: 'gcp',
    url: service?.uri ?? '',
    live,
    ...(canary === null || live === null || !split?.canary ? {} : { canary: { number: canary, percent: split.canary.percent } }),
    releases: whole.map(toRelease),
    candidates: [
      ...records
        .filter((each) => !whole.includes(each))
        .map((each) => ({ number: each.record.number, digest: each.record.digest, abandoned: isAbandoned(each) })),
      // The number is taken, whatever became of the record.
      ...strayNumbers(seen).map((number) => ({ number, digest: '', abandoned: false })),
    ],
    ...(isUntidy(seen) ? { untidy: true } : {}),
  };
}

/** Verified releases whose revision somebody has deleted: they cannot come back. */
export function deadRecords({ records, revisions }: Pick<Seen, 'records' | 'revisions'>): StoredRecord[] {
  return records.filter(({ verified, record }) => verified !== null && !revisions.some(({ release }) => release === record.number));
}

/** Releases of revisions without a record: somebody has deleted it, or Cloud Run did not let its latest revision go. */
export function strayNumbers({ records, revisions }: Pick<Seen, 'records' | 'revisions'>): number[] {
  const recorded = new Set(records.map(({ record }) => record.number));
  return [...new Set(revisions.map(({ release }) => release))].filter((release) => release !== null).filter((number) => !recorded.has(number));
}

/** The latest revision does not count: it cannot be deleted before there is another. */
function isUntidy(seen: Seen): boolean {
  const latest = seen.revisions.at(-1)?.release;
  const busy = seen.revisions.filter(({ name }) => name === seen.split?.live || name === seen.split?.canary?.revision).map(({ release }) => release);
  const stray = strayNumbers(seen).filter((number) => number !== latest && !busy.includes(number));
  return stray.length > 0 || deadRecords(seen).length > 0;
}

/** Where the API of functions is off there are none: not everybody who deploys services and images has it. */
function orNone<T>(none: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof MlfnError && error.code === 'GCP_API_OFF') return none;
    throw error;
  };
}

/** Every function of mlfn in the region. */
export async function list(session: Session): Promise<Live[]> {
  const [services, functions] = await Promise.all([listServices(session), session.config.mode === 'function' ? listFunctions(session).catch(orNone([])) : []]);
  const names = [...new Set([...services, ...functions])].toSorted();
  const found = await Promise.all(names.map((name) => observe(session, name)));
  return found.filter((each) => each !== null).filter((each) => each.releases.length > 0);
}

/** Verified, and its revision is there to be switched to. */
function isWhole(each: StoredRecord, revisions: Revision[]): boolean {
  return each.verified !== null && revisions.some(({ release }) => release === each.record.number);
}

function toRelease({ record, verified }: StoredRecord): Release {
  const { claim: _claim, ...rest } = record;
  return { ...rest, verification: verified!.verification, sample: verified!.sample };
}

function notOurs(session: Session, name: string): MlfnError {
  return new MlfnError('GCP_NOT_OURS', `There is a function or service ${name} in ${session.region} that mlfn did not make.`, {
    hint: 'Choose another name with --name, or have mlfn take it over with --adopt.',
    details: { function: name, project: session.project, region: session.region },
  });
}
