/** The SDK's clients for one region and one set of credentials, made when they are first asked for. */
import type { ApiGatewayV2Client } from '@aws-sdk/client-apigatewayv2';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { ECRClient } from '@aws-sdk/client-ecr';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { loadSharedConfigFiles } from '@smithy/core/config';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ProxyAgent } from 'proxy-agent';
import type { Context } from '../../events.ts';
import { MlfnError } from '../../errors.ts';
import type { AwsConfig } from './config.ts';
import { explainAws } from './errors.ts';
import { bucketName } from './names.ts';

/** Tries of one call, the first included: throttling, 5xx and broken connections, with the SDK's own pauses. */
const ATTEMPTS = 6;
const CONNECT_MS = 10_000;
/** S3 answers at once, or takes bytes all the while; Lambda is silent for as long as a function runs. */
const S3_SILENT_MS = 60_000;

export interface Identity {
  account: string;
  arn: string;
}

export interface Session {
  ctx: Context;
  config: AwsConfig;
  region: string;
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  partition: string;
  identity(): Promise<Identity>;
  account(): Promise<string>;
  bucket(): Promise<string>;
  credentials: ReturnType<typeof fromNodeProviderChain>;
  readonly lambda: LambdaClient;
  /** Asks once: for calls that would make a thing twice. */
  readonly lambdaOnce: LambdaClient;
  readonly s3: S3Client;
  readonly iam: IAMClient;
  readonly logs: CloudWatchLogsClient;
  readonly sts: STSClient;
  /** Loaded when asked for: most functions have no HTTP API. */
  gateway(): Promise<ApiGatewayV2Client>;
  /** Asks once, as `lambdaOnce`. */
  gatewayOnce(): Promise<ApiGatewayV2Client>;
  /** As most functions have no schedule. */
  schedules(): Promise<EventBridgeClient>;
  /** As most functions are made of zips. */
  ecr(): Promise<ECRClient>;
}

type Clients = Omit<Session, 'ctx' | 'config'>;

/** Clients live as long as the configuration: connections and credentials are used again by every step of a command. */
const opened = new WeakMap<AwsConfig, Promise<Clients>>();

/** @throws AWS_REGION when nothing names a region */
export async function openSession(ctx: Context, config: AwsConfig): Promise<Session> {
  let clients = opened.get(config);
  if (clients === undefined) opened.set(config, (clients = openClients(ctx, config)));
  // A spread would call the getters.
  return Object.create(await clients, { ctx: { value: ctx }, config: { value: config } }) as Session;
}

async function openClients(ctx: Context, config: AwsConfig): Promise<Clients> {
  await checkProfile(ctx, config);
  const region = await regionOf(ctx, config);
  // The SDK knows nothing of HTTPS_PROXY and NO_PROXY.
  const agent = new ProxyAgent({ keepAlive: true });
  const handler = (more: { socketTimeout?: number } = {}) =>
    new NodeHttpHandler({ httpAgent: agent, httpsAgent: agent, connectionTimeout: CONNECT_MS, ...more });
  // Roles, web identities and single sign-on are asked for over the network, too.
  const credentials = fromNodeProviderChain({ profile: config.profile, clientConfig: { region, requestHandler: handler() } });
  const shared = {
    region,
    credentials,
    maxAttempts: ATTEMPTS,
    ...(config.profile === undefined ? {} : { profile: config.profile }),
    requestHandler: handler(),
  };
  const lambda = lazy(() => new LambdaClient(shared));
  const lambdaOnce = lazy(() => new LambdaClient({ ...shared, maxAttempts: 1 }));
  // Emulators have no name per bucket.
  const forcePathStyle = ctx.env['AWS_ENDPOINT_URL'] !== undefined;
  const s3 = lazy(() => new S3Client({ ...shared, forcePathStyle, requestHandler: handler({ socketTimeout: S3_SILENT_MS }) }));
  const iam = lazy(() => new IAMClient(shared));
  const logs = lazy(() => new CloudWatchLogsClient(shared));
  const sts = lazy(() => new STSClient(shared));
  const gateway = lazy(async () => new (await import('@aws-sdk/client-apigatewayv2')).ApiGatewayV2Client(shared));
  const gatewayOnce = lazy(async () => new (await import('@aws-sdk/client-apigatewayv2')).ApiGatewayV2Client({ ...shared, maxAttempts: 1 }));
  const schedules = lazy(async () => new (await import('@aws-sdk/client-eventbridge')).EventBridgeClient(shared));
  const ecr = lazy(async () => new (await import('@aws-sdk/client-ecr')).ECRClient(shared));
  const identity = lazy(() => whoAmI(ctx, sts()));
  return {
    region,
    partition: region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws',
    credentials,
    identity,
    gateway,
    gatewayOnce,
    schedules,
    ecr,
    account: async () => (await identity()).account,
    bucket: async () => config.bucket ?? bucketName((await identity()).account, region),
    get lambda() {
      return lambda();
    },
    get lambdaOnce() {
      return lambdaOnce();
    },
    get s3() {
      return s3();
    },
    get iam() {
      return iam();
    },
    get logs() {
      return logs();
    },
    get sts() {
      return sts();
    },
  };
}

function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Flag or file, then the variables, then the profile: what the SDK does, said in our words when there is none. */
async function regionOf(ctx: Context, config: AwsConfig): Promise<string> {
  const named = config.region ?? ctx.env['AWS_REGION'] ?? ctx.env['AWS_DEFAULT_REGION'];
  if (named !== undefined && named !== '') return named;
  try {
    return await new STSClient({ profile: config.profile }).config.region();
  } catch (cause) {
    throw new MlfnError('AWS_REGION', 'No AWS region is set.', {
      hint: 'Name one with --region eu-west-1, `aws: {region: eu-west-1}` in mlfn.yaml, or AWS_REGION.',
      cause,
    });
  }
}

/** The chain would only say that it found nothing. */
async function checkProfile(ctx: Context, config: AwsConfig): Promise<void> {
  const name = config.profile ?? ctx.env['AWS_PROFILE'];
  if (name === undefined || name === '') return;
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  const known = [...new Set([...Object.keys(configFile), ...Object.keys(credentialsFile)])];
  // The section of a session is no profile: `sso-session.corp`.
  const profiles = known.filter((each) => !each.includes('.')).toSorted();
  if (known.includes(name)) return;
  throw new MlfnError('AWS_CREDENTIALS', `There is no profile ${JSON.stringify(name)} in ~/.aws/config or ~/.aws/credentials.`, {
    hint: profiles.length === 0 ? 'Make one with `aws configure` or `aws configure sso`.' : `Name one of: ${profiles.join(', ')}.`,
    details: { profile: name },
  });
}

async function whoAmI(ctx: Context, sts: STSClient): Promise<Identity> {
  try {
    const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}), { abortSignal: ctx.signal });
    return { account: Account ?? '', arn: Arn ?? '' };
  } catch (error) {
    throw explainAws(error, { action: 'sts:GetCallerIdentity', resource: '*' });
  }
}
