/** What mlfn's things are called in an account. */
import { createHash } from 'node:crypto';
import type { Digest, PackageForm } from '../../types.ts';

export const ALIAS = 'live';
/** Variable of every version that tells which release it is. */
export const RELEASE_VARIABLE = 'MLFN_RELEASE';
/** Variable of a version that hands its calls on: the ARN of the version that answers them. Read by templates/python/mlfn_serve/relay.py. */
export const RELAY_VARIABLE = 'MLFN_RELAY';
/** Tag that says who made a thing; its value is the version of this layout. */
export const TAG = 'mlfn';
export const TAG_VALUE = '1';
/** Digest of a part without files: a function that needs no package has no layer. */
export const EMPTY_PART = createHash('sha256').digest('hex');
/** Names of roles: docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MOST_ROLE = 64;

/** With account and region in it nobody else can have taken the name by chance, nor wait for us with it. */
export function bucketName(account: string, region: string): string {
  return `mlfn-${account}-${region}`;
}

/** What runs a function's releases of a form that it cannot have itself. Names of mlfn's functions have no `_`: this is nobody else's. */
export function twinName(name: string, form: PackageForm): string {
  return `${name}_${form}`;
}

export function isTwin(name: string): boolean {
  return /_(zip|image)$/.test(name);
}

/** Of the rule that keeps a function warm. At most 64 characters; names of functions have 48: docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html */
export function scheduleName(name: string): string {
  return `mlfn-warm-${name}`;
}

/** Of the HTTP API in front of a function. */
export function httpApiName(name: string): string {
  return `mlfn-${name}`;
}

/** Roles are of the account, functions of a region. */
export function roleName(name: string, region: string): string {
  const whole = `mlfn-${name}-${region}`;
  if (whole.length <= MOST_ROLE) return whole;
  const mark = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  return `${whole.slice(0, MOST_ROLE - mark.length - 1)}-${mark}`;
}

export function logGroupName(name: string): string {
  return `/aws/lambda/${name}`;
}

export function layerName(digest: Digest): string {
  return `mlfn-${digest.slice(0, 16)}`;
}

/** Of models that are too large for a package. Below the function's name: its role may read these and no others. */
export function modelsPrefix(name: string): string {
  return `functions/${name}/models/`;
}

/** In ECR: docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html (repositoryName) */
export function repositoryName(name: string): string {
  return `mlfn/${name}`;
}

export function objectKey(digest: Digest): string {
  return `objects/${digest}.zip`;
}

/** Of the bucket itself without a key. */
export function s3Arn(partition: string, bucket: string, key?: string): string {
  return `arn:${partition}:s3:::${bucket}${key === undefined ? '' : `/${key}`}`;
}
