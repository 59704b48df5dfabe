/** What went wrong lately, for `mlfn status`. */
import type { LogLine } from '../../../live.ts';
import type { Session } from '../session.ts';
import { entriesOf, filterOf, quoted, since } from './entries.ts';
import { joinedLines, textOf } from './lines.ts';
import { releasesOf } from './revisions.ts';

const DAY_MS = 86_400_000;
const LOOKED_AT = 500;
const MOST = 3;
/** The last row of a traceback, a worker that is killed or ended, a request that took too long. */
const SAID = /^(([\w.]+\.)?\w*(Error|Exception)(:.*)?|\[CRITICAL\].*|.*(Memory limit of .* exceeded|request has been terminated|Container called exit|failed to start).*)$/;

/** Errors of a release, of a day at most, oldest first; a traceback is told by its exception. */
export async function lastErrors(session: Session, name: string, release: number): Promise<LogLine[]> {
  const releases = await releasesOf(session, name);
  const revisions = [...releases].filter(([, number]) => number === release).map(([revision]) => quoted(revision));
  if (revisions.length === 0) return [];
  const more = [since(Date.now() - DAY_MS), `resource.labels.revision_name=(${revisions.join(' OR ')})`];
  const entries = await entriesOf(session, { filter: filterOf(session, name, more), order: 'desc', limit: LOOKED_AT });
  // The serving code's own sentence about a package that it cannot load.
  const critical = new Set(entries.filter(({ severity }) => severity === 'CRITICAL').map(textOf));
  const told = joinedLines(entries.toReversed(), releases).flatMap((line) => {
    const rows = line.text.split('\n');
    const text = rows.findLast((row) => SAID.test(row.trim())) ?? (critical.has(line.text) ? rows.at(-1) : undefined);
    return text === undefined ? [] : [{ ...line, text: text.trim() }];
  });
  return told.slice(-MOST);
}
