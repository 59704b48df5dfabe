import type { Answer, Call } from '../live.ts';
import type { Baseline } from './baseline.ts';
import { isObject } from './requests.ts';

/** Warm calls that the median is taken over, and milliseconds after which no more are made. */
const WARM_CALLS = 5;
const WARM_MS = 2_000;

export class Timings {
  private cold: number | null = null;
  private readonly durations: number[] = [];

  note(answer: Answer): Answer {
    if (answer.coldMs === null) this.durations.push(answer.durationMs);
    else this.cold ??= answer.durationMs;
    return answer;
  }

  /** Calls until the median stands on WARM_CALLS calls or takes too long. */
  async warm(call: () => Promise<Answer>): Promise<void> {
    const until = performance.now() + WARM_MS;
    while (this.durations.length < WARM_CALLS && performance.now() < until) this.note(await call());
  }

  /** Start to first answer, and the median of the calls after it, as seen by this process. */
  read(): { coldMs: number | null; warmMs: number | null } {
    const sorted = this.durations.toSorted((a, b) => a - b);
    return { coldMs: this.cold, warmMs: sorted[sorted.length >> 1] ?? null };
  }
}

export function callOf(kind: Baseline['kind'], body: unknown): Call {
  const json = { 'content-type': 'application/json' };
  if (kind === 'wsgi' && isObject(body) && typeof body['path'] === 'string') {
    const { method = 'GET', path: where, headers = {}, body: content } = body;
    const raw = content === undefined ? null : new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content));
    const given = headers as Record<string, string>;
    return { method: String(method), path: where, headers: raw === null ? given : { ...json, ...given }, body: raw };
  }
  return { method: 'POST', path: '/', headers: json, body: new TextEncoder().encode(JSON.stringify(body)) };
}

export function bodyOf(answer: Answer): unknown {
  const text = new TextDecoder().decode(answer.body);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
