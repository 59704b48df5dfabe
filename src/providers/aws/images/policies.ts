/** What holds for a function's repository, as the documents of ECR. Pure. */
import { isDeepStrictEqual } from 'node:util';

interface Place {
  partition: string;
  account: string;
  region: string;
}

interface Statement {
  Sid?: string;
}

/** Days that an image without a tag stays: what was half pushed. What a release names has a tag, and is never removed by this. */
const UNTAGGED_DAYS = 1;
const SID = 'mlfn-lambda-pulls';

/** docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html */
export const LIFECYCLE = {
  rules: [
    {
      rulePriority: 1,
      description: 'mlfn: what no tag names was left by a push that was broken off',
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: UNTAGGED_DAYS },
      action: { type: 'expire' },
    },
  ],
};

/** docs.aws.amazon.com/lambda/latest/dg/images-create.html#gettingstarted-images-permissions, for this function alone. */
function pullBy(name: string, { partition, account, region }: Place) {
  const arn = `arn:${partition}:lambda:${region}:${account}:function:${name}`;
  return {
    Sid: SID,
    Effect: 'Allow',
    Principal: { Service: 'lambda.amazonaws.com' },
    Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    Condition: { StringLike: { 'aws:sourceArn': [arn, `${arn}:*`] } },
  };
}

/** Null when what there is lets Lambda pull; Lambda and others may have statements of their own beside it, which stay. */
export function policyWith(found: string | null, name: string, place: Place): string | null {
  const document = (found === null ? {} : JSON.parse(found)) as { Version?: string; Statement?: Statement[] };
  const statements = [document.Statement ?? []].flat();
  const wanted = pullBy(name, place);
  if (statements.some((each) => isDeepStrictEqual(each, wanted))) return null;
  return JSON.stringify({ Version: '2012-10-17', ...document, Statement: [...statements.filter(({ Sid }) => Sid !== SID), wanted] });
}

export function isLifecycle(found: string | null): boolean {
  return found !== null && isDeepStrictEqual(JSON.parse(found), LIFECYCLE);
}
