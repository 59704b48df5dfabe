/** Cloud Logging's entries: what the served code prints, what the platform says of it, and build logs. */

export interface Entry {
  logName: string;
  resource: { type: string; labels: Record<string, string> };
  timestamp: string;
  receiveTimestamp: string;
  insertId: string;
  severity?: string;
  textPayload?: string;
  jsonPayload?: Record<string, unknown>;
  httpRequest?: Record<string, unknown>;
  labels?: Record<string, string>;
  trace?: string;
}

export class Logs {
  readonly entries: Entry[] = [];
  #count = 0;
  #last = 0;

  add(entry: Omit<Entry, 'timestamp' | 'receiveTimestamp' | 'insertId'>): void {
    this.#count += 1;
    // Nanoseconds, and never the same twice: entries keep the order in which they came.
    this.#last = Math.max(this.#last + 1, Date.now() * 1000);
    const timestamp = `${new Date(Math.floor(this.#last / 1000)).toISOString().slice(0, -1)}${String(this.#last % 1000).padStart(3, '0')}000Z`;
    this.entries.push({ ...entry, timestamp, receiveTimestamp: timestamp, insertId: `fake${String(this.#count).padStart(12, '0')}` });
  }

  /**
   * A line that a container wrote. JSON objects are structured: `severity`, `message` and `httpRequest` are the entry's own.
   * Source: https://cloud.google.com/run/docs/logging#container-logs
   */
  line(resource: Entry['resource'], project: string, stream: 'stdout' | 'stderr', text: string, labels: Record<string, string>): void {
    const base = { logName: `projects/${project}/logs/run.googleapis.com%2F${stream}`, resource, labels };
    const json = structured(text);
    if (!json) return this.add({ ...base, textPayload: text });
    const { severity, message, ...rest } = json;
    const own = { ...base, ...(typeof severity === 'string' && { severity: severity.toUpperCase() }) };
    const { 'logging.googleapis.com/labels': more, 'logging.googleapis.com/trace': trace, httpRequest, ...fields } = rest;
    this.add({
      ...own,
      jsonPayload: { ...(message !== undefined && { message }), ...fields },
      ...(httpRequest !== undefined && { httpRequest: httpRequest as Record<string, unknown> }),
      ...(typeof trace === 'string' && { trace }),
      ...(more !== undefined && { labels: { ...labels, ...(more as Record<string, string>) } }),
    });
  }
}

function structured(text: string): Record<string, unknown> | null {
  if (!text.startsWith('{')) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}
