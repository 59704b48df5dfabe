/** What many durations come to. */

/** Milliseconds. */
export interface Distribution {
  count: number;
  min: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
  mean: number;
}

/**
 * Nearest rank, on the durations themselves: the smallest one that at least `percent` % of them do not exceed. No
 * interpolation, so every figure was measured.
 * @param sorted ascending, not empty
 * @param percent over 0, to 100
 */
export function percentile(sorted: readonly number[], percent: number): number {
  const rank = Math.ceil((percent / 100) * sorted.length - 1e-9);
  const found = sorted[Math.max(rank, 1) - 1];
  if (found === undefined) throw new RangeError('of nothing there is no percentile');
  return found;
}

/** Null for none. */
export function distributionOf(durations: readonly number[]): Distribution | null {
  if (durations.length === 0) return null;
  const sorted = durations.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    min: sorted[0]!,
    p50: percentile(sorted, 50),
    p90: percentile(sorted, 90),
    p99: percentile(sorted, 99),
    max: sorted.at(-1)!,
    mean: sorted.reduce((sum, each) => sum + each, 0) / sorted.length,
  };
}
