import type { ErrorTable } from './table.ts';

export const GCP_ERRORS = {
  GCP_PROJECT: {
    kind: 'config',
    meaning: 'Nothing names the Google Cloud project to work in.',
    mend: 'Name one with --project, `gcp: {project: ...}` in mlfn.yaml, or GOOGLE_CLOUD_PROJECT.',
  },
  GCP_REGION: {
    kind: 'config',
    meaning: 'Nothing names the Google Cloud region to work in.',
    mend: 'Name one with --region, `gcp: {region: ...}` in mlfn.yaml, or CLOUDSDK_RUN_REGION.',
  },
  GCP_NAME: {
    kind: 'config',
    meaning: 'Cloud Run does not take the name of the function.',
    mend: 'Choose a name as the message says, with --name.',
  },
  GCP_NOT_OURS: {
    kind: 'config',
    meaning: 'A function or service of this name exists that mlfn did not make; it is left as it is.',
    mend: 'Choose another name with --name, or have mlfn take it over with --adopt.',
  },
  GCP_MODE: {
    kind: 'config',
    meaning: 'The function was deployed in the other mode, and Google Cloud does not let one become the other.',
    mend: 'Deploy with the --mode that the message names, or delete the function first.',
  },
  GCP_SETTING: {
    kind: 'config',
    meaning: 'A setting that Google Cloud would refuse, or two that exclude each other; nothing was made.',
    mend: 'Mend the setting that the message names, and deploy again.',
  },
  GCP_GONE: {
    kind: 'remote',
    meaning: 'Another command removed the function while this one worked on it.',
    mend: 'See what there is with `mlfn status`, and deploy again if it is to be there.',
  },
  GCP_LIVE_GONE: {
    kind: 'remote',
    meaning: 'Somebody deleted the revision that has the traffic: Cloud Run refuses every change until another one has it.',
    mend: 'Give the traffic to a release that is still there, as the hint says, and then deploy again.',
  },
  GCP_REFUSED: {
    kind: 'config',
    meaning: 'Google Cloud refuses a setting of the function.',
    mend: 'Mend what the message names, and deploy again.',
  },
  GCP_NOT_STARTING: {
    kind: 'remote',
    meaning: 'The new release did not start on Cloud Run; the live one is as it was.',
    mend: 'Read why in the message and in `mlfn logs`, and deploy again.',
  },
  GCP_BUILD: {
    kind: 'remote',
    meaning: 'Cloud Build could not make an image of the function; the live release is as it was.',
    mend: 'Read the lines of the build log in the message, mend what they name, and deploy again.',
  },
  GCP_SLOW: {
    kind: 'remote',
    meaning: 'Google Cloud did not finish something in the time that mlfn waits for it.',
    mend: 'Run the same command again; it goes on from where it stopped.',
  },
  GCP_NO_ENDPOINT: {
    kind: 'remote',
    meaning: 'The function has no URL: its first deploy was stopped before it had one.',
    mend: 'Deploy it again: what is missing is made.',
  },
  GCP_NO_TAG: {
    kind: 'config',
    meaning: 'The release has no URL of its own: its always-on instances ended when it lost the traffic.',
    mend: 'Ask the live release, or give that one the traffic with `mlfn rollback`.',
  },
  GCP_CREDENTIALS: {
    kind: 'auth',
    meaning: 'There are no Google Cloud credentials, or Google does not take them.',
    mend: 'Sign in with `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS.',
  },
  GCP_CREDENTIALS_EXPIRED: {
    kind: 'auth',
    meaning: 'The Google Cloud credentials have expired.',
    mend: 'Sign in again with `gcloud auth application-default login`, then run the same command; it goes on from where it stopped.',
  },
  GCP_ID_TOKEN: {
    kind: 'auth',
    meaning: 'The credentials are good, but Google gives no ID token for them, which a closed endpoint asks for.',
    mend: 'Sign in as the hint says, or open the endpoint with --public.',
  },
  GCP_MEMBER: {
    kind: 'config',
    meaning: 'A member of --allow does not exist.',
    mend: 'Mend the name: user:, serviceAccount: or group: and an e-mail address, or domain: and a domain.',
  },
  GCP_ORGANISATION: {
    kind: 'config',
    meaning: 'A policy of the organisation, iam.allowedPolicyMemberDomains, does not let these callers in.',
    mend: 'Name callers of the organisation with --allow, or have an administrator exempt the project.',
  },
  GCP_ACCOUNT_DISABLED: {
    kind: 'config',
    meaning: 'The service account that mlfn makes for the function, or for builds, is there and disabled.',
    mend: 'Enable it with the `gcloud iam service-accounts enable` line of the hint.',
  },
  GCP_BUSY: {
    kind: 'remote',
    meaning: 'The call was refused because all instances are busy, and no more may be started.',
    mend: 'Call again later; raise --max-instances or --concurrency.',
  },
  GCP_TOO_LARGE: {
    kind: 'limit',
    meaning: 'The request is larger than Cloud Run takes: 32 MB.',
    mend: 'Send fewer records at once.',
  },
  GCP_TIMEOUT: {
    kind: 'remote',
    meaning: 'The function did not answer within its timeout.',
    mend: 'Raise --timeout, or send fewer records at once.',
  },
  GCP_DENIED: {
    kind: 'auth',
    meaning: 'Google Cloud does not allow the credentials to do this.',
    mend: 'Have the permission that is named granted; docs/gcp.md has the roles a deployer needs.',
  },
  GCP_API_OFF: {
    kind: 'config',
    meaning: 'An API that mlfn needs is not switched on in the project.',
    mend: 'Switch it on with the `gcloud services enable` line of the hint.',
  },
  GCP_BILLING: {
    kind: 'config',
    meaning: 'The project has no active billing account.',
    mend: 'Link one with the `gcloud billing projects link` line of the hint.',
  },
  GCP_QUOTA: {
    kind: 'limit',
    meaning: 'A quota of the project is used up.',
    mend: 'Wait, make room, or have the quota that is named raised in the console.',
  },
  GCP_UNREACHABLE: {
    kind: 'remote',
    meaning: 'Google Cloud cannot be reached, or a connection broke.',
    mend: 'Check the network and the proxy settings, then run the same command; it goes on from where it stopped.',
  },
  GCP_FAILED: {
    kind: 'remote',
    meaning: 'Google Cloud answered with an error that mlfn has no better words for.',
    mend: 'Read what Google says in the message; run it again if it tells of an internal error.',
  },
  GCP_BUCKET_TAKEN: {
    kind: 'auth',
    meaning: 'The bucket belongs to another Google Cloud project; mlfn never sends anything there.',
    mend: 'Name a bucket of your own with --bucket.',
  },
  GCP_BUCKET_MISSING: {
    kind: 'config',
    meaning: 'The bucket that --bucket names does not exist.',
    mend: 'Make it, or leave --bucket out for the one that mlfn makes.',
  },
  GCP_UPLOAD_CHANGED: {
    kind: 'config',
    meaning: 'The file changed while it was being sent.',
    mend: 'Leave the file alone while it is deployed, and run it again.',
  },
  GCP_UPLOAD_DIFFERS: {
    kind: 'remote',
    meaning: 'What the bucket holds after an upload is not what was sent.',
    mend: 'Run it again; if it comes back, look for something else that writes to the bucket.',
  },
  GCP_RECORD_NEWER: {
    kind: 'config',
    meaning: 'A release was recorded by a newer mlfn, in a form that this one does not know.',
    mend: 'Update mlfn: npm install --global mlfn@latest.',
  },
  GCP_RECORD_BROKEN: {
    kind: 'remote',
    meaning: 'A record of the release history in the bucket is not one that mlfn wrote.',
    mend: 'Look at the object that is named; restore it, or delete it to forget that release.',
  },
} as const satisfies ErrorTable;
