/** Settings of the `aws:` section beside where and who: those that a release keeps, and those of the function as a whole. */
import * as z from 'zod';
import { parseReference, REFERENCE_RULE } from './references.ts';

const yes = z.boolean({ error: 'true or false' });
const whole = (unit: string, min: number, max: number) => {
  const must = `a whole number${unit} from ${min} to ${max}`;
  return z.int({ error: must }).min(min, { error: must }).max(max, { error: must });
};
/** docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html: at most 16 subnets and 5 security groups. */
const ids = (prefix: string, what: string, most: number) => {
  const must = `1 to ${most} ids of ${what} (${prefix}0a1b...)`;
  return z.array(z.string({ error: must }).regex(new RegExp(`^${prefix}[0-9a-z]+$`), { error: must }), { error: must }).min(1, { error: must }).max(most, { error: must });
};
const KEY_RULE = 'the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)';
/** Minutes; docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html: rules know whole minutes. */
const EVERY_RULE = 'minutes from 1m to 60m, or off';
const EVERY = /^([1-9]|[1-5]\d|60)m$/;

/** Kept with the release: a rollback brings them back. Sources: docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
export const RELEASE_FIELDS = {
  ephemeralStorage: whole(' of MB', 512, 10_240).default(512).describe('Size of /tmp, MB.'),
  vpc: z
    .strictObject({ subnets: ids('subnet-', 'subnets', 16), securityGroups: ids('sg-', 'security groups', 5) }, { error: 'a mapping of subnets and securityGroups' })
    .optional()
    .describe('Subnets and security groups that the function runs in; it reaches the internet only as they let it.'),
  kmsKey: z
    .string({ error: KEY_RULE })
    .regex(/^arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/, { error: KEY_RULE })
    .optional()
    .describe('A KMS key of your own that encrypts the variables.'),
  snapstart: yes.default(false).describe('Starts from a snapshot of the loaded model (SnapStart).'),
  tracing: yes.default(false).describe('Traces calls with X-Ray.'),
  secrets: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string({ error: REFERENCE_RULE }).refine((text) => parseReference(text) !== null, { error: REFERENCE_RULE }), { error: REFERENCE_RULE })
    .default({})
    .describe('Variables that are read from Secrets Manager or Parameter Store when the function starts, by reference.'),
};

/** Left as they are when not named; 0 and `off` take them away. */
export const FUNCTION_FIELDS = {
  reservedConcurrency: whole('', 0, 100_000).optional().describe('Most calls at once, taken from the quota of the account; 0 takes the limit away.'),
  provisionedConcurrency: whole('', 0, 100_000).optional().describe('Workers of the live release that are always ready, and paid for; 0 ends it.'),
  warm: z
    .union([z.string({ error: EVERY_RULE }).regex(EVERY, { error: EVERY_RULE }), z.literal('off'), z.literal(false)], { error: EVERY_RULE })
    .optional()
    .describe('How often a call keeps the function warm: 5m; off ends it.'),
};

/** Minutes of `5m`; 0 for `off`. */
export function minutesOf(every: string | false): number {
  return every === 'off' || every === false ? 0 : Number(every.slice(0, -1));
}
