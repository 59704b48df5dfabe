/**
 * A call that expects another owner of the bucket than the caller's account, to whom all its buckets here belong.
 * Source: Amazon S3 User Guide, "Verifying bucket ownership with bucket owner condition".
 */
import { ACCOUNT } from '../credentials.ts';
import type { Rule } from './rule.ts';

export function ownerRule(): Rule {
  return {
    check: ({ call, headers }) => {
      const expected = headers['x-amz-expected-bucket-owner'];
      const owner = /^\d{12}$/.test(call.accessKey) ? call.accessKey : ACCOUNT;
      if (call.service !== 's3' || expected === undefined || expected === owner) return undefined;
      return { status: 403, code: 'AccessDenied', message: 'Access Denied' };
    },
  };
}
