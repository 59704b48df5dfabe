/** What went wrong inside a function, from what Python and Cloud Run write about it. */
import type { Failure, LogLine } from '../../../live.ts';
import { raisedInTraceback } from '../../tracebacks.ts';

/** The texts are those of cloud.google.com/run/docs/troubleshooting */
const TOLD: [RegExp, (found: RegExpExecArray) => Failure][] = [
  [/Memory limit of (\S+ \S+) exceeded(?: with (\S+ \S+) used)?/, ([, limit]) => ({ type: 'OutOfMemory', message: `It needed more memory than its ${limit}.`, where: null })],
  [/terminated because it has reached the maximum request timeout|upstream request timeout/, () => ({ type: 'Timeout', message: 'It took longer than its timeout.', where: null })],
  [/Container called exit\((-?\d+)\)|Uncaught signal: (\d+)/, ([said]) => ({ type: 'Exit', message: `The worker ended: ${said}.`, where: null })],
  [/(?:no available instance|instance could not (?:start|be reached)|container failed to start)[^.]*/i, ([said]) => ({ type: 'NoInstance', message: `${said}.`, where: null })],
];

/** The last failure that lines tell of; null when there is none. What Python raised says more than what came of it. */
export function failureIn(lines: readonly LogLine[]): Failure | null {
  const raised = lines.map(({ text }) => raisedInTraceback(text)).findLast((each) => each !== null);
  if (raised !== undefined) return raised;
  for (const { text } of lines.toReversed()) {
    for (const [pattern, failure] of TOLD) {
      const found = pattern.exec(text);
      if (found !== null) return failure(found);
    }
  }
  return null;
}
