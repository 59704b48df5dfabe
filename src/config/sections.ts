/** Flags and MLFN_* variables of a target's own section: `--region eu-west-1` is `aws: {region: eu-west-1}`. */
import { MlfnError } from '../errors.ts';
import { SECTIONS } from '../providers/sections.ts';

/** A flag's text, whether it was there, or its repetitions. */
export type SectionFlags = Partial<Record<SectionFlag, string | boolean | string[]>>;
export type SectionFlag = { [Each in Target]: keyof (typeof FLAGS)[Each] }[Target];
type Target = keyof typeof SECTIONS;

interface Read {
  /** In the section. */
  key: string;
  as: 'text' | 'number' | 'decimal' | 'switch' | 'pairs' | 'list';
  /** The mapping in the section that holds the key. */
  within?: 'vpc';
}

const FLAGS = {
  local: { port: { key: 'port', as: 'number' } },
  aws: {
    region: { key: 'region', as: 'text' },
    profile: { key: 'profile', as: 'text' },
    bucket: { key: 'bucket', as: 'text' },
    role: { key: 'role', as: 'text' },
    public: { key: 'public', as: 'switch' },
    httpApi: { key: 'httpApi', as: 'switch' },
    adopt: { key: 'adopt', as: 'switch' },
    oneZip: { key: 'oneZip', as: 'switch' },
    arch: { key: 'architecture', as: 'text' },
    tag: { key: 'tags', as: 'pairs' },
    logRetention: { key: 'logRetention', as: 'number' },
    ephemeralStorage: { key: 'ephemeralStorage', as: 'number' },
    subnet: { key: 'subnets', as: 'list', within: 'vpc' },
    securityGroup: { key: 'securityGroups', as: 'list', within: 'vpc' },
    kmsKey: { key: 'kmsKey', as: 'text' },
    snapstart: { key: 'snapstart', as: 'switch' },
    tracing: { key: 'tracing', as: 'switch' },
    secret: { key: 'secrets', as: 'pairs' },
    reservedConcurrency: { key: 'reservedConcurrency', as: 'number' },
    provisionedConcurrency: { key: 'provisionedConcurrency', as: 'number' },
    warm: { key: 'warm', as: 'text' },
  },
  gcp: {
    project: { key: 'project', as: 'text' },
    region: { key: 'region', as: 'text' },
    mode: { key: 'mode', as: 'text' },
    bucket: { key: 'bucket', as: 'text' },
    serviceAccount: { key: 'serviceAccount', as: 'text' },
    buildServiceAccount: { key: 'buildServiceAccount', as: 'text' },
    public: { key: 'public', as: 'switch' },
    allow: { key: 'allow', as: 'list' },
    adopt: { key: 'adopt', as: 'switch' },
    label: { key: 'labels', as: 'pairs' },
    cpu: { key: 'cpu', as: 'decimal' },
    minInstances: { key: 'minInstances', as: 'number' },
    maxInstances: { key: 'maxInstances', as: 'number' },
    vpcConnector: { key: 'vpcConnector', as: 'text' },
    vpcEgress: { key: 'vpcEgress', as: 'text' },
    secret: { key: 'secrets', as: 'pairs' },
  },
} as const satisfies Record<Target, Record<string, Read>>;
/** The same, looked up by a name that may be another target's. */
const OF_TARGET: Record<Target, Partial<Record<SectionFlag, Read>>> = FLAGS;
const ALL = Object.values(FLAGS).flatMap((flags) => Object.entries<Read>(flags)) as [SectionFlag, Read][];

/** Of every target, each once. */
export const SECTION_FLAGS: readonly SectionFlag[] = [...new Set(ALL.map(([flag]) => flag))];
/** Given several times; as a variable, with commas between. */
export const REPEATED_FLAGS: readonly SectionFlag[] = [...new Set(ALL.filter(([, { as }]) => as === 'pairs' || as === 'list').map(([flag]) => flag))];

/**
 * What the flags (or variables) given say of `target`'s section. @throws CONFIG_VALUE for a wrong value, and for a flag
 * of another target; a variable of another target is left alone, as it may be meant for another command.
 */
export function readSection(
  target: Target,
  given: SectionFlags,
  source: { label(flag: SectionFlag): string; strict: boolean },
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const flag of SECTION_FLAGS) {
    const value = given[flag];
    if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
    const read = OF_TARGET[target][flag];
    if (read === undefined) {
      if (source.strict) throw foreign(flag, target, source.label(flag));
      continue;
    }
    const found = checked(target, read, value, source.label(flag));
    if (read.within === undefined) values[read.key] = found;
    else values[read.within] = { ...(values[read.within] as object), [read.key]: found };
  }
  return withWholeNetwork(values, source.label);
}

