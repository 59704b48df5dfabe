/** What one call has left in Cloud Logging. It becomes visible some seconds after it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Failure } from '../../../live.ts';
import { type Entry, entriesOf, filterOf, since } from '../logs/entries.ts';
import { joinedLines, millisecondsOf, textOf } from '../logs/lines.ts';
import { releasesOf, type Releases } from '../logs/revisions.ts';
import type { Session } from '../session.ts';
import { failureIn } from './failure.ts';

const LATE_MS = 10_000;
const POLL_MS = 1500;
/** Clocks differ, and the log's begins when an instance does. */
const BEFORE_MS = 5000;
/** What is printed at the end of a call may be written after its answer. */
const AROUND_MS = 500;

/** Waits for Cloud Run's own entry of the call: how long it took there, and whether an instance was started for it. */
export async function withReport(session: Session, name: string, answer: Answer): Promise<Answer> {
  const { requestId: trace } = answer;
  if (trace === undefined) return answer;
  session.ctx.emit({ type: 'progress', text: `waiting for what Cloud Logging has of the call ${trace}` });
  const entries = await poll(session, name, answer, (found) => requestOf(found, trace) !== undefined);
  const request = requestOf(entries, trace);
  if (request === undefined) return answer;
  return { ...answer, handlerMs: millisecondsOf(request.httpRequest?.latency), coldMs: startOf(entries, request) };
}

/** What the log says of a call that failed behind the endpoint. */
export async function withFailure(session: Session, name: string, answer: Answer): Promise<Answer> {
  session.ctx.emit({ type: 'progress', text: 'looking into the logs for what went wrong' });
  try {
    const releases = await releasesOf(session, name);
    const entries = await poll(session, name, answer, (found) => requestOf(found, answer.requestId) !== undefined && failureOf(found, releases, answer) !== null);
    const failure = failureOf(entries, releases, answer);
    return failure === null ? answer : { ...answer, failure };
  } catch (error) {
    if (session.ctx.signal.aborted) throw error;
    return answer; // the answer itself is told in any case
  }
}

async function poll(session: Session, name: string, answer: Answer, enough: (entries: Entry[]) => boolean): Promise<Entry[]> {
  const from = Date.now() - answer.durationMs - BEFORE_MS;
  const until = performance.now() + LATE_MS;
  for (;;) {
    const entries = await entriesOf(session, { filter: filterOf(session, name, [since(from)]) });
    if (enough(entries) || performance.now() > until) return entries;
    await pause(POLL_MS, undefined, { signal: session.ctx.signal });
  }
}

/**
 * Lines that name the call; else those of its time and release, whose they are cannot be sure then, and the message says so:
 * what Python prints names no call.
 */
function failureOf(entries: Entry[], releases: Releases, answer: Answer): Failure | null {
  const lines = joinedLines(entries, releases);
  const own = failureIn(lines.filter(({ requestId }) => requestId === answer.requestId));
  if (own !== null) return own;
  const [from, to] = timeSpan(entries, answer);
  const near = failureIn(lines.filter(({ time, release }) => Date.parse(time) >= from && Date.parse(time) <= to && (release === null || release === answer.release)));
  return near === null ? null : { ...near, message: `${near.message} (the log's last error of that time; the call itself is not named there)` };
}

/** By the log's own clock where the call is in it, milliseconds since 1970. */
function timeSpan(entries: Entry[], { requestId, durationMs }: Answer): [from: number, to: number] {
  const request = requestOf(entries, requestId);
  if (request === undefined) return [Date.now() - durationMs - BEFORE_MS, Number.POSITIVE_INFINITY];
  const latency = millisecondsOf(request.httpRequest?.latency) ?? durationMs;
  return [timeOf(request) - latency - AROUND_MS, timeOf(request) + latency + AROUND_MS];
}

function requestOf(entries: Entry[], trace: string | undefined): Entry | undefined {
  return entries.find((entry) => entry.httpRequest?.requestMethod !== undefined && entry.trace?.endsWith(`/${trace}`) === true);
}

/**
 * From when Cloud Run started the instance that took the call to when its port was open, where that was during the call; null
 * when it was warm. cloud.google.com/run/docs/logging, log varlog/system
 */
function startOf(entries: Entry[], request: Entry): number | null {
  const instance = request.labels?.['instanceId'];
  const own = entries.filter(({ labels, logName }) => instance !== undefined && labels?.['instanceId'] === instance && logName?.endsWith('varlog%2Fsystem') === true);
  const started = own.find((entry) => textOf(entry).startsWith('Starting new instance'));
  const ready = own.find((entry) => /STARTUP .*probe succeeded/i.test(textOf(entry)));
  if (started === undefined || ready === undefined) return null;
  const ended = timeOf(request) + (millisecondsOf(request.httpRequest?.latency) ?? 0);
  // Warmed by an earlier call, its start is before this one.
  return timeOf(ready) >= timeOf(request) && timeOf(started) <= ended ? timeOf(ready) - timeOf(started) : null;
}

function timeOf({ timestamp = '' }: Entry): number {
  return Date.parse(timestamp);
}
