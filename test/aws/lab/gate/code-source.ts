/**
 * Code that is not there. ministack makes a function without code from it.
 * Source: AWS Lambda API Reference, "FunctionCode" (S3Bucket, S3Key); Developer Guide, "Troubleshoot deployment issues in Lambda".
 */
import { HeadBucketCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { Clients } from '../clients.ts';
import { json, type Rule } from './rule.ts';
import type { Refusal } from './wire.ts';

const WHERE: Record<string, string> = { CreateFunction: 'Code', PublishLayerVersion: 'Content', UpdateFunctionCode: '' };

export function codeSourceRule(cloud: Clients): Rule {
  return {
    check: async (exchange) => {
      const within = exchange.call.service === 'lambda' ? WHERE[exchange.call.operation] : undefined;
      if (within === undefined) return undefined;
      const input = json(exchange);
      const { S3Bucket, S3Key } = ((within === '' ? input : input[within]) ?? {}) as Record<string, string>;
      if (S3Bucket === undefined || S3Key === undefined) return undefined;
      const there = (call: Promise<unknown>) => call.then(() => true, () => false);
      if (await there(cloud.s3.send(new HeadObjectCommand({ Bucket: S3Bucket, Key: S3Key })))) return undefined;
      if (await there(cloud.s3.send(new HeadBucketCommand({ Bucket: S3Bucket })))) return refusal('NoSuchKey', 'The specified key does not exist.');
      return refusal('NoSuchBucket', 'The specified bucket does not exist');
    },
  };
}

function refusal(code: string, message: string): Refusal {
  return {
    status: 400,
    code: 'InvalidParameterValueException',
    message: `Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`,
  };
}
