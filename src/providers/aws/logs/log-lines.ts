/** CloudWatch's events as lines: whose they are, and Python's tracebacks in one piece. */
import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import type { LogLine } from '../../../types.ts';

const PLATFORM = /^(START|END|REPORT|INIT_START|INIT_REPORT|RESTORE_START|RESTORE_REPORT) |^\S+ [0-9a-f-]{36} Task timed out after /;
const BEGIN = /^Traceback \(most recent call last\):$/;
/** Between the parts of a chain of exceptions. */
const LINK = /^(During handling of the above exception|The above exception was the direct cause|Traceback \(most recent call last\):)/;

interface Worker {
  /** Of the call that it is at. */
  requestId: string | null;
  trace: { line: LogLine; rows: string[]; raised: boolean } | null;
}

/** Takes the events of a log in their order; a stream is one worker, which is at one call at a time. */
export class Lines {
  readonly #workers = new Map<string, Worker>();
  readonly #releaseOf: (version: string) => number | null;

  /** @param releaseOf of a version of Lambda */
  constructor(releaseOf: (version: string) => number | null) {
    this.#releaseOf = releaseOf;
  }

  /** The lines that are whole with this event. */
  push(event: FilteredLogEvent): LogLine[] {
    const line = this.#lineOf(event);
    const worker = this.#workers.get(line.worker ?? '')!;
    if (worker.trace !== null && belongs(line.text, worker.trace)) {
      worker.trace.rows.push(line.text);
      worker.trace.raised ||= !/^\s|^$/.test(line.text) && !LINK.test(line.text);
      if (LINK.test(line.text)) worker.trace.raised = false;
      return [];
    }
    const before = end(worker);
    if (BEGIN.test(line.text)) {
      worker.trace = { line, rows: [line.text], raised: false };
      return before;
    }
    return [...before, line];
  }

  /** What is held back: nothing more comes for now. */
  flush(): LogLine[] {
    return [...this.#workers.values()].flatMap(end);
  }

  #lineOf({ message = '', logStreamName = '', timestamp = 0 }: FilteredLogEvent): LogLine {
    // The runtime client writes an error's rows with \r between: they are one event.
    const text = message.replace(/[\r\n]+$/, '').replaceAll('\r', '\n');
    const worker = this.#workers.get(logStreamName) ?? { requestId: null, trace: null };
    this.#workers.set(logStreamName, worker);
    const named = /RequestId: ([0-9a-f-]{36})/.exec(text)?.[1] ?? null;
    if (text.startsWith('START ')) worker.requestId = named;
    const requestId = named ?? worker.requestId;
    if (text.startsWith('REPORT ')) worker.requestId = null;
    const platform = PLATFORM.test(text);
    // `2026/11/21/[7]8f5b...`: the version is in the stream's name.
    const version = /\[(\d+)\]/.exec(logStreamName)?.[1];
    return {
      time: new Date(timestamp).toISOString(),
      release: version === undefined ? null : this.#releaseOf(version),
      worker: logStreamName,
      requestId,
      stream: platform ? 'platform' : BEGIN.test(text) || text.startsWith('[ERROR]') ? 'stderr' : 'stdout',
      text,
    };
  }
}

function belongs(text: string, { raised, rows }: NonNullable<Worker['trace']>): boolean {
  if (PLATFORM.test(text)) return false;
  if (!raised) return true;
  // After the exception: only a chain goes on, after an empty row.
  return text === '' || (LINK.test(text) && rows.at(-1) === '');
}

function end(worker: Worker): LogLine[] {
  const { trace } = worker;
  if (trace === null) return [];
  worker.trace = null;
  return [{ ...trace.line, text: trace.rows.join('\n').trimEnd() }];
}