/** A network is subnets and security groups. */
function withWholeNetwork(values: Record<string, unknown>, label: (flag: SectionFlag) => string): Record<string, unknown> {
  const vpc = values['vpc'] as { subnets?: unknown; securityGroups?: unknown } | undefined;
  if (vpc === undefined || (vpc.subnets !== undefined && vpc.securityGroups !== undefined)) return values;
  const [given, missing] = vpc.subnets === undefined ? (['securityGroup', 'subnet'] as const) : (['subnet', 'securityGroup'] as const);
  throw new MlfnError('CONFIG_VALUE', `${label(given)} is given without ${label(missing)}.`, {
    hint: `Give ${label(missing)} too: a function in a VPC needs subnets and security groups.`,
    details: { key: 'aws.vpc' },
  });
}

function checked(target: Target, { key, as, within }: Read, value: string | boolean | string[], label: string): unknown {
  const shape = within === undefined ? SECTIONS[target].shape : SECTIONS.aws.shape[within].unwrap().shape;
  const schema = shape[key as never] as (typeof SECTIONS.aws.shape)['region'];
  const parsed = schema.safeParse(as === 'pairs' ? pairsOf([value].flat() as string[], label, PAIRS[target]?.[key] ?? '', key === 'secrets') : valueOf(value, as));
  if (parsed.success) return parsed.data;
  const message = parsed.error.issues[0]?.code === 'invalid_key' ? 'NAME=VALUE with a name that it may have' : parsed.error.issues[0]?.message;
  // Somebody may have given the secret itself where its reference belongs.
  const [not, details] = key === 'secrets' ? ['what was given', {}] : [JSON.stringify(value), { value }];
  throw new MlfnError('CONFIG_VALUE', `${label} must be ${message}, not ${not}.`, {
    hint: 'Mend it, or leave it out.',
    details: { key: `${target}.${key}`, ...details },
  });
}

function valueOf(value: string | boolean | string[], as: Read['as']): unknown {
  if (as === 'number') return /^\d+$/.test(String(value)) ? Number(value) : Number.NaN;
  if (as === 'decimal') return /^\d+(\.\d+)?$/.test(String(value)) ? Number(value) : Number.NaN;
  if (as === 'switch') return value === true || value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : value;
  return value;
}

/** What one of them looks like. */
const PAIRS: Partial<Record<Target, Record<string, string>>> = {
  aws: { tags: 'team=risk', secrets: 'DB_PASSWORD=secretsmanager:prod/db' },
  gcp: { labels: 'team=risk', secrets: 'DB_PASSWORD=db-password:latest' },
};

function pairsOf(texts: string[], label: string, example: string, hidden: boolean): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const cut = text.indexOf('=');
      if (cut > 0) return [text.slice(0, cut), text.slice(cut + 1)];
      throw new MlfnError('CONFIG_VALUE', `${label} must be NAME=VALUE, not ${hidden ? 'what was given' : JSON.stringify(text)}.`, {
        hint: `Write it as ${label} ${example}, once for each.`,
        details: hidden ? {} : { value: text },
      });
    }),
  );
}

/** What does the same on a target that does not have the flag. */
const ELSEWHERE: Partial<Record<Target, Partial<Record<SectionFlag, string>>>> = {
  local: {
    secret: 'On this machine set the value itself with --env NAME=VALUE; a reference is for a cloud.',
    warm: 'On this machine raise --idle, the seconds that a worker stays without a call.',
  },
  aws: {
    serviceAccount: 'On AWS a function runs as a role: name one with --role.',
    label: 'On AWS they are tags: --tag NAME=VALUE.',
    cpu: 'On AWS the processor grows with --memory: 1769 MB is one.',
    minInstances: 'On AWS use --provisioned-concurrency.',
    maxInstances: 'On AWS use --reserved-concurrency.',
  },
  gcp: {
    role: 'On Google Cloud a function runs as a service account: name one with --service-account.',
    tag: 'On Google Cloud they are labels: --label NAME=VALUE.',
    provisionedConcurrency: 'On Google Cloud use --min-instances.',
    reservedConcurrency: 'On Google Cloud use --max-instances.',
    warm: 'On Google Cloud use --min-instances 1.',
    profile: 'Name the project with --project.',
  },
};

function foreign(flag: SectionFlag, target: Target, label: string): MlfnError {
  const owners = Object.keys(FLAGS).filter((each) => OF_TARGET[each as Target][flag] !== undefined);
  return new MlfnError('CONFIG_VALUE', `${label} is a setting of ${owners.join(' and ')}, and the target is ${target}.`, {
    hint: ELSEWHERE[target]?.[flag] ?? `Leave it out, or deploy with --target ${owners[0]}.`,
    details: { flag, target },
  });
}
