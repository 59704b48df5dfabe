/** What mlfn sets on a bucket of its own; what others have set beside it stays. */
import type { BucketMetadata, LifecycleRule } from '@google-cloud/storage';
import { isDeepStrictEqual } from 'node:util';
import { LABEL, LABEL_VALUE } from '../names.ts';

interface Setting {
  /** As a plan shows it. */
  label: string;
  /** Null when it is as it should be; else what sets it right. */
  mend(found: BucketMetadata): BucketMetadata | null;
}

/** Age in days: docs.cloud.google.com/storage/docs/lifecycle */
const RULES: LifecycleRule[] = [
  { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 7 } },
  { action: { type: 'Delete' }, condition: { age: 1, matchesPrefix: ['staging/'] } },
];

/** Closed first. */
const SETTINGS: readonly Setting[] = [
  {
    label: 'private',
    mend: ({ iamConfiguration: iam }) =>
      iam?.publicAccessPrevention === 'enforced' ? null : { iamConfiguration: { publicAccessPrevention: 'enforced' } },
  },
  {
    label: 'no ACLs',
    mend: ({ iamConfiguration: iam }) =>
      iam?.uniformBucketLevelAccess?.enabled === true ? null : { iamConfiguration: { uniformBucketLevelAccess: { enabled: true } } },
  },
  // Keys are never written twice, and what is removed should be gone (but for the soft delete of the bucket, which is left as it is).
  {
    label: 'versioning off',
    mend: ({ versioning }) => (versioning?.enabled === true ? { versioning: { enabled: false } } : null),
  },
  {
    label: 'what is left half sent ends',
    mend: ({ lifecycle }) => {
      const there = lifecycle?.rule ?? [];
      const missing = RULES.filter((rule) => !there.some((each) => isDeepStrictEqual(plain(each), plain(rule))));
      return missing.length === 0 ? null : { lifecycle: { rule: [...there, ...missing] } };
    },
  },
  {
    label: 'labelled',
    mend: ({ labels }) => (labels?.[LABEL] === LABEL_VALUE ? null : { labels: { [LABEL]: LABEL_VALUE } }),
  },
];

/** Cloud Storage gives a number back as a number, or as the text of one. */
function plain({ action, condition }: LifecycleRule): unknown {
  const { age, ...rest } = condition;
  return { action, condition: { ...rest, age: Number(age) } };
}

/** Labels of what is not as it should be. */
export function driftOf(found: BucketMetadata): string[] {
  return SETTINGS.filter(({ mend }) => mend(found) !== null).map(({ label }) => label);
}

/** One change for all that is not as it should be; null when nothing is. */
export function mendOf(found: BucketMetadata): BucketMetadata | null {
  const mends = SETTINGS.map(({ mend }) => mend(found)).filter((each) => each !== null);
  if (mends.length === 0) return null;
  const iam = Object.assign({}, ...mends.map(({ iamConfiguration }) => iamConfiguration ?? {})) as NonNullable<BucketMetadata['iamConfiguration']>;
  const merged = Object.assign({}, ...mends) as BucketMetadata;
  return Object.keys(iam).length === 0 ? merged : { ...merged, iamConfiguration: iam };
}
