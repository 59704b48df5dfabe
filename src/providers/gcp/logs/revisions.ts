/** Which release a revision is, and since when there is a service: Cloud Run is asked, as entries tell neither for sure. */
import { getService, listRevisions } from '../services.ts';
import type { Session } from '../session.ts';

/** The clock of whoever wrote the first entry. */
const SKEW_MS = 60_000;

/** Release by the revision's short name. */
export type Releases = ReadonlyMap<string, number>;

export async function releasesOf(session: Session, name: string): Promise<Releases> {
  const revisions = await listRevisions(session, name);
  return new Map(revisions.flatMap(({ name: revision, release }) => (release === null ? [] : [[revision, release] as const])));
}

/** Milliseconds since 1970; 0 where there is no such service. */
export async function createdAt(session: Session, name: string): Promise<number> {
  const seconds = (await getService(session, name))?.createTime?.seconds;
  return seconds ? Number(seconds) * 1000 - SKEW_MS : 0;
}
