/** The lines that one call has left in CloudWatch. They become visible some seconds after it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Failure } from '../../../live.ts';
import { failureIn } from './failure.ts';
import { eventsOf } from '../logs/log-events.ts';
import { readReport } from './report.ts';
import type { Session } from '../session.ts';

const LATE_MS = 8000;
const POLL_MS = 1000;
/** Clocks differ, and the log's begins when a worker does. */
const BEFORE_MS = 5000;

interface Asked {
  requestId: string | undefined;
  /** Milliseconds since 1970. */
  begun: number;
}

/** Waits for the REPORT line of the call; the answer as it was when none comes. */
export async function withReport(session: Session, name: string, answer: Answer): Promise<Answer> {
  const asked = { requestId: answer.requestId, begun: Date.now() - answer.durationMs };
  if (asked.requestId === undefined) return answer;
  session.ctx.emit({ type: 'progress', text: `waiting for what CloudWatch has of the call ${asked.requestId}` });
  const log = await poll(session, name, asked, (text) => readReport(text) !== null);
  const report = readReport(log);
  if (report === null) return answer;
  const { durationMs, initMs, billedMs, memoryMb, maxMemoryMb } = report;
  return { ...answer, handlerMs: durationMs, coldMs: initMs, billed: { durationMs: billedMs, memoryMb, maxMemoryMb } };
}

/** What the log says of a call that failed behind the endpoint. */
export async function withFailure(session: Session, name: string, answer: Answer): Promise<Answer> {
  session.ctx.emit({ type: 'progress', text: 'looking into the logs for what went wrong' });
  const asked = { requestId: answer.requestId, begun: Date.now() - answer.durationMs };
  try {
    const failure = failureIn(await poll(session, name, asked, (text) => failureIn(text) !== null)) ?? (await failureAt(session, name, asked));
    return failure === null ? answer : { ...answer, failure };
  } catch (error) {
    if (session.ctx.signal.aborted) throw error;
    return answer; // the answer itself is told in any case
  }
}

/** By its time, where the log does not name the call; whose it is cannot be sure then, and the message says so. */
async function failureAt(session: Session, name: string, { begun }: Asked): Promise<Failure | null> {
  const events = await eventsOf(session, name, begun);
  const found = failureIn(events.map(({ message = '' }) => message.replace(/\n$/, '')).join('\n'));
  return found === null ? null : { ...found, message: `${found.message} (the log's last error since then; the call itself is not named there)` };
}

async function poll(session: Session, name: string, asked: Asked, enough: (text: string) => boolean): Promise<string> {
  const until = performance.now() + LATE_MS;
  for (;;) {
    const text = await linesOf(session, name, asked);
    if (enough(text) || performance.now() > until || asked.requestId === undefined) return text;
    await pause(POLL_MS, undefined, { signal: session.ctx.signal });
  }
}

/**
 * The lines of the worker that took the call, from the end of the call before to its own REPORT: what Python prints has no id
 * in it, and an import that fails does so before any START. Empty while the log does not name the call.
 */
async function linesOf(session: Session, name: string, { requestId, begun }: Asked): Promise<string> {
  if (requestId === undefined) return '';
  const events = await eventsOf(session, name, begun - BEFORE_MS);
  const stream = events.find(({ message = '' }) => message.includes(requestId))?.logStreamName;
  if (stream === undefined) return '';
  const own = events.filter(({ logStreamName }) => logStreamName === stream).map(({ message = '' }) => message.replace(/\n$/, ''));
  const first = own.findIndex((text) => text.includes(requestId));
  const before = own.slice(0, first).findLastIndex((text) => text.startsWith('REPORT '));
  const last = own.findIndex((text) => text.startsWith('REPORT ') && text.includes(requestId));
  return own.slice(before + 1, last === -1 ? undefined : last + 1).join('\n');
}
