import type { Answer } from '../live.ts';

/** One call as it was measured. */
export interface Timed {
  /** Milliseconds from the beginning of the series to when it was to be sent. */
  dueMs: number;
  /** Milliseconds from then to the last byte of its answer, or to when it was clear that none comes. */
  ms: number;
  /** Of HTTP; null when no answer came. */
  status: number | null;
  /** Why none came: `ECONNRESET`. */
  error: string | null;
  /** Milliseconds that the start of a worker took for this call; null when it was warm, or the platform does not say. */
  coldMs: number | null;
  /** Milliseconds inside the handler, where the platform says so. */
  handlerMs: number | null;
  /** Milliseconds that are paid for, where the platform says so. */
  billedMs: number | null;
}

/** Of a call that was sent when it was due. */
export function timedOf({ durationMs, status, coldMs, handlerMs, billed }: Answer): Timed {
  return { dueMs: 0, ms: durationMs, status, error: null, coldMs, handlerMs, billedMs: billed?.durationMs ?? null };
}

export function isAnswered({ status }: Timed): boolean {
  return status !== null && status < 400;
}

/** Calls that belong together, in the order in which they were due. */
export interface Series {
  /** `cold`, `warm`, `4 users`. */
  label: string;
  phase: 'cold' | 'warm' | 'load' | 'gaps';
  /** MB of the release that was asked. */
  memory: number;
  /** Callers at the end of it; null where calls come at a rate. */
  users: number | null;
  /** Calls that are sent per second, whether or not answers come. */
  rate: number | null;
  /** Null where the time between calls means nothing. */
  seconds: number | null;
  /** Answers, not refusals, that arrived during the series, to whichever call. */
  arrived: number | null;
  calls: Timed[];
}
