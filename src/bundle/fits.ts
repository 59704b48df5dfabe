import { MlfnError } from '../errors.ts';
import { sizeText } from '../size-text.ts';
import type { Bundle, Lock } from '../types.ts';
import { type SizeLimits, sizeTable } from './size-table.ts';

const ROWS = 6;

/** Unzipped bytes against the target's limits; compressed bytes are known only once they are written. */
export function fits(bundle: Bundle, { unzippedBytes, functionBytes = Infinity }: Omit<SizeLimits, 'zipBytes'>): boolean {
  const whole = bundle.dependencies.size + bundle.function.size;
  return whole <= (unzippedBytes ?? Infinity) && bundle.function.size <= functionBytes;
}

/**
 * @param asImage the target runs images, which may be larger
 * @throws BUNDLE_TOO_LARGE with the largest packages, before anything is sent
 */
export function assertFits(bundle: Bundle, lock: Lock, limits: SizeLimits, target: string, asImage = false): void {
  if (fits(bundle, limits)) return;
  const { rows, totals, checks } = sizeTable(lock, bundle, limits);
  const broken = checks.find((each) => each.measure !== 'zip' && !each.fits);
  if (broken === undefined) return;
  const { measure, bytes, limit, over } = broken;
  const ofFunction = measure === 'function';
  const parts = ofFunction ? rows.filter((row) => row.kind !== 'distribution') : rows;
  const largest = parts.slice(0, ROWS).map(({ name, unzippedBytes }) => `${name} ${sizeText(unzippedBytes)}`);
  const image = asImage ? 'Deploy it as an image (--package image), or ' : '';
  const what = ofFunction ? 'The package without its dependencies' : 'The package';
  throw new MlfnError('BUNDLE_TOO_LARGE', `${what} is ${sizeText(bytes)} unzipped, ${sizeText(over ?? 0)} more than ${target} takes: ${largest.join(', ')}.`, {
    hint: ofFunction
      ? 'Leave out of the code folder what the model does not need (a .gitignore there counts); `mlfn build` shows the whole table.'
      : `${image}${asImage ? 'name' : 'Name'} only what the model needs in a requirements.txt beside it (--requirements); \`mlfn build\` shows the whole table.`,
    details: { rows, totals, limit, over },
  });
}

/**
 * @param asImage the target runs images, which may be larger
 * @throws BUNDLE_TOO_LARGE for an archive that was written and is larger than what the target takes
 */
export function assertSendable(bytes: number, { zipBytes }: Pick<SizeLimits, 'zipBytes'>, target: string, asImage = false): void {
  if (zipBytes === null || bytes <= zipBytes) return;
  const rest = 'only what the model needs in a requirements.txt beside it (--requirements); `mlfn build` shows the largest parts.';
  throw new MlfnError('BUNDLE_TOO_LARGE', `The package is ${sizeText(bytes)} compressed, ${sizeText(bytes - zipBytes)} more than ${target} takes.`, {
    hint: asImage ? `Deploy it as an image (--package image), or name ${rest}` : `Name ${rest}`,
    details: { bytes, limit: zipBytes, over: bytes - zipBytes },
  });
}
