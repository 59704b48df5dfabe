/** The function's lines from CloudWatch, oldest first. */
import { setTimeout as sleep } from 'node:timers/promises';
import { FilterLogEventsCommand, type FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../events.ts';
import type { LogLine } from '../../types.ts';
import { orNull } from './call.ts';
import type { AwsConfig } from './config.ts';
import { logGroupName } from './names.ts';
import { openSession, type Session } from './session.ts';

const POLL_MS = 2000;
/** Lines become visible some seconds late and out of order: asked for again, told once. */
const LATE_MS = 30_000;
const WINDOW_MS = 14 * 86_400_000;

export async function* logs(
  ctx: Context,
  config: AwsConfig,
  name: string,
  { follow, lines }: { follow: boolean; lines: number },
): AsyncIterable<LogLine> {
  const session = await openSession(ctx, config);
  const told = new Set<string>();
  let since = Date.now() - WINDOW_MS;
  const first = await fetchSince(session, name, since);
  for (const event of first.slice(-lines)) yield toLine(event);
  for (const event of first) told.add(event.eventId ?? '');
  if (!follow) return;
  while (!ctx.signal.aborted) {
    await sleep(POLL_MS, undefined, { signal: ctx.signal }).catch(() => undefined);
    if (ctx.signal.aborted) return;
    since = Date.now() - LATE_MS;
    for (const event of await fetchSince(session, name, since)) {
      if (told.has(event.eventId ?? '')) continue;
      told.add(event.eventId ?? '');
      yield toLine(event);
    }
  }
}

async function fetchSince(session: Session, name: string, startTime: number): Promise<FilteredLogEvent[]> {
  const logGroup = logGroupName(name);
  const found: FilteredLogEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await orNull({ action: 'logs:FilterLogEvents', resource: logGroup }, () =>
      session.logs.send(new FilterLogEventsCommand({ logGroupName: logGroup, startTime, nextToken }), {
        abortSignal: session.ctx.signal,
      }),
    );
    found.push(...(page?.events ?? []));
    nextToken = page?.nextToken;
  } while (nextToken !== undefined);
  return found.sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0));
}

/** `2026/11/21/[7]8f5b...`: the version is in the stream's name. */
function toLine(event: FilteredLogEvent): LogLine {
  const text = (event.message ?? '').replace(/\n$/, '');
  const requestId = /RequestId: ([0-9a-f-]{36})/.exec(text)?.[1] ?? null;
  const platform = /^(START|END|REPORT|INIT_START) /.test(text);
  return {
    time: new Date(event.timestamp ?? 0).toISOString(),
    release: null,
    worker: event.logStreamName ?? null,
    requestId,
    stream: platform ? 'platform' : 'stdout',
    text,
  };
}
