/** A logarithmic axis of milliseconds: latencies differ by powers of ten. */

export interface Axis {
  /** Percent of its length, 0 to 100. */
  at(ms: number): number;
  ticks: number[];
}

/** From a round value below the smallest to one above the largest. */
export function logAxis(values: readonly number[]): Axis {
  const known = values.filter((each) => each > 0);
  const smallest = known.reduce((least, each) => Math.min(least, each), Infinity);
  const largest = known.reduce((most, each) => Math.max(most, each), 0);
  const [low, high] = known.length === 0 ? [1, 10] : [below(smallest), above(largest)];
  const span = Math.log10(high / low);
  const at = (ms: number) => Math.min(100, (100 * Math.log10(Math.max(ms, low) / low)) / span);
  return { at, ticks: ticksBetween(low, high) };
}

const STEPS = [1, 2, 5] as const;

function below(ms: number): number {
  const power = powerOf(ms);
  return power * (STEPS.findLast((step) => step * power <= ms) ?? 1);
}

/** Always above `below` of the same, so that an axis has a length. */
function above(ms: number): number {
  const power = powerOf(ms);
  return power * (STEPS.find((step) => step * power > ms) ?? 10);
}

/** The power of ten at or below it; beside one, the logarithm may say the other. */
function powerOf(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(ms));
  if (power > ms) return power / 10;
  return power * 10 <= ms ? power * 10 : power;
}

/** Powers of ten; where they are few, 2 and 5 between them. */
function ticksBetween(low: number, high: number): number[] {
  const steps = high / low > 200 ? [1] : STEPS;
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low) + 1e-9); power <= Math.ceil(Math.log10(high)); power++) {
    for (const step of steps) {
      const tick = step * 10 ** power;
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(Number(tick.toPrecision(1)));
    }
  }
  return ticks;
}
