/** Entries of Cloud Logging: cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list */
import type { Session } from '../session.ts';

/** The fields that are looked at: cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry */
export interface Entry {
  insertId?: string;
  /** `projects/p/logs/run.googleapis.com%2Fstderr` */
  logName?: string;
  /** RFC 3339, of up to nine decimals. */
  timestamp?: string;
  severity?: string;
  textPayload?: string;
  jsonPayload?: Record<string, unknown>;
  protoPayload?: Record<string, unknown>;
  httpRequest?: { requestMethod?: string; requestUrl?: string; status?: number; latency?: string };
  resource?: { type?: string; labels?: Record<string, string> };
  labels?: Record<string, string>;
  trace?: string;
}

const MOST = 1000;

interface Asked {
  filter: string;
  order?: 'asc' | 'desc';
  /** At most so many; all where absent. */
  limit?: number;
}

/** In the order that was asked for; a page may be empty and not the last. */
export async function entriesOf(session: Session, { filter, order = 'asc', limit = Number.POSITIVE_INFINITY }: Asked): Promise<Entry[]> {
  const found: Entry[] = [];
  let pageToken: string | undefined;
  do {
    const asked = {
      resourceNames: [`projects/${session.project}`],
      filter,
      orderBy: `timestamp ${order}`,
      pageSize: Math.min(MOST, limit - found.length),
      ...(pageToken === undefined ? {} : { pageToken }),
    };
    const page = await session.request<{ entries?: Entry[]; nextPageToken?: string }>('logging', 'POST', '/v2/entries:list', asked, 'logging.logEntries.list');
    found.push(...(page.entries ?? []));
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined && pageToken !== '' && found.length < limit);
  return found;
}

/**
 * What a service wrote and what Cloud Run writes of it; not the audit log, which tells of deploys.
 * cloud.google.com/run/docs/logging, cloud.google.com/logging/docs/view/logging-query-language
 */
export function filterOf({ project, region }: Session, name: string, more: readonly string[] = []): string {
  const logs = ['stdout', 'stderr', 'requests', 'varlog%2Fsystem'].map((log) => quoted(`projects/${project}/logs/run.googleapis.com%2F${log}`));
  return [
    'resource.type="cloud_run_revision"',
    `resource.labels.service_name=${quoted(name)}`,
    `resource.labels.location=${quoted(region)}`,
    `logName=(${logs.join(' OR ')})`,
    ...more,
  ].join(' AND ');
}

export function since(milliseconds: number): string {
  return `timestamp>=${quoted(new Date(milliseconds).toISOString())}`;
}

export function quoted(text: string): string {
  return JSON.stringify(text);
}
