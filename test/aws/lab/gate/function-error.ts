/**
 * The payload of a handler's exception, as AWS's Python runtime gives it: its type, its message and where it was raised. ministack
 * says Runtime.HandlerError for all; the trace that it logged says the rest.
 * Source: AWS Lambda Developer Guide, "Lambda function errors in Python": errorMessage, errorType, requestId, stackTrace.
 */
export function functionError(payload: Buffer, log: string): Buffer {
  const { errorMessage = '', errorType } = JSON.parse(payload.toString()) as { errorMessage?: string; errorType?: string };
  const trace = log.slice(log.lastIndexOf('Traceback (most recent call last):'));
  const frames = trace.split(/^(?= {2}File ")/m).slice(1);
  if (errorType !== 'Runtime.HandlerError' || frames.length === 0) return payload;
  const last = frames.at(-1) as string;
  const named = /^([A-Za-z_][\w.]*)(?::|$)/m.exec(last.slice(last.indexOf('\n') + 1))?.[1] ?? 'Exception';
  // The first frame is the runtime's own; the last is followed by the exception's line.
  const stackTrace = frames.slice(1).map((frame) => ofTask(frame.split('\n').filter((line) => line.startsWith(' ')).join('\n')));
  return Buffer.from(JSON.stringify({
    errorMessage,
    errorType: named.split('.').at(-1),
    requestId: /^START RequestId: (\S+)/m.exec(log)?.[1] ?? '',
    stackTrace: stackTrace.map((frame) => `${frame}\n`),
  }));
}

function ofTask(frame: string): string {
  return frame.replace(/"[^"]*\/ministack-lambda-[^"]*?\/code\//, '"/var/task/').replace(/"[^"]*\/ministack-lambda-[^"]*?\/layer_\d+\//, '"/opt/');
}
