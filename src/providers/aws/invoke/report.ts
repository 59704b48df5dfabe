/** The REPORT line that Lambda writes after every call. */

export interface Report {
  durationMs: number;
  billedMs: number;
  memoryMb: number;
  maxMemoryMb: number | null;
  /** Null for a warm call. */
  initMs: number | null;
}

/** `REPORT RequestId: 8f5 Duration: 2.19 ms Billed Duration: 3 ms Memory Size: 128 MB Max Memory Used: 39 MB Init Duration: 92 ms` */
export function readReport(log: string): Report | null {
  const line = log.split('\n').findLast((each) => each.startsWith('REPORT RequestId:'));
  if (line === undefined) return null;
  const field = (name: string) => {
    const found = new RegExp(`(?:^|\\t|\\s)${name}: ([0-9.]+) M[SB]`, 'i').exec(line);
    return found === null ? null : Number(found[1]);
  };
  // `Billed Duration` and `Init Duration` end like `Duration`.
  const durationMs = Number(/(?<!Billed |Init |Restore )Duration: ([0-9.]+) ms/.exec(line)?.[1] ?? Number.NaN);
  if (Number.isNaN(durationMs)) return null;
  return {
    durationMs,
    billedMs: field('Billed Duration') ?? durationMs,
    memoryMb: field('Memory Size') ?? 0,
    maxMemoryMb: field('Max Memory Used'),
    initMs: field('Init Duration') ?? field('Restore Duration'),
  };
}
