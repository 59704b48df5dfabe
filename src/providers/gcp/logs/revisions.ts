/** Which release a revision is, and since when there is a service: Cloud Run is asked, as entries tell neither for sure. */
import { explainGcp, gcpCode } from '../errors.ts';
import { RELEASE_LABEL, RELEASE_VARIABLE, servicePath } from '../names.ts';
import type { Session } from '../session.ts';

/** The clock of whoever wrote the first entry. */
const SKEW_MS = 60_000;

/** Release by the revision's short name. */
export type Releases = ReadonlyMap<string, number>;

export async function releasesOf(session: Session, name: string): Promise<Releases> {
  const parent = servicePath(session.project, session.region, name);
  const releases = new Map<string, number>();
  try {
    for await (const { name: path, labels, containers } of (await session.revisions()).listRevisionsAsync({ parent }, { autoPaginate: false })) {
      const variable = containers?.flatMap(({ env }) => env ?? []).find((each) => each.name === RELEASE_VARIABLE)?.value;
      const number = Number(variable ?? labels?.[RELEASE_LABEL]);
      if (path && Number.isInteger(number)) releases.set(path.split('/').at(-1) ?? '', number);
    }
    return releases;
  } catch (error) {
    throw explainGcp(error, { permission: 'run.revisions.list', resource: parent });
  }
}

/** Milliseconds since 1970; 0 where there is no such service. */
export async function createdAt(session: Session, name: string): Promise<number> {
  const resource = servicePath(session.project, session.region, name);
  try {
    const [{ createTime }] = await (await session.services()).getService({ name: resource });
    return createTime?.seconds ? Number(createTime.seconds) * 1000 - SKEW_MS : 0;
  } catch (error) {
    if (gcpCode(error) === 'NOT_FOUND') return 0;
    throw explainGcp(error, { permission: 'run.services.get', resource });
  }
}
