/** Cloud Logging's entries as lines: whose they are, and Python's tracebacks in one piece. */
import type { LogLine } from '../../../live.ts';
import { Tracebacks } from '../../tracebacks.ts';
import { RELEASE_LABEL } from '../names.ts';
import type { Entry } from './entries.ts';
import type { Releases } from './revisions.ts';

/** Takes entries in their order; an instance is one worker, which writes one traceback at a time. */
export class Lines {
  readonly #tracebacks = new Tracebacks();
  readonly #releases: () => Releases;

  /** @param releases as they are known when a line comes */
  constructor(releases: () => Releases) {
    this.#releases = releases;
  }

  /** The lines that are whole with this entry. */
  push(entry: Entry): LogLine[] {
    return this.#tracebacks.push(lineOf(entry, this.#releases()));
  }

  /** What is held back: nothing more comes for now. */
  flush(): LogLine[] {
    return this.#tracebacks.flush();
  }
}

export function joinedLines(entries: readonly Entry[], releases: Releases): LogLine[] {
  const lines = new Lines(() => releases);
  return [...entries.flatMap((entry) => lines.push(entry)), ...lines.flush()];
}

export function lineOf(entry: Entry, releases: Releases): LogLine {
  const { timestamp = '', labels = {}, resource, trace } = entry;
  const log = decodeURIComponent(entry.logName?.split('/').at(-1) ?? '').split('/').slice(1).join('/');
  const revision = resource?.labels?.['revision_name'] ?? '';
  return {
    time: new Date(timestamp || 0).toISOString(),
    release: releases.get(revision) ?? releaseLabel(labels),
    worker: labels['instanceId'] ?? null,
    requestId: trace?.split('/').at(-1) ?? null,
    stream: log === 'stdout' || log === 'stderr' ? log : 'platform',
    text: textOf(entry),
  };
}

/** Labels of a revision are on its entries, too; of one that is gone they are all there is. */
function releaseLabel(labels: Record<string, string>): number | null {
  const named = labels[RELEASE_LABEL] ?? '';
  return /^\d+$/.test(named) ? Number(named) : null;
}

export function textOf({ textPayload, jsonPayload, protoPayload, httpRequest }: Entry): string {
  if (textPayload !== undefined) return textPayload.replace(/[\r\n]+$/, '');
  if (typeof jsonPayload?.['message'] === 'string') return jsonPayload['message'].replace(/[\r\n]+$/, '');
  if (httpRequest?.requestMethod !== undefined) return requestText(httpRequest);
  return JSON.stringify(jsonPayload ?? protoPayload ?? {});
}

/** `POST /predict 200 in 12 ms` */
function requestText({ requestMethod, requestUrl = '', status, latency }: NonNullable<Entry['httpRequest']>): string {
  const path = URL.canParse(requestUrl) ? new URL(requestUrl).pathname + new URL(requestUrl).search : requestUrl;
  const ms = millisecondsOf(latency);
  return `${requestMethod} ${path} ${status ?? ''}${ms === null ? '' : ` in ${ms} ms`}`;
}

/** `0.012345678s`: protobuf.dev/programming-guides/json, Duration */
export function millisecondsOf(latency: string | undefined): number | null {
  const found = /^(\d+(?:\.\d+)?)s$/.exec(latency ?? '');
  return found === null ? null : Math.round(Number(found[1]) * 1000);
}
