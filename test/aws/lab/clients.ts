/** The real SDK's clients for a part of the lab, which do not retry unless told to: a test sees each answer. */
import { ApiGatewayV2Client } from '@aws-sdk/client-apigatewayv2';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECRClient } from '@aws-sdk/client-ecr';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';

export interface Clients {
  lambda: LambdaClient;
  s3: S3Client;
  iam: IAMClient;
  logs: CloudWatchLogsClient;
  sts: STSClient;
  gateway: ApiGatewayV2Client;
  ecr: ECRClient;
  destroy(): void;
}

export function clientsOf(env: Record<string, string>, maxAttempts = 1): Clients {
  const config = {
    endpoint: env['AWS_ENDPOINT_URL'] as string,
    region: env['AWS_REGION'] as string,
    credentials: { accessKeyId: env['AWS_ACCESS_KEY_ID'] as string, secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] as string },
    maxAttempts,
  };
  const clients = {
    lambda: new LambdaClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    iam: new IAMClient(config),
    logs: new CloudWatchLogsClient(config),
    sts: new STSClient(config),
    gateway: new ApiGatewayV2Client(config),
    ecr: new ECRClient(config),
  };
  return { ...clients, destroy: () => Object.values(clients).forEach((client) => client.destroy()) };
}
