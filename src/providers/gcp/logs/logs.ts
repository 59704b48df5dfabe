/** The function's lines from Cloud Logging, oldest first. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MlfnError } from '../../../errors.ts';
import type { Context } from '../../../events.ts';
import type { LogLine } from '../../../live.ts';
import type { Session } from '../session.ts';
import { type Entry, entriesOf, filterOf, since } from './entries.ts';
import { joinedLines, Lines } from './lines.ts';
import { createdAt, type Releases, releasesOf } from './revisions.ts';

/** A project may list 60 times a minute, whoever asks: cloud.google.com/logging/quotas#api-limits */
const POLL_MS = 3000;
const LONGEST_POLL_MS = 30_000;
/** Entries become visible some seconds late and out of order: asked for again, told once. */
const LATE_MS = 30_000;
/** A traceback is many entries and one line: so many more are looked at than are asked for. */
const ROWS = 4;
/** And so many before them: the first may be the end of a traceback. */
const BEFORE = 100;

export async function* logs(session: Session, name: string, { follow, lines }: { follow: boolean; lines: number }): AsyncIterable<LogLine> {
  const begun = Date.now();
  const releases = await releasesOf(session, name);
  // An entry of a service of that name that is gone is none of this one.
  const own = await createdAt(session, name);
  const last = lines === 0 ? await between(session, name, begun - LATE_MS) : await lastEntries(session, name, { lines, own });
  if (lines > 0) yield* joinedLines(last, releases).slice(-lines);
  if (follow) yield* following(session, name, { told: last, begun, releases });
}

async function lastEntries(session: Session, name: string, { lines, own }: { lines: number; own: number }): Promise<Entry[]> {
  const found = await entriesOf(session, { filter: filterOf(session, name, [since(own)]), order: 'desc', limit: lines * ROWS + BEFORE });
  return found.toReversed();
}

function between(session: Session, name: string, from: number): Promise<Entry[]> {
  return entriesOf(session, { filter: filterOf(session, name, [since(from)]) });
}

/** What comes from now on, each line once. Throttling and a lost connection are waited out, and nothing of that time is lost. */
async function* following(session: Session, name: string, start: { told: Entry[]; begun: number; releases: Releases }): AsyncIterable<LogLine> {
  const { ctx } = session;
  let { begun: from, releases } = start;
  const lines = new Lines(() => releases);
  const told = new Map(start.told.map((entry) => [idOf(entry), timeOf(entry)]));
  let delay = POLL_MS;
  while (!ctx.signal.aborted) {
    await sleep(delay, undefined, { signal: ctx.signal }).catch(() => undefined);
    if (ctx.signal.aborted) return;
    const asked = Date.now();
    const entries = await between(session, name, from - LATE_MS).catch((error: unknown) => passing(ctx, error));
    delay = entries === null ? Math.min(delay * 2, LONGEST_POLL_MS) : POLL_MS;
    if (entries === null) continue;
    const fresh = entries.filter((entry) => !told.has(idOf(entry)));
    if (fresh.some((entry) => !releases.has(revisionOf(entry)))) releases = await releasesOf(session, name).catch(() => releases);
    for (const entry of fresh) {
      told.set(idOf(entry), timeOf(entry));
      yield* lines.push(entry);
    }
    if (fresh.length === 0) yield* lines.flush();
    from = asked;
    for (const [id, time] of told) if (time < from - 2 * LATE_MS) told.delete(id);
  }
}

/** Unique beside its time: cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry */
function idOf({ insertId = '', timestamp = '', logName = '' }: Entry): string {
  return `${insertId} ${timestamp} ${logName}`;
}

function timeOf({ timestamp = '' }: Entry): number {
  return Date.parse(timestamp);
}

function revisionOf({ resource }: Entry): string {
  return resource?.labels?.['revision_name'] ?? '';
}

/** Null for what time heals. */
function passing(ctx: Context, error: unknown): null {
  if (ctx.signal.aborted) return null;
  const heals = error instanceof MlfnError && ['GCP_QUOTA', 'GCP_UNREACHABLE', 'GCP_FAILED'].includes(error.code);
  if (!heals) throw error;
  ctx.emit({ type: 'progress', text: `Cloud Logging does not answer for the moment: ${error.message}` });
  return null;
}
