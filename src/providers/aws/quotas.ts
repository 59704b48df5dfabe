/** Quotas of the account by the name that Service Quotas has for them, and the errors that tell of each. */

export interface Quota {
  /** As in the console of Service Quotas. */
  name: string;
  /** `Lambda`: where the console lists it. */
  service: string;
  /** What makes room without raising it, as an imperative sentence. */
  room: string;
}

interface Told {
  code: string;
  message: string;
  /** Of the IAM action: `lambda`, `iam`. */
  service: string;
  /** Lambda's own word for what was too many. */
  reason: string;
}

const STORAGE = { name: 'Function and layer storage', service: 'Lambda', room: 'Delete functions, versions and layers that nobody uses' };
const CONCURRENT = { name: 'Concurrent executions', service: 'Lambda', room: 'Call again when fewer run' };
const RESERVED = {
  ...CONCURRENT,
  room: 'Lower --reserved-concurrency or --provisioned-concurrency, or take those of other functions away: 100 must stay unreserved',
};
const INTERFACES = {
  name: 'Elastic network interfaces per VPC',
  service: 'Lambda',
  room: 'Use the subnets and security groups of other functions, whose interfaces are shared',
};

/** The first that matches counts. Sources: "Errors" of each call in the API references; docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const ROWS: [(told: Told) => boolean, Quota][] = [
  [({ code }) => code === 'CodeStorageExceededException', STORAGE],
  // "decreases account's UnreservedConcurrentExecution below its minimum value of [100]"; 10 in new accounts.
  [({ message }) => /UnreservedConcurrentExecution/.test(message), RESERVED],
  [({ code, reason, message }) => code === 'TooManyRequestsException' && /Concurren/.test(reason + message), CONCURRENT],
  [({ code, message }) => /^(ENILimitReachedException|EniLimitExceeded)$/.test(code) || /EniLimitExceeded|elastic network interface limit/i.test(message), INTERFACES],
  [({ code, service, message }) => code === 'LimitExceededException' && service === 'iam' && /Roles?PerAccount/i.test(message), { name: 'Roles per account', service: 'IAM', room: 'Delete roles that nobody uses, or name one with --role' }],
  [({ code, service }) => code === 'LimitExceededException' && service === 'events', { name: 'Rules', service: 'EventBridge', room: 'Delete rules that nobody uses' }],
  [({ code, service }) => code === 'LimitExceededException' && service === 'logs', { name: 'Log groups', service: 'CloudWatch Logs', room: 'Delete log groups that nobody uses' }],
  [({ code }) => code === 'TooManyBuckets', { name: 'General purpose buckets', service: 'S3', room: 'Delete a bucket that nobody uses, or name one with --bucket' }],
];

/** Null for an error that is of no quota. */
export function quotaOf(told: Told): Quota | null {
  return ROWS.find(([matches]) => matches(told))?.[1] ?? null;
}
