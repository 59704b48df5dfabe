/** What the settings of a function's releases need its role to allow: a statement each, and only while a release has the setting. */
import { parseReference, type Place, type Service } from './references.ts';
import type { ReleaseSettings } from './release.ts';

interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string>>;
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
export function grantsOf(place: Place, name: string, releases: readonly ReleaseSettings[]): Statement[] {
  const statements: Statement[] = [];
  if (releases.some(({ vpc }) => vpc !== undefined)) {
    const SourceFunctionArn = `arn:${place.partition}:lambda:${place.region}:${place.account}:function:${name}`;
    statements.push({ Effect: 'Allow', Action: NETWORK, Resource: '*' });
    // For Lambda itself, not for the code: the same page, "Security best practices".
    statements.push({ Effect: 'Deny', Action: NETWORK, Resource: '*', Condition: { ArnEquals: { 'lambda:SourceFunctionArn': SourceFunctionArn } } });
  }
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
export function grantsText(releases: readonly ReleaseSettings[]): string {
  const secrets = sorted(releases.flatMap((each) => Object.values(each.secrets ?? {})));
  return [
    ...(releases.some(({ vpc }) => vpc !== undefined) ? [', lets Lambda into the VPC'] : []),
    ...(releases.some(({ kmsKey }) => kmsKey !== undefined) ? [', decrypts its variables'] : []),
    ...(releases.some(({ tracing }) => tracing) ? [', sends traces'] : []),
    ...(secrets.length === 0 ? [] : [`, reads ${secrets.join(', ')}`]),
  ].join('');
}

function sorted(texts: string[]): string[] {
  return [...new Set(texts)].toSorted();
}
