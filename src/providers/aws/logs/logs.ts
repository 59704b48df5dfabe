/** The function's lines from CloudWatch, oldest first. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { MlfnError } from '../../../errors.ts';
import type { Context } from '../../../events.ts';
import type { LogLine } from '../../../live.ts';
import type { AwsConfig } from '../config.ts';
import { beginningOf, eventsOf } from './log-events.ts';
import { Lines, versionIn } from './log-lines.ts';
import { openSession, type Session } from '../session.ts';
import { twinVersions } from '../twin/twin.ts';
import { getFunction, listVersions } from '../versions.ts';

const POLL_MS = 2000;
const LONGEST_POLL_MS = 30_000;
/** Lines become visible some seconds late and out of order: asked for again, told once. */
const LATE_MS = 30_000;
/** The last lines are mostly young: further back is looked in growing steps. */
const FIRST_SPAN_MS = 600_000;
const SPAN_GROWTH = 6;

export async function* logs(
  ctx: Context,
  config: AwsConfig,
  name: string,
  { follow, lines }: { follow: boolean; lines: number },
): AsyncIterable<LogLine> {
  const session = await openSession(ctx, config);
  const releases = await releasesOf(session, name);
  const now = Date.now();
  const last = lines === 0 ? await eventsOf(session, name, now - LATE_MS) : await lastEvents(session, name, { lines, now, releases });
  if (lines > 0) yield* joinedLines(last, releases).slice(-lines);
  if (follow) yield* following(session, name, { told: last, since: now, releases });
}

/** Release by worker's version as its stream is named; a version that appears later is asked for then. */
type Releases = Map<string, number>;

/** The lines of a twin are in the same group. */
async function releasesOf(session: Session, name: string): Promise<Releases> {
  const [versions, found] = await Promise.all([listVersions(session, name), getFunction(session, name)]);
  const handed = await twinVersions(session, found?.Tags ?? {});
  return new Map([...versions.map((each) => [`[${each.version}]`, each.release] as const), ...handed.map((each) => [`${each.name}[${each.version}]`, each.release] as const)]);
}

function joinedLines(events: FilteredLogEvent[], releases: Releases): LogLine[] {
  const lines = new Lines((version) => releases.get(version) ?? null);
  return [...events.flatMap((event) => lines.push(event)), ...lines.flush()];
}

async function lastEvents(session: Session, name: string, { lines, now, releases }: { lines: number; now: number; releases: Releases }): Promise<FilteredLogEvent[]> {
  const beginning = await beginningOf(session, name);
  const found: FilteredLogEvent[] = [];
  // A worker's clock may be ahead of this one.
  let end: number | undefined;
  for (let span = FIRST_SPAN_MS; end === undefined || end > beginning; span *= SPAN_GROWTH) {
    const from = Math.max(beginning, (end ?? now) - span);
    found.unshift(...(await eventsOf(session, name, from, end)));
    if (joinedLines(found, releases).length >= lines) break;
    end = from - 1;
  }
  return found;
}

/** What comes from now on, each line once. Throttling and a lost connection are waited out, and nothing of that time is lost. */
async function* following(session: Session, name: string, start: { told: FilteredLogEvent[]; since: number; releases: Releases }): AsyncIterable<LogLine> {
  const { ctx } = session;
  let { since, releases } = start;
  const lines = new Lines((version) => releases.get(version) ?? null);
  const told = new Map(identified(start.told).map(([id, { timestamp = 0 }]) => [id, timestamp]));
  let delay = POLL_MS;
  while (!ctx.signal.aborted) {
    await sleep(delay, undefined, { signal: ctx.signal }).catch(() => undefined);
    if (ctx.signal.aborted) return;
    const asked = Date.now();
    const events = await eventsOf(session, name, since - LATE_MS).catch((error: unknown) => passing(ctx, error));
    delay = events === null ? Math.min(delay * 2, LONGEST_POLL_MS) : POLL_MS;
    if (events === null) continue;
    const fresh = identified(events).filter(([id]) => !told.has(id));
    if (fresh.some(([, { logStreamName }]) => isUnknown(logStreamName, releases))) releases = await releasesOf(session, name).catch(() => releases);
    for (const [id, event] of fresh) {
      told.set(id, event.timestamp ?? 0);
      yield* lines.push(event);
    }
    if (fresh.length === 0) yield* lines.flush();
    since = asked;
    for (const [id, time] of told) if (time < since - 2 * LATE_MS) told.delete(id);
  }
}

/** By its id, which an emulator may not give: by what it is, and the how many-eth of those. */
function identified(events: FilteredLogEvent[]): [id: string, FilteredLogEvent][] {
  const seen = new Map<string, number>();
  return events.map((event) => {
    const what = `${event.logStreamName} ${event.timestamp} ${event.message}`;
    seen.set(what, (seen.get(what) ?? 0) + 1);
    return [event.eventId ?? `${what} ${seen.get(what)}`, event];
  });
}

function isUnknown(stream: string | undefined, releases: Releases): boolean {
  const version = versionIn(stream ?? '');
  return version !== null && !releases.has(version);
}

/** Null for what time heals. */
function passing(ctx: Context, error: unknown): null {
  const heals = error instanceof MlfnError && /^AWS_(THROTTLED|UNREACHABLE|FAILED)$/.test(error.code);
  if (ctx.signal.aborted) return null;
  if (!heals) throw error;
  ctx.emit({ type: 'progress', text: `CloudWatch does not answer for the moment: ${error.message}` });
  return null;
}
