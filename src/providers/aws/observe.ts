/** What the account has of a function: the alias says what is live, the versions what can be, the bucket's records the rest. */
import { ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { MlfnError } from '../../errors.ts';
import type { Live, Release } from '../../live.ts';
import { type Traffic, readTraffic } from './alias.ts';
import { call } from './call.ts';
import { observeEndpoint } from './endpoint/endpoint.ts';
import { isTwin, RELEASE_VARIABLE, TAG } from './names.ts';
import type { Session } from './session.ts';
import { WARM_TAG } from './settings/marks.ts';
import { twinVersions } from './twin/twin.ts';
import { isAbandoned, listRecords, type StoredRecord } from './storage/records.ts';
import { getFunction, listVersions, type Version } from './versions.ts';

/** A function, its records and the versions that stand behind them. */
export interface Seen {
  exists: boolean;
  /** Made of images. */
  image: boolean;
  records: StoredRecord[];
  versions: Version[];
  /** Of its twin. */
  handed: Version[];
  traffic: Traffic | null;
  tags: Record<string, string>;
  reserved: number | null;
}

export async function see(session: Session, name: string): Promise<Seen> {
  const [found, records] = await Promise.all([getFunction(session, name), listRecords(session, name)]);
  if (found === null) return { exists: false, image: false, records, versions: [], handed: [], traffic: null, tags: {}, reserved: null };
  if (found.Tags?.[TAG] === undefined && !session.config.adopt) throw notOurs(session, name);
  const tags = found.Tags ?? {};
  const [versions, handed, traffic] = await Promise.all([listVersions(session, name), twinVersions(session, tags), readTraffic(session, name)]);
  const image = found.Configuration?.PackageType === 'Image';
  return { exists: true, image, records, versions, handed, traffic, tags, reserved: found.Concurrency?.ReservedConcurrentExecutions ?? null };
}

export async function observe(session: Session, name: string): Promise<Live | null> {
  const [seen, endpoint] = await Promise.all([see(session, name), observeEndpoint(session, name)]);
  const { records, versions, traffic } = seen;
  if (records.length === 0 && !seen.exists) return null;
  const releaseOf = (version: string | undefined) => versions.find((each) => each.version === version)?.release ?? null;
  const live = releaseOf(traffic?.version);
  const canary = releaseOf(traffic?.canary?.version);
  return {
    name,
    target: 'aws',
    url: endpoint?.url ?? '',
    live,
    ...(canary === null || !traffic?.canary ? {} : { canary: { number: canary, percent: Math.round(traffic.canary.weight * 100) } }),
    ...notesOf(seen),
    releases: records.filter((each) => isWhole(each, versions)).map(toRelease),
    candidates: [
      ...records
        .filter((each) => !isWhole(each, versions))
        .map((each) => ({ number: each.record.number, digest: each.record.digest, abandoned: isAbandoned(each) })),
      // The number is taken, whatever became of the record.
      ...strayNumbers(seen).map((number) => ({ number, digest: '', abandoned: false })),
    ],
    ...(isUntidy(seen) ? { untidy: true } : {}),
  };
}

function notesOf({ tags, reserved }: Seen): Pick<Live, 'notes'> {
  const notes = [
    ...(tags[WARM_TAG] === undefined ? [] : [`kept warm by a call every ${tags[WARM_TAG]}`]),
    ...(reserved === null ? [] : [`${reserved} calls at once at most`]),
  ];
  return notes.length === 0 ? {} : { notes };
}

/** Verified releases whose version somebody has deleted: they cannot come back. */
export function deadRecords({ records, versions }: Seen): StoredRecord[] {
  return records.filter(({ verified, record }) => verified !== null && !versions.some(({ release }) => release === record.number));
}

/** Releases of versions whose record somebody has deleted. */
export function strayNumbers({ records, versions, handed }: Seen): number[] {
  const recorded = new Set(records.map(({ record }) => record.number));
  return [...new Set([...versions, ...handed].map(({ release }) => release))].filter((number) => !recorded.has(number));
}

function isUntidy({ traffic, ...seen }: Seen): boolean {
  const busy = seen.versions.filter(({ version }) => version === traffic?.version || version === traffic?.canary?.version);
  const stray = strayNumbers({ traffic, ...seen }).filter((number) => !busy.some(({ release }) => release === number));
  return stray.length > 0 || deadRecords({ traffic, ...seen }).length > 0;
}

/** Every function of mlfn in the region. */
export async function list(session: Session): Promise<Live[]> {
  const names: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await call({ action: 'lambda:ListFunctions', resource: '*' }, () =>
      session.lambda.send(new ListFunctionsCommand({ Marker }), { abortSignal: session.ctx.signal }),
    );
    const ours = (page.Functions ?? []).filter((each) => each.Environment?.Variables?.[RELEASE_VARIABLE] !== undefined && !isTwin(each.FunctionName ?? ''));
    names.push(...ours.map((each) => each.FunctionName ?? ''));
    Marker = page.NextMarker;
  } while (Marker !== undefined && Marker !== '');
  const found = await Promise.all(names.map((name) => observe(session, name)));
  return found.filter((each) => each !== null).filter((each) => each.releases.length > 0);
}

/** Verified, and its version is there to be switched to. */
function isWhole(each: StoredRecord, versions: Version[]): boolean {
  return each.verified !== null && versions.some(({ release }) => release === each.record.number);
}

function toRelease({ record, verified }: StoredRecord): Release {
  const { claim: _claim, ...rest } = record;
  return { ...rest, verification: verified!.verification, sample: verified!.sample };
}

export function notOurs(session: Session, name: string, hint = 'Choose another name with --name, or have mlfn take it over with --adopt.'): MlfnError {
  return new MlfnError('AWS_NOT_OURS', `There is a function ${name} in ${session.region} that mlfn did not make.`, {
    hint,
    details: { function: name, region: session.region },
  });
}
