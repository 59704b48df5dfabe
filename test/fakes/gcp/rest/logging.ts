/** Cloud Logging: entries:list. Source: https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list */
import type { Entry } from '../logs.ts';
import { Status } from '../status.ts';
import type { Endpoint } from '../transport/rest.ts';
import type { World } from '../world.ts';
import { matcher } from './filter.ts';

export function logging(world: World): Endpoint[] {
  return [
    {
      name: 'entries.list',
      method: 'POST',
      path: /^\/v2\/entries:list$/,
      fields: ['resourceNames', 'filter', 'orderBy', 'pageSize', 'pageToken', 'projectIds'],
      answer: ({ body, caller }) => {
        const { resourceNames = [], filter = '', orderBy = 'timestamp asc', pageSize = 50, pageToken } = body as { resourceNames?: string[]; filter?: string; orderBy?: string; pageSize?: number; pageToken?: string };
        if (resourceNames.length === 0) throw new Status('INVALID_ARGUMENT', 'No resource names were given.');
        for (const name of resourceNames) {
          if (!/^projects\/[^/]+$/.test(name)) throw new Status('INVALID_ARGUMENT', `Invalid resource name ${name}.`);
          world.admit('logging.googleapis.com', name);
          world.policies.require(caller.member, 'logging.logEntries.list', name);
        }
        if (!/^timestamp (asc|desc)$/.test(orderBy)) throw new Status('INVALID_ARGUMENT', `Invalid order_by ${orderBy}: 'timestamp asc' or 'timestamp desc'.`);
        if (pageSize < 0 || pageSize > 1000) throw new Status('INVALID_ARGUMENT', `page_size must be between 0 and 1000; got ${pageSize}.`);
        const found = world.logs.entries.filter(matcher(filter)).sort(byTime);
        if (orderBy.endsWith('desc')) found.reverse();
        const from = Number(pageToken ?? 0);
        const to = from + (pageSize || 50);
        const entries = found.slice(from, to);
        return { ...(entries.length > 0 && { entries }), ...(to < found.length && { nextPageToken: String(to) }) };
      },
    },
  ];
}

function byTime(one: Entry, other: Entry): number {
  return one.timestamp < other.timestamp ? -1 : one.timestamp > other.timestamp ? 1 : one.insertId < other.insertId ? -1 : 1;
}
