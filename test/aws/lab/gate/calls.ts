/** What is known of one API call that went through the gate. */
import type { Identified } from './operations.ts';

export interface Call extends Identified {
  /** From 1, in the order of arrival. */
  number: number;
  /** `lambda:UpdateAlias`, as in the service's API (not always the IAM action: see `actions`). */
  name: string;
  method: string;
  /** Path and query as sent. */
  url: string;
  /** Of the request's body as it was on the wire. */
  bytes: number;
  /** 0 until it was answered; 0 for ever when the connection was cut. */
  status: number;
  /** The cloud did it, whatever the caller was told. */
  done: boolean;
  /** The gate's own refusal or fault, not the cloud's answer. */
  refusal?: string;
}

/** The operation only reads: it can be repeated, and a plan may make it. */
export function reads(call: Call): boolean {
  return /^(Get|List|Head|Describe|Filter|Simulate)/.test(call.operation);
}

/** IAM actions whose name is not SERVICE:OPERATION. Source: Service Authorization Reference, "Actions, resources, and
 * condition keys for Amazon S3" and "... for AWS Lambda"; Amazon S3 User Guide, "Required permissions for API operations". */
const ACTIONS: Record<string, string> = {
  'lambda:Invoke': 'lambda:InvokeFunction',
  's3:HeadObject': 's3:GetObject',
  's3:CopyObject': 's3:PutObject',
  's3:DeleteObjects': 's3:DeleteObject',
  's3:HeadBucket': 's3:ListBucket',
  's3:ListObjects': 's3:ListBucket',
  's3:ListObjectsV2': 's3:ListBucket',
  's3:ListBuckets': 's3:ListAllMyBuckets',
  's3:CreateMultipartUpload': 's3:PutObject',
  's3:UploadPart': 's3:PutObject',
  's3:CompleteMultipartUpload': 's3:PutObject',
  's3:ListParts': 's3:ListMultipartUploadParts',
  's3:ListMultipartUploads': 's3:ListBucketMultipartUploads',
  's3:PutPublicAccessBlock': 's3:PutBucketPublicAccessBlock',
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  's3:PutBucketEncryption': 's3:PutEncryptionConfiguration',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
  // Path and query are those of the older operation too.
  's3:PutBucketLifecycle': 's3:PutLifecycleConfiguration',
  's3:GetBucketLifecycle': 's3:GetLifecycleConfiguration',
  's3:PutBucketLifecycleConfiguration': 's3:PutLifecycleConfiguration',
  's3:GetBucketLifecycleConfiguration': 's3:GetLifecycleConfiguration',
  // Amazon ECR User Guide, "Required IAM permissions for pushing an image".
  'registry:GetVersion': 'ecr:GetAuthorizationToken',
  'registry:GetLayer': 'ecr:BatchCheckLayerAvailability',
  'registry:GetLayerUpload': 'ecr:UploadLayerPart',
  'registry:InitiateLayerUpload': 'ecr:InitiateLayerUpload',
  'registry:UploadLayerPart': 'ecr:UploadLayerPart',
  'registry:CompleteLayerUpload': 'ecr:CompleteLayerUpload',
  'registry:PutImage': 'ecr:PutImage',
  'registry:GetImage': 'ecr:BatchGetImage',
};

/** The IAM action that allows a call. API Gateway's are named by the HTTP method. */
export function actionOf(call: Call): string {
  if (call.service === 'apigateway') return `apigateway:${call.method}`;
  return ACTIONS[call.name] ?? call.name;
}
