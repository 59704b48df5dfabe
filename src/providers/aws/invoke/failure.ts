/** What went wrong inside a function, from what Lambda and Python write about it. */
import type { Failure } from '../../../live.ts';
import { exceptionIn, placeIn, placeInText, raisedInTraceback } from '../../tracebacks.ts';

/** The answer to a direct invoke that failed: docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html */
export interface FunctionError {
  errorType?: string;
  errorMessage?: string;
  stackTrace?: string[];
}

export function failureOf({ errorType, errorMessage, stackTrace = [] }: FunctionError): Failure {
  const message = errorMessage ?? 'The function failed.';
  // Lambda has no type for a timeout, and puts time and request before its words.
  const known = timeoutIn(message) ?? endIn(message);
  return known ?? { type: errorType ?? 'Error', message, where: placeIn(stackTrace.join('\n')) ?? placeInText(message) };
}

/** The last failure that log lines tell of; null when there is none. */
export function failureIn(log: string): Failure | null {
  const text = log.replaceAll('\r', '\n');
  const traced = raisedInTraceback(text);
  // A version that hands calls on raises what the other function was ended for.
  if (traced !== null) return timeoutIn(traced.message) ?? endIn(traced.message) ?? traced;
  const lines = text.split('\n');
  const logged = lines.findLast((line) => line.startsWith('[ERROR] '));
  const raised = exceptionIn(logged?.slice('[ERROR] '.length).replace(/^Runtime\.\w+: /, (kind) => kind));
  if (raised !== null) return { ...raised, where: placeIn(text) ?? placeInText(raised.message) };
  return timeoutIn(text) ?? endIn(text);
}

/** `2026-11-21T07:00:00.000Z 8f5... Task timed out after 3.00 seconds` */
function timeoutIn(text: string): Failure | null {
  const found = /Task timed out after ([\d.]+) seconds/.exec(text);
  return found === null ? null : { type: 'Timeout', message: `It took longer than its ${Number(found[1])} seconds.`, where: null };
}

/** docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html: a killed worker has mostly used up its memory. */
function endIn(text: string): Failure | null {
  const found = /Runtime exited (?:with error: ([^\n]+?)|without providing a reason)\s*(?:Runtime\.\w+)?$/m.exec(text);
  if (found === null) return null;
  const killed = found[1]?.includes('signal: killed') === true;
  return { type: 'Runtime.ExitError', message: killed ? 'The worker was killed: mostly it needs more memory.' : `The worker ended${found[1] === undefined ? '' : `: ${found[1]}`}.`, where: null };
}
