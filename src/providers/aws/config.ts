import * as z from 'zod';
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

const RATE = 'a number of requests a second, from 1 to 10000';
const BURST = 'a whole number of requests, from 1 to 5000';
/**
 * Throttling of the stage. The defaults are within the quota that an account has in any region
 * (docs.aws.amazon.com/apigateway/latest/developerguide/limits.html: 2,500 a second and 1,250 at once where it is lowest).
 */
const throttling = z.strictObject(
  {
    rate: z.number({ error: RATE }).min(1, { error: RATE }).max(10_000, { error: RATE }).default(1000).describe('Requests a second.'),
    burst: z.int({ error: BURST }).min(1, { error: BURST }).max(5000, { error: BURST }).default(500).describe('Requests at once.'),
  },
  { error: 'true, false, or a mapping of rate and burst' },
);
const words = (must: string) => z.array(text(must), { error: `a list of ${must}` }).min(1, { error: `a list of ${must}` });
const ORIGIN = /^(\*|https?:\/\/[^/\s*]+)$/;
const ORIGIN_RULE = 'origins such as https://example.com, or *';
/** docs.aws.amazon.com/lambda/latest/api/API_Cors.html; the HTTP API takes the same. */
const cors = z.strictObject(
  {
    origins: words(ORIGIN_RULE).refine((all) => all.every((each) => ORIGIN.test(each)), { error: `a list of ${ORIGIN_RULE}` }),
    methods: z
      .array(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', '*'], { error: 'GET, HEAD, POST, PUT, PATCH, DELETE or *' }))
      .min(1)
      .default(['GET', 'POST'])
      .describe('What a page may ask with.'),
    headers: words('header fields such as content-type').default(['content-type']).describe('Header fields that a page may send.'),
    maxAge: z
      .int({ error: 'seconds from 0 to 86400' })
      .min(0, { error: 'seconds from 0 to 86400' })
      .max(86_400, { error: 'seconds from 0 to 86400' })
      .default(300)
      .describe('Seconds for which a browser remembers the answer.'),
  },
  { error: 'a mapping with origins, and methods, headers and maxAge if need be' },
);

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
    httpApi: z
      .union([z.boolean(), throttling], { error: 'true, false, or a mapping of rate and burst' })
      .default(false)
      .describe('An API Gateway HTTP API as the endpoint, in place of the Function URL; a mapping sets its throttling.'),
    cors: cors.optional().describe('Web pages of other origins that may call the endpoint.'),
    adopt: yes.default(false).describe('Takes over a function of that name that mlfn did not make.'),
    oneZip: yes
      .optional()
      .describe('Whether the dependencies go into the zip of the function, without a layer; else chosen by permissions and size.'),
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
export type Cors = z.infer<typeof cors>;
export type Throttling = z.infer<typeof throttling>;

/** Null without an HTTP API. */
export function throttlingOf({ httpApi }: AwsConfig): Throttling | null {
  if (httpApi === false) return null;
  return httpApi === true ? throttling.parse({}) : httpApi;
}
