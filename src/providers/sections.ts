/** Each target's own section of mlfn.yaml. Schemas only: loading them loads no target. */
import { configSchema as aws } from './aws/config.ts';
import { configSchema as gcp } from './gcp/config.ts';
import { configSchema as local } from './local/config.ts';

export const SECTIONS = { aws, gcp, local };
