/** What the settings of a function's releases need its role to allow: a statement each, and only while a release has the setting. */
import { type Bucket, dataText, placesOf } from '../../data.ts';
import type { PackageForm } from '../../../types.ts';
import type { ReleaseDraft } from '../../provider.ts';
import { twinName } from '../names.ts';
import { formOf, otherThan } from '../twin/form.ts';
import { parseReference, type Place, type Service } from './references.ts';
import { settingsOf } from './release.ts';

/** A draft or a record. */
type Drafted = Pick<ReleaseDraft, 'settings' | 'targetSettings' | 'image'>;

/** What a function's role is to allow follows from these. */
export interface Grounds {
  releases: readonly Drafted[];
  /** The form that the function is made of; null before it is made. */
  front: PackageForm | null;
}

interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions; none of them can be narrowed. */
const NETWORK = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];
const READS: Record<Service, string> = { secretsmanager: 'secretsmanager:GetSecretValue', ssm: 'ssm:GetParameters' };

/** The same for the same releases, in whatever order they come. */
export function grantsOf(place: Place, name: string, { releases: drafts, front }: Grounds): Statement[] {
  const releases = drafts.map(settingsOf);
  const arnOf = (own: string) => `arn:${place.partition}:lambda:${place.region}:${place.account}:function:${own}`;
  const twins = front !== null && drafts.some((each) => formOf(each) !== front) ? [arnOf(twinName(name, otherThan(front)))] : [];
  const statements = dataGrants(place, drafts);
  if (releases.some(({ vpc }) => vpc !== undefined)) {
    statements.push({ Effect: 'Allow', Action: NETWORK, Resource: '*' });
    // For Lambda itself, not for the code: the same page, "Security best practices".
    statements.push({ Effect: 'Deny', Action: NETWORK, Resource: '*', Condition: { ArnEquals: { 'lambda:SourceFunctionArn': twins.length === 0 ? arnOf(name) : [arnOf(name), ...twins] } } });
  }
  // Versions of the function hand calls on to versions of its twin, which are named beside the function's own ARN (lambda:Invoke, `Qualifier`).
  if (twins.length > 0) statements.push({ Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: twins.flatMap((arn) => [arn, `${arn}:*`]) });
  const keys = sorted(releases.flatMap(({ kmsKey }) => kmsKey ?? []));
  if (keys.length > 0) statements.push({ Effect: 'Allow', Action: ['kms:Decrypt'], Resource: keys });
  // docs.aws.amazon.com/lambda/latest/dg/python-tracing.html; X-Ray knows no resources.
  if (releases.some(({ tracing }) => tracing)) {
    statements.push({ Effect: 'Allow', Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], Resource: '*' });
  }
  const references = releases.flatMap(({ secrets = {} }) => Object.values(secrets)).map(parseReference).filter((each) => each !== null);
  for (const service of ['secretsmanager', 'ssm'] as const) {
    const resources = sorted(references.filter((each) => each.service === service).map((each) => each.resource(place)));
    if (resources.length > 0) statements.push({ Effect: 'Allow', Action: [READS[service]], Resource: resources });
  }
  return statements;
}

/** For a plan: what the role may do because of them. */
export function grantsText(drafts: readonly Drafted[]): string {
  const releases = drafts.map(settingsOf);
  const secrets = sorted(releases.flatMap((each) => Object.values(each.secrets ?? {})));
  return [
    ...(releases.some(({ vpc }) => vpc !== undefined) ? [', lets Lambda into the VPC'] : []),
    ...(releases.some(({ kmsKey }) => kmsKey !== undefined) ? [', decrypts its variables'] : []),
    ...(releases.some(({ tracing }) => tracing) ? [', sends traces'] : []),
    ...(secrets.length === 0 ? [] : [`, reads ${secrets.join(', ')}`]),
    dataText(drafts, 's3'),
  ].join('');
}

/** Without s3:ListBucket, S3 says of an object that is missing what it says of one that may not be read: 403. */
function dataGrants({ partition }: Place, drafts: readonly Drafted[]): Statement[] {
  const { read, write } = placesOf(drafts, 's3');
  const resources = (places: Bucket[]) => places.flatMap(({ bucket, prefix }) => patternsOf(prefix).map((key) => `arn:${partition}:s3:::${bucket}/${key}`));
  const statement = (action: string, places: Bucket[]): Statement[] => (places.length === 0 ? [] : [{ Effect: 'Allow', Action: [action], Resource: resources(places) }]);
  return [...statement('s3:GetObject', read), ...statement('s3:PutObject', write)];
}

/** `a/` is what is below it; `a` is that object, too. */
function patternsOf(prefix: string): string[] {
  return prefix === '' || prefix.endsWith('/') ? [`${prefix}*`] : [prefix, `${prefix}/*`];
}

function sorted(texts: string[]): string[] {
  return [...new Set(texts)].toSorted();
}
