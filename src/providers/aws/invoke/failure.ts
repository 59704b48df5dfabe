/** What went wrong inside a function, from what Lambda and Python write about it. */
import type { Failure } from '../../../types.ts';

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
  return known ?? { type: errorType ?? 'Error', message, where: placeOf(stackTrace.join('\n')) ?? placeInText(message) };
}

/** The last failure that log lines tell of; null when there is none. */
export function failureIn(log: string): Failure | null {
  const lines = log.replaceAll('\r', '\n').split('\n');
  const text = lines.join('\n');
  const begin = lines.findLastIndex((line) => line.startsWith('Traceback (most recent call last):'));
  if (begin !== -1) {
    const end = lines.findIndex((line, index) => index > begin && line !== '' && !line.startsWith(' '));
    const traced = raisedIn(lines[end]);
    if (traced !== null) return { ...traced, where: placeOf(lines.slice(begin, end).join('\n')) ?? placeInText(traced.message) };
  }
  const logged = lines.findLast((line) => line.startsWith('[ERROR] '));
  const raised = raisedIn(logged?.slice('[ERROR] '.length).replace(/^Runtime\.\w+: /, (kind) => kind));
  if (raised !== null) return { ...raised, where: placeOf(text) ?? placeInText(raised.message) };
  return timeoutIn(text) ?? endIn(text);
}

/** `ValueError: no such thing`, `KeyError: 'a'`, `KeyboardInterrupt`, `Runtime.ImportModuleError: ...`. */
function raisedIn(line: string | undefined): Pick<Failure, 'type' | 'message'> | null {
  const found = /^((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?:: (.*))?$/.exec(line ?? '');
  if (found === null) return null;
  const type = found[1] ?? '';
  return { type: type.startsWith('Runtime.') ? type : (type.split('.').at(-1) ?? type), message: found[2] ?? '' };
}

/** The innermost frame in the package's code/, else in the package outside of the serving code. */
function placeOf(trace: string): string | null {
  const frames = [...trace.matchAll(/File "([^"]+)", line (\d+)/g)].map(([, file = '', line = '']) => ({ file: file.replaceAll('\\', '/'), line }));
  const own = frames.findLast(({ file }) => /\/code\/[^/].*\.py$/.test(file));
  if (own !== undefined) return `${own.file.slice(own.file.lastIndexOf('/code/') + '/code/'.length)}:${own.line}`;
  const other = frames.findLast(({ file }) => !/\/mlfn_serve\/|\/lib\/python|\/opt\/|^<|\/awslambdaric\//.test(file));
  return other === undefined ? null : `${other.file.split('/').at(-1)}:${other.line}`;
}

/** As the serving code names the line of an import that failed. */
function placeInText(text: string): string | null {
  const found = /\((\w[\w.-]*\.py), line (\d+)\)/.exec(text);
  return found === null ? null : `${found[1]}:${found[2]}`;
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
