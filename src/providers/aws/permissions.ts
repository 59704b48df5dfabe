/** What a deployer may have to do, as data: preflight asks IAM about it, docs/aws.md prints it as a policy. */
import type { PackageForm } from '../../types.ts';
import { repositoryName, roleName } from './names.ts';

interface Place {
  partition: string;
  account: string;
  region: string;
}

interface Permission {
  /** Placeholders in capitals: PARTITION, ACCOUNT, REGION. */
  resource: string;
  actions: readonly string[];
  /** Needed only by packages of this form. */
  form?: PackageForm;
  /** Needed only by who has this setting. */
  setting?: 'reservedConcurrency' | 'provisionedConcurrency' | 'warm' | 'vpc' | 'kmsKey';
}

/** Made with `mlfn-*` and the functions' own names in mind; narrower names of functions make a narrower policy. */
export const PERMISSIONS: readonly Permission[] = [
  { resource: '*', actions: ['sts:GetCallerIdentity', 'lambda:ListFunctions', 'logs:DescribeLogGroups'] },
  {
    resource: 'arn:PARTITION:lambda:REGION:ACCOUNT:function:*',
    actions: [
      'lambda:GetFunction',
      'lambda:CreateFunction',
      'lambda:UpdateFunctionConfiguration',
      'lambda:UpdateFunctionCode',
      'lambda:PublishVersion',
      'lambda:ListVersionsByFunction',
      'lambda:DeleteFunction',
      'lambda:TagResource',
      'lambda:UntagResource',
      'lambda:GetAlias',
      'lambda:CreateAlias',
      'lambda:UpdateAlias',
      'lambda:GetFunctionUrlConfig',
      'lambda:CreateFunctionUrlConfig',
      'lambda:UpdateFunctionUrlConfig',
      'lambda:DeleteFunctionUrlConfig',
      'lambda:GetPolicy',
      'lambda:AddPermission',
      'lambda:RemovePermission',
      'lambda:InvokeFunction',
      'lambda:InvokeFunctionUrl',
    ],
  },
  {
    resource: 'arn:PARTITION:lambda:REGION:ACCOUNT:function:*',
    actions: ['lambda:PutFunctionConcurrency', 'lambda:DeleteFunctionConcurrency'],
    setting: 'reservedConcurrency',
  },
  {
    resource: 'arn:PARTITION:lambda:REGION:ACCOUNT:function:*',
    actions: [
      'lambda:GetProvisionedConcurrencyConfig',
      'lambda:PutProvisionedConcurrencyConfig',
      'lambda:DeleteProvisionedConcurrencyConfig',
    ],
    setting: 'provisionedConcurrency',
  },
  {
    resource: 'arn:PARTITION:events:REGION:ACCOUNT:rule/mlfn-warm-*',
    actions: ['events:DescribeRule', 'events:ListTargetsByRule', 'events:PutRule', 'events:PutTargets', 'events:RemoveTargets', 'events:DeleteRule'],
    setting: 'warm',
  },
  // docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
  { resource: '*', actions: ['ec2:DescribeSecurityGroups', 'ec2:DescribeSubnets', 'ec2:DescribeVpcs'], setting: 'vpc' },
  // docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
  { resource: 'arn:PARTITION:kms:REGION:ACCOUNT:key/*', actions: ['kms:CreateGrant', 'kms:Encrypt', 'kms:Decrypt'], setting: 'kmsKey' },
  {
    resource: 'arn:PARTITION:lambda:REGION:ACCOUNT:layer:mlfn-*',
    actions: ['lambda:PublishLayerVersion', 'lambda:ListLayerVersions', 'lambda:GetLayerVersion', 'lambda:DeleteLayerVersion'],
    form: 'zip',
  },
  // For images only: docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
  { resource: '*', actions: ['ecr:GetAuthorizationToken'], form: 'image' },
  {
    resource: 'arn:PARTITION:ecr:REGION:ACCOUNT:repository/mlfn/*',
    actions: [
      'ecr:DescribeRepositories',
      'ecr:CreateRepository',
      'ecr:TagResource',
      'ecr:PutImageTagMutability',
      'ecr:PutImageScanningConfiguration',
      'ecr:GetLifecyclePolicy',
      'ecr:PutLifecyclePolicy',
      'ecr:GetRepositoryPolicy',
      'ecr:SetRepositoryPolicy',
      'ecr:DeleteRepository',
      'ecr:DescribeImages',
      'ecr:ListImages',
      'ecr:BatchDeleteImage',
      'ecr:BatchCheckLayerAvailability',
      'ecr:InitiateLayerUpload',
      'ecr:UploadLayerPart',
      'ecr:CompleteLayerUpload',
      'ecr:PutImage',
      'ecr:BatchGetImage',
      'ecr:GetDownloadUrlForLayer',
    ],
    form: 'image',
  },
  {
    resource: 'arn:PARTITION:iam::ACCOUNT:role/mlfn-*',
    actions: [
      'iam:GetRole',
      'iam:GetRolePolicy',
      'iam:CreateRole',
      'iam:TagRole',
      'iam:PutRolePolicy',
      'iam:DeleteRolePolicy',
      'iam:DeleteRole',
      'iam:PassRole',
    ],
  },
  {
    resource: 'arn:PARTITION:logs:REGION:ACCOUNT:log-group:/aws/lambda/*',
    actions: ['logs:CreateLogGroup', 'logs:TagResource', 'logs:PutRetentionPolicy', 'logs:DeleteLogGroup', 'logs:FilterLogEvents'],
  },
  // For --http-api only.
  { resource: 'arn:PARTITION:apigateway:REGION::/apis', actions: ['apigateway:GET', 'apigateway:POST', 'apigateway:TagResource'] },
  {
    resource: 'arn:PARTITION:apigateway:REGION::/apis/*',
    actions: ['apigateway:GET', 'apigateway:POST', 'apigateway:PATCH', 'apigateway:DELETE'],
  },
  { resource: 'arn:PARTITION:apigateway:REGION::/tags/*', actions: ['apigateway:POST'] },
  {
    resource: 'arn:PARTITION:s3:::mlfn-ACCOUNT-REGION',
    actions: [
      's3:CreateBucket',
      's3:ListBucket',
      's3:ListBucketMultipartUploads',
      's3:GetBucketPublicAccessBlock',
      's3:PutBucketPublicAccessBlock',
      's3:GetBucketOwnershipControls',
      's3:PutBucketOwnershipControls',
      's3:GetEncryptionConfiguration',
      's3:PutEncryptionConfiguration',
      's3:GetBucketPolicy',
      's3:PutBucketPolicy',
      's3:GetBucketTagging',
      's3:PutBucketTagging',
      's3:GetBucketVersioning',
      's3:PutBucketVersioning',
      's3:GetLifecycleConfiguration',
      's3:PutLifecycleConfiguration',
    ],
  },
  {
    resource: 'arn:PARTITION:s3:::mlfn-ACCOUNT-REGION/*',
    actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
  },
];

