/** Events of a function's log group, and since when they are of this function. */
import { DescribeLogGroupsCommand, FilterLogEventsCommand, type FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { call, orNull } from '../call.ts';
import { logGroupName } from '../names.ts';
import type { Session } from '../session.ts';
import { listRecords } from '../storage/records.ts';

/** The clock of whoever made the first release. */
const SKEW_MS = 60_000;

/** All of a span of time (milliseconds since 1970, both included), oldest first. A page may be empty and not the last. */
export async function eventsOf(session: Session, name: string, from: number, to?: number): Promise<FilteredLogEvent[]> {
  const logGroup = logGroupName(name);
  const found: FilteredLogEvent[] = [];
  let nextToken: string | undefined;
  do {
    const input = { logGroupName: logGroup, startTime: Math.floor(from), endTime: to, nextToken };
    const page = await orNull({ action: 'logs:FilterLogEvents', resource: logGroup }, () =>
      session.logs.send(new FilterLogEventsCommand(input), { abortSignal: session.ctx.signal }),
    );
    found.push(...(page?.events ?? []));
    nextToken = page?.nextToken;
  } while (nextToken !== undefined && nextToken !== '');
  return found.sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0));
}

/** A log group may be older than the function: of one of the same name, before. */
export async function beginningOf(session: Session, name: string): Promise<number> {
  const [first] = await listRecords(session, name);
  if (first?.record.number === 1) return Date.parse(first.record.createdAt) - SKEW_MS;
  const logGroup = logGroupName(name);
  const found = await call({ action: 'logs:DescribeLogGroups', resource: logGroup }, () =>
    session.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroup }), { abortSignal: session.ctx.signal }),
  );
  return found.logGroups?.find((each) => each.logGroupName === logGroup)?.creationTime ?? 0;
}
