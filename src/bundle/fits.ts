import { MlfnError } from '../errors.ts';
import type { Bundle, Lock } from '../types.ts';
import { type SizeLimits, sizeTable } from './size-table.ts';

const ROWS = 6;

/** Unzipped bytes of the two parts against the target's limit; zip bytes are known only once they are written. */
export function fits(bundle: Bundle, { unzippedBytes }: Pick<SizeLimits, 'unzippedBytes'>): boolean {
  return unzippedBytes === null || bundle.dependencies.size + bundle.function.size <= unzippedBytes;
}

/** @throws BUNDLE_TOO_LARGE with the largest packages, before anything is sent */
export function assertFits(bundle: Bundle, lock: Lock, limits: SizeLimits, target: string): void {
  if (fits(bundle, limits)) return;
  const { rows, totals, checks } = sizeTable(lock, bundle, limits);
  const over = checks.find((each) => each.measure === 'unzipped')?.over ?? 0;
  const largest = rows.slice(0, ROWS).map(({ name, unzippedBytes }) => `${name} ${sized(unzippedBytes)}`);
  throw new MlfnError(
    'BUNDLE_TOO_LARGE',
    `The package is ${sized(totals.unzippedBytes)} unzipped, ${sized(over)} more than ${target} takes: ${largest.join(', ')}.`,
    {
      hint: 'Name only what the model needs in a requirements.txt beside it (--requirements); `mlfn build` shows the whole table.',
      details: { rows, totals, limit: limits.unzippedBytes, over },
    },
  );
}

function sized(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1000).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
