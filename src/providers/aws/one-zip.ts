/** Whether the dependencies of a package are a layer, or go with everything else into the function's one zip. Pure. */
import type { Bundle, Finding } from '../../types.ts';
import type { AwsConfig } from './config.ts';

/** Code of preflight's finding, which is no error where nobody insists on a layer. */
export const NO_LAYERS = 'aws-no-layers';
/**
 * Unzipped bytes up to which a layer is not worth its calls. Zipped they are about half of it, which with the serving code is
 * still within the 64 KiB that a deploy of a changed model may send beside the model.
 */
const SMALL_BYTES = 8 * 1024;

/** Why one zip; null for a layer, and where there are no dependencies. Size alone never forces it: Lambda's limit is over both together. */
export function oneZip({ oneZip: asked }: AwsConfig, { dependencies }: Bundle, findings: Finding[]): string | null {
  if (dependencies.size === 0 || asked === false) return null;
  if (asked === true) return 'as oneZip says';
  const denied = findings.find(({ code }) => code === NO_LAYERS);
  if (denied !== undefined) return `no layer, as ${denied.message.replace(/\.$/, '')}`;
  return dependencies.size <= SMALL_BYTES ? 'the dependencies are too small for a layer' : null;
}