/** May be left out: with it preflight tells what is missing before anything is made, else the call that meets it does. */
const ASKING = { actions: ['iam:SimulatePrincipalPolicy'], resources: ['arn:PARTITION:iam::ACCOUNT:user/*', 'arn:PARTITION:iam::ACCOUNT:role/*'] };

function allow(actions: readonly string[], Resource: string | string[]) {
  return { Effect: 'Allow', Action: [...actions], Resource };
}

/** The policy for one account and region; `*` stands for any. */
export function deployerPolicy(place: Place) {
  return {
    Version: '2012-10-17',
    Statement: [
      ...PERMISSIONS.map(({ resource, actions }) => allow(actions, filled(resource, place))),
      allow(ASKING.actions, ASKING.resources.map((resource) => filled(resource, place))),
    ],
  };
}

/** One that the pattern stands for: of the function of that name, where the pattern is about functions. */
export function example(resource: string, place: Place, name: string): string {
  if (resource === '*') return resource;
  const pattern = filled(resource, place);
  if (pattern.endsWith(':repository/mlfn/*')) return pattern.replace('mlfn/*', repositoryName(name));
  if (pattern.endsWith(':role/mlfn-*')) return pattern.replace('mlfn-*', roleName(name, place.region));
  return pattern.replace(/\*$/, pattern.includes(':s3:') ? `functions/${name}` : name);
}

function filled(resource: string, { partition, account, region }: Place): string {
  return resource.replace('PARTITION', partition).replace('ACCOUNT', account).replace('REGION', region);
}
