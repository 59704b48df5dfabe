/** The lines that one call has left in CloudWatch. They become visible some seconds after it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from '../../types.ts';
import { failureIn } from './failure.ts';
import { eventsOf } from './log-events.ts';
import { readReport } from './report.ts';
import type { Session } from './session.ts';

const LATE_MS = 10_000;
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

/** What the log says of a call that failed behind the endpoint; by its time where its id is not known. */
export async function withFailure(session: Session, name: string, answer: Answer): Promise<Answer> {
  session.ctx.emit({ type: 'progress', text: 'looking into the logs for what went wrong' });
  const begun = Date.now() - answer.durationMs;
  try {
    const log = await poll(session, name, { requestId: answer.requestId, begun }, (text) => failureIn(text) !== null);
    const failure = failureIn(log);
    return failure === null ? answer : { ...answer, failure };
  } catch (error) {
    if (session.ctx.signal.aborted) throw error;
    return answer; // the answer itself is told in any case
  }
}

async function poll(session: Session, name: string, asked: Asked, enough: (text: string) => boolean): Promise<string> {
  const until = performance.now() + LATE_MS;
  for (;;) {
    const text = await linesOf(session, name, asked);
    if (enough(text) || performance.now() > until) return text;
    await pause(POLL_MS, undefined, { signal: session.ctx.signal });
  }
}

/**
 * All lines of the worker that took the call, from the call's START to its REPORT: what Python prints has no id in it. An
 * import fails before any START, so everything of that time counts where the call itself is not found.
 */
async function linesOf(session: Session, name: string, { requestId, begun }: Asked): Promise<string> {
  const found = await eventsOf(session, name, begun - BEFORE_MS);
  const events = found.map(({ logStreamName = '', message = '' }) => ({ stream: logStreamName, text: message.replace(/\n$/, '') }));
  const named = requestId === undefined ? undefined : events.find(({ text }) => text.includes(requestId));
  if (named === undefined) return events.map(({ text }) => text).join('\n');
  const own = events.filter(({ stream }) => stream === named.stream).map(({ text }) => text);
  const first = own.findIndex((text) => text.startsWith('START ') && text.includes(requestId!));
  const last = own.findIndex((text) => text.startsWith('REPORT ') && text.includes(requestId!));
  return own.slice(Math.max(0, first), last === -1 ? undefined : last + 1).join('\n');
}
