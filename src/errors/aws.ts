import type { ErrorTable } from './table.ts';

export const AWS_ERRORS = {
  AWS_REGION: {
    kind: 'config',
    meaning: 'Nothing names the AWS region to work in.',
    mend: 'Name one with --region, `aws: {region: ...}` in mlfn.yaml, or AWS_REGION.',
  },
  AWS_NOT_OURS: {
    kind: 'config',
    meaning: 'A Lambda function of this name exists that mlfn did not make; it is left as it is.',
    mend: 'Choose another name with --name, or have mlfn take it over with --adopt.',
  },
  AWS_MODEL_TOO_LARGE: {
    kind: 'limit',
    meaning: 'The model is larger than the largest /tmp that Lambda gives, 10,240 MB.',
    mend: 'Serve it from a machine of your own, or make it smaller.',
  },
  AWS_REFUSED: {
    kind: 'config',
    meaning: 'Lambda refuses a setting of the function.',
    mend: 'Mend the setting that the message names, and deploy again.',
  },
  AWS_SETTING: {
    kind: 'config',
    meaning: 'A setting that Lambda would refuse, or two that exclude each other; nothing was made.',
    mend: 'Mend the setting that the message names, and deploy again.',
  },
  AWS_QUOTA: {
    kind: 'limit',
    meaning: 'A quota of the account does not let one more be made, or called.',
    mend: 'Make room as the hint says, or have the quota that is named raised in Service Quotas.',
  },
  AWS_PROVISIONED: {
    kind: 'remote',
    meaning: 'The workers of --provisioned-concurrency did not become ready; the release is live without them.',
    mend: 'Read why in the message; lower --provisioned-concurrency or have the quota raised, and deploy again.',
  },
  AWS_NO_ENDPOINT: {
    kind: 'remote',
    meaning: 'The function has no Function URL: its first deploy was stopped before it, or somebody removed it.',
    mend: 'Deploy it again: what is missing is made.',
  },
  AWS_HTTP_API_TIMEOUT: {
    kind: 'config',
    meaning: 'The timeout is longer than an API Gateway HTTP API waits for any answer: 30 seconds.',
    mend: 'Choose a timeout up to 30 seconds, or leave --http-api out.',
  },
  AWS_BUSY: {
    kind: 'remote',
    meaning: 'The call was refused because too many run already: of the function, of the account, or of the throttled HTTP API.',
    mend: 'Call again later; raise the reserved concurrency, the quota of concurrent executions, or `httpApi: {rate, burst}`.',
  },
  AWS_TOO_LARGE: {
    kind: 'limit',
    meaning: 'The request is larger than Lambda takes: 6 MB.',
    mend: 'Send fewer records at once.',
  },
  AWS_CREDENTIALS: {
    kind: 'auth',
    meaning: 'No AWS credentials were found, or AWS does not know those that were.',
    mend: 'Set AWS_PROFILE or --profile, or sign in with `aws sso login` or `aws configure`.',
  },
  AWS_CREDENTIALS_EXPIRED: {
    kind: 'auth',
    meaning: 'The AWS credentials were good once and have expired.',
    mend: 'Sign in again (`aws sso login`), then run the same command; it goes on from where it stopped.',
  },
  AWS_DENIED: {
    kind: 'auth',
    meaning: 'AWS knows who is asking and does not allow this act on this resource.',
    mend: 'Have the IAM action that is named allowed for the user or role that is named; docs/aws.md has the whole policy.',
  },
  AWS_CLOCK: {
    kind: 'config',
    meaning: 'The clock of this machine differs from that of AWS by minutes, so signatures are refused.',
    mend: 'Set the clock of this machine, then run it again.',
  },
  AWS_THROTTLED: {
    kind: 'remote',
    meaning: 'AWS asked to go slower, again after every pause.',
    mend: 'Run the same command again in a minute; it goes on from where it stopped.',
  },
  AWS_SLOW: {
    kind: 'remote',
    meaning: 'AWS did not finish a change within the time that mlfn waits for it.',
    mend: 'Run the same command again; it goes on from where it stopped.',
  },
  AWS_GONE: {
    kind: 'remote',
    meaning: 'Somebody removed the function, or the release, while this command worked on it; what this command had made is taken away.',
    mend: 'See what there is with `mlfn status`, and deploy again if it is to be there.',
  },
  AWS_UNREACHABLE: {
    kind: 'remote',
    meaning: 'No connection to AWS could be made or kept.',
    mend: 'Check the network, HTTPS_PROXY and NO_PROXY, AWS_ENDPOINT_URL and the region, then run it again.',
  },
  AWS_FAILED: {
    kind: 'remote',
    meaning: 'AWS answered with an error that mlfn has no better words for.',
    mend: 'Read what AWS says in the message; run it again if it tells of an internal error.',
  },
  AWS_BUCKET_TAKEN: {
    kind: 'auth',
    meaning: 'The bucket belongs to another AWS account; mlfn never sends anything there.',
    mend: 'Name a bucket of your own with --bucket.',
  },
  AWS_BUCKET_MISSING: {
    kind: 'config',
    meaning: 'The bucket that --bucket names does not exist.',
    mend: 'Make it, or leave --bucket out for the one that mlfn makes.',
  },
  AWS_BUCKET_REGION: {
    kind: 'config',
    meaning: 'The bucket that --bucket names is in another region than the function; Lambda reads code from its own region only.',
    mend: 'Name a bucket of that region, or deploy to the region of the bucket.',
  },
  AWS_UPLOAD_CHANGED: {
    kind: 'config',
    meaning: 'The file changed while it was being sent.',
    mend: 'Leave the file alone while it is deployed, and run it again.',
  },
  AWS_UPLOAD_DIFFERS: {
    kind: 'remote',
    meaning: 'What the bucket holds after an upload is not what was sent.',
    mend: 'Run it again; if it comes back, look for something else that writes to the bucket.',
  },
  AWS_RECORD_NEWER: {
    kind: 'config',
    meaning: 'A release was recorded by a newer mlfn, in a form that this one does not know.',
    mend: 'Update mlfn: npm install --global mlfn@latest.',
  },
  AWS_RECORD_BROKEN: {
    kind: 'remote',
    meaning: 'A record of the release history in the bucket is not one that mlfn wrote.',
    mend: 'Look at the object that is named; restore it, or delete it to forget that release.',
  },
} as const satisfies ErrorTable;
