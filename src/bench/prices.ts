/** What a call costs. Dated: prices change, and the report says of when these are. Free tiers are not subtracted. */
import { isAnswered, type Timed } from './timed.ts';

export const PRICES = {
  /** When they were looked up. */
  date: '2026-11-21',
  lambda: {
    source: 'aws.amazon.com/lambda/pricing, us-east-1',
    /** Dollars for a GB and a second. */
    gbSecond: { x86_64: 0.0000166667, arm64: 0.0000133334 },
    request: 0.2e-6,
    /** aws.amazon.com/api-gateway/pricing. A Function URL costs nothing. */
    httpApiRequest: 1e-6,
    /** Milliseconds that durations are rounded up to. */
    step: 1,
  },
  run: {
    source: 'cloud.google.com/run/pricing, tier 1, billed by request',
    cpuSecond: 0.000024,
    gibSecond: 0.0000025,
    request: 0.4e-6,
    step: 100,
  },
} as const;

export type Platform = 'AWS Lambda' | 'Cloud Run';
/** From which durations: those that the platform bills, those inside the handler, or those seen from here. */
export type Basis = 'billed' | 'handler' | 'round-trip';

export interface Costed {
  platform: Platform;
  memoryMb: number;
  architecture: 'x86_64' | 'arm64';
  /** Of Cloud Run. */
  cpu: number;
  /** An HTTP API is in front of Lambda. */
  httpApi: boolean;
}

export interface Cost extends Costed {
  basis: Basis;
  /** Mean milliseconds of a call, each rounded up as the platform does. */
  billedMs: number;
  /** Dollars. */
  perMillionCalls: number;
  perMillionPredictions: number;
  /** What the prices are of, and when they were looked up. */
  prices: string;
  /** What was not measured. */
  assumed: string[];
}

/** Dollars for one call of so many milliseconds that are paid for. */
export function callPrice({ platform, memoryMb, architecture, cpu, httpApi }: Costed, billedMs: number): number {
  const seconds = billedMs / 1000;
  if (platform === 'AWS Lambda') {
    const { gbSecond, request, httpApiRequest } = PRICES.lambda;
    return seconds * (memoryMb / 1024) * gbSecond[architecture] + request + (httpApi ? httpApiRequest : 0);
  }
  const { cpuSecond, gibSecond, request } = PRICES.run;
  return seconds * (cpu * cpuSecond + (memoryMb / 1024) * gibSecond) + request;
}

/** Milliseconds that are paid for. */
export function roundedUp(platform: Platform, ms: number): number {
  const { step } = platform === 'AWS Lambda' ? PRICES.lambda : PRICES.run;
  return Math.ceil(ms / step - 1e-9) * step;
}

/** Of warm answers. Null where there are none. */
export function costOf(what: Costed, calls: readonly Timed[], predictions: number, assumed: readonly string[]): Cost | null {
  const found = durationsIn(calls.filter((each) => isAnswered(each) && each.coldMs === null));
  if (found === null) return null;
  const rounded = found.durations.map((ms) => roundedUp(what.platform, ms));
  const billedMs = rounded.reduce((sum, each) => sum + each, 0) / rounded.length;
  const perMillionCalls = callPrice(what, billedMs) * 1e6;
  const { source } = what.platform === 'AWS Lambda' ? PRICES.lambda : PRICES.run;
  return {
    ...what,
    basis: found.basis,
    billedMs,
    perMillionCalls,
    perMillionPredictions: perMillionCalls / predictions,
    prices: `${source}, ${PRICES.date}; free tiers not subtracted`,
    assumed: [
      ...assumed,
      ...(found.basis === 'round-trip' ? ['the platform did not say how long calls took there: round trips from here stand for it, which are longer'] : []),
      ...(what.platform === 'Cloud Run' ? ['an instance answers one call at a time; calls side by side share its time'] : []),
      'calls are warm: starts of workers are not in it',
    ],
  };
}

/** The best that is known of them. */
function durationsIn(calls: readonly Timed[]): { basis: Basis; durations: number[] } | null {
  const known = (pick: (call: Timed) => number | null) => calls.map(pick).filter((ms) => ms !== null);
  const [billed, handler, all] = [known((each) => each.billedMs), known((each) => each.handlerMs), known((each) => each.ms)];
  if (billed.length > 0) return { basis: 'billed', durations: billed };
  if (handler.length > 0) return { basis: 'handler', durations: handler };
  return all.length > 0 ? { basis: 'round-trip', durations: all } : null;
}
