import { z } from 'zod';
import { FUNCTION_FIELDS, RELEASE_FIELDS } from './settings/fields.ts';

const text = (must: string) => z.string({ error: must }).min(1, { error: must });
const yes = z.boolean({ error: 'true or false' });
/** docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
const DAYS_RULE = `a number of days that CloudWatch knows: ${DAYS.slice(0, 11).join(', ')}, 365 or more`;
/** docs.aws.amazon.com/lambda/latest/api/API_TagResource.html; `aws:` is AWS's own, and `mlfn` ours. */
const TAG_RULE = 'a mapping of at most 45 tag names to text; a name is not `mlfn` and does not begin with `mlfn:` or `aws:`';
const TAG_NAME = /^(?!aws:|mlfn$|mlfn:)[\p{L}\p{N}\s_.:/=+\-@]{1,128}$/iu;
const TAG_VALUE_RULE = 'text of at most 256 letters, digits, spaces and _.:/=+-@';
const TAG_VALUE = /^[\p{L}\p{N}\s_.:/=+\-@]{0,256}$/u;
/** AWS takes 50; some are for mlfn and for what others set. */
const MOST_TAGS = 45;

/** The `aws:` section of mlfn.yaml; its flags are in config/sections.ts. */
export const configSchema = z.strictObject(
  {
    region: text('a region such as eu-west-1').optional().describe("Region; else AWS_REGION's or the profile's."),
    profile: text('the name of a profile').optional().describe('Profile of ~/.aws/config.'),
    bucket: text('the name of a bucket').optional().describe('A bucket of your own, whose settings stay as they are.'),
    role: z
      .string({ error: 'the ARN of a role' })
      .regex(/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/, { error: 'the ARN of a role' })
      .optional()
      .describe('A role of your own for the function to run as; mlfn makes none then.'),
    public: yes.default(false).describe('Opens the endpoint to everyone.'),
    adopt: yes.default(false).describe('Takes over a function of that name that mlfn did not make.'),
    architecture: z
      .enum(['x86_64', 'arm64'], { error: 'x86_64 or arm64' })
      .default('x86_64')
      .describe('Processor; x86_64 has wheels of everything.'),
    tags: z
      .record(z.string().regex(TAG_NAME), z.string({ error: TAG_VALUE_RULE }).regex(TAG_VALUE, { error: TAG_VALUE_RULE }), { error: TAG_RULE })
      .refine((tags) => Object.keys(tags).length <= MOST_TAGS, { error: TAG_RULE })
      .default({})
      .describe('Tags of the function.'),
    logRetention: z
      .int({ error: DAYS_RULE })
      .refine((days) => DAYS.includes(days), { error: DAYS_RULE })
      .default(30)
      .describe('Days that log lines are kept.'),
    ...RELEASE_FIELDS,
    ...FUNCTION_FIELDS,
  },
  { error: 'a mapping' },
);

export type AwsConfig = z.infer<typeof configSchema>;
