import * as z from 'zod';

const text = (must: string) => z.string({ error: must }).min(1, { error: must });
const yes = z.boolean({ error: 'true or false' });
const whole = (unit: string, min: number, max: number) => {
  const must = `a whole number${unit} from ${min} to ${max}`;
  return z.int({ error: must }).min(min, { error: must }).max(max, { error: must });
};

/** cloud.google.com/run/docs/configuring/services/cpu: 0.08 to 1 in hundredths, then whole ones. */
const CPU_RULE = 'a number of CPUs: 0.08 to 1, or 2, 4, 6 or 8';
const MEMBER_RULE = 'members such as user:ada@example.com, serviceAccount:..., group:... or domain:example.com';
const MEMBER = /^(user|serviceAccount|group|domain|principal|principalSet):\S+$/;
const ACCOUNT_RULE = 'the e-mail address of a service account';
const ACCOUNT = /^[^\s@]+@[^\s@]+$/;
/** cloud.google.com/resource-manager/docs/labels-overview */
const LABEL_RULE = 'a mapping of at most 60 label names to text; a name begins with a lower-case letter and is not `mlfn...` or `goog-...`';
const LABEL_NAME = /^(?!mlfn$|mlfn-|goog-)[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const LABEL_VALUE_RULE = 'text of at most 63 lower-case letters, digits, hyphens and underscores';
const LABEL_VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;
/** Google takes 64; some are for mlfn. */
const MOST_LABELS = 60;
const CONNECTOR_RULE = 'a connector: its name, or projects/PROJECT/locations/REGION/connectors/NAME';
const SECRET_RULE = 'a secret of Secret Manager: NAME:VERSION, VERSION a number or latest';
const SECRET = /^(projects\/[^/\s]+\/secrets\/)?[A-Za-z0-9_-]{1,255}:([1-9]\d*|latest)$/;

/** The `gcp:` section of mlfn.yaml; its flags are in config/sections.ts. */
export const configSchema = z.strictObject(
  {
    project: text('the id of a project').optional().describe("Project; else GOOGLE_CLOUD_PROJECT's or the credentials'."),
    region: text('a region such as europe-west1').optional().describe("Region; else CLOUDSDK_RUN_REGION's or CLOUDSDK_FUNCTIONS_REGION's."),
    mode: z
      .enum(['function', 'run', 'image'], { error: 'function, run or image' })
      .default('function')
      .describe('function: a Cloud Function, built by Cloud Build. run: a Cloud Run service without a build. image: one of a container image.'),
    bucket: text('the name of a bucket').optional().describe('A bucket of your own, whose settings stay as they are.'),
    serviceAccount: z
      .string({ error: ACCOUNT_RULE })
      .regex(ACCOUNT, { error: ACCOUNT_RULE })
      .optional()
      .describe('A service account of your own for the function to run as; mlfn makes none then.'),
    buildServiceAccount: z
      .string({ error: ACCOUNT_RULE })
      .regex(ACCOUNT, { error: ACCOUNT_RULE })
      .optional()
      .describe('A service account of your own for Cloud Build to run as; mlfn makes none then.'),
    public: yes.default(false).describe('Opens the endpoint to everyone.'),
    allow: z
      .array(z.string({ error: MEMBER_RULE }).regex(MEMBER, { error: MEMBER_RULE }), { error: `a list of ${MEMBER_RULE}` })
      .default([])
      .describe('Members that may call the endpoint.'),
    adopt: yes.default(false).describe('Takes over a function of that name that mlfn did not make.'),
    labels: z
      .record(z.string().regex(LABEL_NAME), z.string({ error: LABEL_VALUE_RULE }).regex(LABEL_VALUE, { error: LABEL_VALUE_RULE }), { error: LABEL_RULE })
      .refine((labels) => Object.keys(labels).length <= MOST_LABELS, { error: LABEL_RULE })
      .default({})
      .describe('Labels of the function.'),
    cpu: z
      .number({ error: CPU_RULE })
      .refine((cpu) => (cpu >= 0.08 && cpu <= 1 && Number.isInteger(Math.round(cpu * 1e6) / 1e4)) || [2, 4, 6, 8].includes(cpu), { error: CPU_RULE })
      .default(1)
      .describe('CPUs of a worker; below 1 it answers one request at a time.'),
    minInstances: whole('', 0, 1000).default(0).describe('Instances that are always ready, and paid for.'),
    maxInstances: whole('', 1, 1000).optional().describe("Most instances at once; Google's own default when left out."),
    cpuBoost: yes.default(true).describe('More CPU while an instance starts.'),
    vpcConnector: text(CONNECTOR_RULE)
      .regex(/^(projects\/[^/\s]+\/locations\/[^/\s]+\/connectors\/)?[a-z][a-z0-9-]*$/, { error: CONNECTOR_RULE })
      .optional()
      .describe('A Serverless VPC Access connector that the function reaches a network through.'),
    vpcEgress: z
      .enum(['private-ranges-only', 'all-traffic'], { error: 'private-ranges-only or all-traffic' })
      .default('private-ranges-only')
      .describe('What goes through the connector.'),
    secrets: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string({ error: SECRET_RULE }).regex(SECRET, { error: SECRET_RULE }), { error: SECRET_RULE })
      .default({})
      .describe('Variables that are read from Secret Manager when an instance starts, by reference: NAME:VERSION.'),
  },
  { error: 'a mapping' },
);

export type GcpConfig = z.infer<typeof configSchema>;
