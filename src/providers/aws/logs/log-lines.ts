/** CloudWatch's events as lines: whose they are, and Python's tracebacks in one piece. */
import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import type { LogLine } from '../../../live.ts';
import { beginsTraceback, Tracebacks } from '../../tracebacks.ts';

const PLATFORM = /^(START|END|REPORT|INIT_START|INIT_REPORT|RESTORE_START|RESTORE_REPORT) |^\S+ [0-9a-f-]{36} Task timed out after /;

/** Takes the events of a log in their order; a stream is one worker, which is at one call at a time. */
export class Lines {
  /** The call that each worker is at. */
  readonly #calls = new Map<string, string | null>();
  readonly #tracebacks = new Tracebacks();
  readonly #releaseOf: (version: string) => number | null;

  /** @param releaseOf of a version as `versionIn` has it */
  constructor(releaseOf: (version: string) => number | null) {
    this.#releaseOf = releaseOf;
  }

  /** The lines that are whole with this event. */
  push(event: FilteredLogEvent): LogLine[] {
    return this.#tracebacks.push(this.#lineOf(event));
  }

  /** What is held back: nothing more comes for now. */
  flush(): LogLine[] {
    return this.#tracebacks.flush();
  }

  #lineOf({ message = '', logStreamName = '', timestamp = 0 }: FilteredLogEvent): LogLine {
    // The runtime client writes an error's rows with \r between: they are one event.
    const text = message.replace(/[\r\n]+$/, '').replaceAll('\r', '\n');
    const named = /RequestId: ([0-9a-f-]{36})/.exec(text)?.[1] ?? null;
    const requestId = named ?? (text.startsWith('START ') ? null : (this.#calls.get(logStreamName) ?? null));
    if (text.startsWith('START ')) this.#calls.set(logStreamName, named);
    if (text.startsWith('REPORT ')) this.#calls.delete(logStreamName);
    const platform = PLATFORM.test(text);
    const version = versionIn(logStreamName);
    return {
      time: new Date(timestamp).toISOString(),
      release: version === null ? null : this.#releaseOf(version),
      worker: logStreamName,
      requestId,
      stream: platform ? 'platform' : beginsTraceback(text) || text.startsWith('[ERROR]') ? 'stderr' : 'stdout',
      text,
    };
  }
}

/**
 * `[7]` of `2026/11/21/[7]8f5b...`; `heart_image[7]` of `2026/11/21/heart_image[7][8f5b...]`, as streams are called in a group that a function was
 * given (docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html). Null for other streams, and of no version.
 */
export function versionIn(stream: string): string | null {
  return /(?:^|\/)([\w-]*\[\d+\])/.exec(stream)?.[1] ?? null;
}
