/**
 * LogResult is the end of the call's log with Lambda's own lines; ministack gives what the handler printed, or nothing. The lines
 * are those that ministack wrote to the log group. What it never says is whether the call was the version's first: then the
 * REPORT line gets an Init Duration, which here is the time of the whole call.
 * Source: AWS Lambda API Reference, "Invoke" (LogType: the last 4 KB); AWS Lambda Developer Guide, "Sending Lambda function logs
 * to CloudWatch Logs" (START, END, REPORT and their fields).
 */
import { DescribeLogStreamsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import type { Clients } from '../clients.ts';
import { functionError } from './function-error.ts';
import { functionOf, type Rule } from './rule.ts';

export function logTailRule(cloud: Clients): Rule {
  const started = new Map<number, number>();
  const warm = new Set<string>();
  return {
    check: ({ call }) => {
      if (call.name === 'lambda:Invoke') started.set(call.number, performance.now());
      return undefined;
    },
    learn: async ({ call, headers }, answer) => {
      if (call.name !== 'lambda:Invoke' || answer.status !== 200) return;
      const took = performance.now() - (started.get(call.number) as number);
      started.delete(call.number);
      const { name } = functionOf(call);
      const version = headerOf(answer.headers, 'x-amz-executed-version') ?? '$LATEST';
      const config = await cloud.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: version }));
      const key = `${name} ${version} ${config.RevisionId}`;
      const cold = !warm.has(key);
      warm.add(key);
      const failed = headerOf(answer.headers, 'x-amz-function-error') !== undefined;
      if (headers['x-amz-log-type'] !== 'Tail' && !failed) return;
      const logGroupName = config.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`;
      const streams = await cloud.logs.send(new DescribeLogStreamsCommand({ logGroupName, orderBy: 'LastEventTime', descending: true, limit: 1 }));
      const { events } = await cloud.logs.send(new GetLogEventsCommand({ logGroupName, logStreamName: streams.logStreams?.[0]?.logStreamName, startFromHead: true }));
      const lines = (events ?? []).map(({ message }) => message ?? '');
      const last = lines.pop() ?? '';
      const text = [...lines, `${last}\t${cold ? `Init Duration: ${took.toFixed(2)} ms\t` : ''}`, ''].join('\n');
      if (failed) {
        answer.body = functionError(answer.body, text);
        setHeader(answer.headers, 'Content-Length', String(answer.body.length));
      }
      if (headers['x-amz-log-type'] === 'Tail') setHeader(answer.headers, 'X-Amz-Log-Result', Buffer.from(text).subarray(-4096).toString('base64'));
    },
  };
}

function headerOf(headers: string[], name: string): string | undefined {
  const index = headers.findIndex((one, place) => place % 2 === 0 && one.toLowerCase() === name);
  return index < 0 ? undefined : headers[index + 1];
}

function setHeader(headers: string[], name: string, value: string): void {
  const index = headers.findIndex((one, place) => place % 2 === 0 && one.toLowerCase() === name.toLowerCase());
  headers.splice(index < 0 ? headers.length : index, index < 0 ? 0 : 2, name, value);
}
