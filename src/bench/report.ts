/** What was measured, in figures: printed as JSON as it is. Milliseconds wherever a name does not say otherwise. */
import type { Cost } from './prices.ts';
import { type Distribution, distributionOf } from './percentiles.ts';
import type { Scenario } from './schedule.ts';
import { isAnswered, type Series, type Timed } from './timed.ts';

export interface Measured {
  function: string;
  target: string;
  url: string;
  release: number;
  memory: number;
  scenario: Scenario;
  /** ISO 8601, UTC. */
  begunAt: string;
  /** How many times faster than the clock the scenario ran. */
  speed: number;
  payload: { bytes: number; from: string; predictions: number };
  /** How it was measured, a sentence each. */
  method: string[];
  /** Ctrl-C came: this is what there was until then. */
  interrupted: boolean;
  /** The limit on calls came before the end. */
  limited: boolean;
  series: Series[];
  costs: Cost[];
}

export interface Summary {
  label: string;
  phase: Series['phase'];
  memory: number;
  users: number | null;
  rate: number | null;
  seconds: number | null;
  calls: number;
  /** Answers below 400. */
  answered: number;
  /** Answers that arrived per second, below 400. */
  perSecond: number | null;
  /** By status, or by why no answer came. */
  errors: { what: string; count: number }[];
  /** Of answers below 400: round trips as this machine saw them. */
  latency: Distribution | null;
  /** Of the same, inside the handler, where the target says it. */
  handler: Distribution | null;
  /** Starts of workers, where the target tells them. */
  starts: Distribution | null;
}

/** One call of the scenario `gaps`. */
export interface Gap {
  minute: number;
  /** Minutes without a call before it; null for the first. */
  idle: number | null;
  memory: number;
  /** Status, or why no answer came. */
  what: string;
  ms: number;
  /** Start of a worker; null when it was warm, or the platform does not say. */
  coldMs: number | null;
}

export interface Report extends Omit<Measured, 'series'> {
  schema: 1;
  series: Summary[];
  gaps: Gap[];
}

export function reportOf({ series, ...measured }: Measured): Report {
  return { schema: 1, ...measured, series: series.map(summaryOf), gaps: series.flatMap(gapsOf) };
}

function gapsOf({ phase, calls, memory }: Series): Gap[] {
  if (phase !== 'gaps') return [];
  return calls.map(({ dueMs, ms, status, error, coldMs }, at) => {
    const minute = dueMs / 60_000;
    const before = calls[at - 1];
    return { minute, idle: before === undefined ? null : minute - before.dueMs / 60_000, memory, what: String(status ?? error), ms, coldMs };
  });
}

function summaryOf({ calls, arrived, ...series }: Series): Summary {
  const answered = calls.filter(isAnswered);
  // A start among the warm ones is none of them; under load it is what a user sees.
  const counted = series.phase === 'warm' ? answered.filter(({ coldMs }) => coldMs === null) : answered;
  return {
    ...series,
    calls: calls.length,
    answered: answered.length,
    perSecond: arrived === null || series.seconds === null ? null : arrived / series.seconds,
    errors: errorsIn(calls),
    latency: distributionOf(counted.map(({ ms }) => ms)),
    handler: distributionOf(counted.flatMap(({ handlerMs }) => handlerMs ?? [])),
    starts: distributionOf(answered.flatMap(({ coldMs }) => coldMs ?? [])),
  };
}

/** Most frequent first. */
function errorsIn(calls: readonly Timed[]): Summary['errors'] {
  const counts = new Map<string, number>();
  for (const each of calls) {
    if (isAnswered(each)) continue;
    const what = String(each.status ?? each.error);
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => ({ what, count })).toSorted((a, b) => b.count - a.count);
}
