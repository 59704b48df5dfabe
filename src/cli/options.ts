/** Options that several commands share. */
import { TARGETS } from '../providers/index.ts';
import type { OptionSpec } from './command.ts';

export const NAME_ARGUMENT = {
  name: 'name',
  summary: "Function; mlfn.yaml's, or the only one deployed, when left out",
  completes: 'function',
} as const;

export const MODEL_ARGUMENT = {
  name: 'model',
  summary: "Model file, or module.py:function; mlfn.yaml's when left out",
  completes: 'file',
} as const;

export const TARGET_OPTION = {
  target: { kind: 'text', value: 'TARGET', choices: TARGETS, summary: 'Where the function is (default: local)' },
  region: { kind: 'text', value: 'REGION', summary: "Region of a cloud (default: the cloud's own settings)" },
  project: { kind: 'text', value: 'ID', summary: 'Project of Google Cloud' },
  profile: { kind: 'text', value: 'NAME', summary: 'Profile of ~/.aws/config' },
  bucket: { kind: 'text', value: 'NAME', summary: 'Bucket of your own to keep packages and releases in' },
} as const satisfies Record<string, OptionSpec>;

export const DRY_RUN = {
  dryRun: { kind: 'flag', short: 'n', summary: 'Show what would be done, change nothing' },
} as const satisfies Record<string, OptionSpec>;

/** What a package is made of. Texts: the configuration reads and checks them, as it does those of mlfn.yaml. */
export const PACKAGE_OPTIONS = {
  ...TARGET_OPTION,
  name: { kind: 'text', value: 'NAME', completes: 'function', summary: "Function's name (default: the file's or folder's)" },
  code: { kind: 'text', value: 'DIR', completes: 'folder', summary: 'Folder of the modules that the model or hooks import' },
  include: { kind: 'list', value: 'PATH', completes: 'file', summary: 'File or folder that the code reads, and that travels beside it; repeatable' },
  hooks: { kind: 'text', value: 'FILE', completes: 'file', summary: 'Python file with preprocess and/or postprocess' },
  engine: { kind: 'text', value: 'ENGINE', choices: ['auto', 'plain', 'onnx', 'native'], summary: 'What evaluates the model (default: auto, the leanest that answers alike)' },
  python: { kind: 'text', value: 'VERSION', summary: 'Python version, or path of an interpreter' },
  requirements: { kind: 'text', value: 'FILE', completes: 'file', summary: 'Requirements to lock the dependencies with' },
  oneZip: { kind: 'flag', summary: "Put the dependencies into the function's own zip, without a layer" },
  trust: { kind: 'flag', summary: 'Load a model that names code outside the allowlist' },
} as const satisfies Record<string, OptionSpec>;

/** How a package goes to its target. */
export const FORM_OPTIONS = {
  package: { kind: 'text', value: 'FORM', choices: ['auto', 'zip', 'image'], summary: 'As zips, or as a container image (default: auto, a zip where it fits)' },
  base: { kind: 'text', value: 'IMAGE', summary: 'What an image is built on: in a registry, or oci:FOLDER[:TAG] (default: a slim Python)' },
} as const satisfies Record<string, OptionSpec>;

export const CANARY = {
  canary: { kind: 'integer', value: 'PERCENT', summary: 'Give it that share of the traffic at first (1 to 99); see promote' },
} as const satisfies Record<string, OptionSpec>;

export const SETTINGS_OPTIONS = {
  sample: { kind: 'text', value: 'FILE', completes: 'file', summary: 'JSON body to check the release with before it goes live' },
  memory: { kind: 'text', value: 'MB', summary: 'Memory of a worker (default: 1024)' },
  timeout: { kind: 'text', value: 'SECONDS', summary: 'Longest time of one request (default: 30)' },
  concurrency: { kind: 'text', value: 'N', summary: 'Requests answered side by side (default: 2)' },
  idle: { kind: 'text', value: 'SECONDS', summary: 'Time without a call after which a worker ends (default: 300)' },
  reload: { kind: 'text', value: '5m', summary: 'How often a worker looks for another model; asked: only when told; see reload' },
  env: { kind: 'list', value: 'NAME=VALUE', summary: 'Variable for the code; repeatable; no place for secrets' },
  port: { kind: 'text', value: 'PORT', summary: 'Port of the local target' },
  mode: { kind: 'text', value: 'MODE', choices: ['function', 'run', 'image'], summary: 'On Google Cloud: a Cloud Function, Cloud Run without a build, or an image' },
  public: { kind: 'flag', summary: 'Open the endpoint to everyone (default: IAM only)' },
  allow: { kind: 'list', value: 'MEMBER', summary: 'Who may call it on Google Cloud: user:ada@example.com; repeatable' },
  httpApi: { kind: 'flag', summary: 'An API Gateway HTTP API as the endpoint, in place of a Function URL' },
  role: { kind: 'text', value: 'ARN', summary: 'Role of your own for the function to run as' },
  serviceAccount: { kind: 'text', value: 'EMAIL', summary: 'Service account of your own for the function to run as' },
  buildServiceAccount: { kind: 'text', value: 'EMAIL', summary: 'Service account of your own for Cloud Build' },
  adopt: { kind: 'flag', summary: 'Take over a function that mlfn did not make' },
  arch: { kind: 'text', value: 'ARCH', choices: ['x86_64', 'arm64'], summary: 'Processor (default: x86_64)' },
  tag: { kind: 'list', value: 'NAME=VALUE', summary: 'Tag of the function; repeatable' },
  label: { kind: 'list', value: 'NAME=VALUE', summary: 'Label of the function on Google Cloud; repeatable' },
  cpu: { kind: 'text', value: 'N', summary: 'CPUs of an instance on Google Cloud (default: 1)' },
  minInstances: { kind: 'text', value: 'N', summary: 'Instances always ready, and paid for (default: 0)' },
  maxInstances: { kind: 'text', value: 'N', summary: 'Most instances at once (default: 100)' },
  vpcConnector: { kind: 'text', value: 'NAME', summary: 'Serverless VPC Access connector to reach a network through' },
  vpcEgress: { kind: 'text', value: 'WHAT', choices: ['private-ranges-only', 'all-traffic'], summary: 'What goes through the connector' },
  logRetention: { kind: 'text', value: 'DAYS', summary: 'How long log lines are kept (default: 30)' },
  ephemeralStorage: { kind: 'text', value: 'MB', summary: 'Size of /tmp on Lambda (default: 512)' },
  secret: { kind: 'list', value: 'NAME=REF', summary: 'Variable read at start: secretsmanager:NAME or ssm:/PATH on AWS, NAME:VERSION on Google Cloud; repeatable' },
  subnet: { kind: 'list', value: 'ID', summary: 'Subnet to run in, with --security-group; repeatable' },
  securityGroup: { kind: 'list', value: 'ID', summary: 'Security group in the VPC; repeatable' },
  kmsKey: { kind: 'text', value: 'ARN', summary: 'KMS key of your own for the variables' },
  snapstart: { kind: 'flag', summary: 'Start from a snapshot of the loaded model' },
  tracing: { kind: 'flag', summary: 'Trace calls with X-Ray' },
  reservedConcurrency: { kind: 'text', value: 'N', summary: 'Most calls at once; 0 takes the limit away' },
  provisionedConcurrency: { kind: 'text', value: 'N', summary: 'Workers always ready, and paid for; 0 ends it' },
  warm: { kind: 'text', value: '5m', summary: 'Keep it warm with a call that often; off ends it' },
} as const satisfies Record<string, OptionSpec>;
