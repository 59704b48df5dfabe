import type { ErrorTable } from './table.ts';

export const PIPELINE_ERRORS = {
  TARGET_UNKNOWN: {
    kind: 'usage',
    meaning: 'The target named by --target or in mlfn.yaml does not exist.',
    mend: 'Use one of the targets that the message lists.',
  },
  FUNCTION_UNKNOWN: {
    kind: 'usage',
    meaning: 'No function of that name is deployed to the target.',
    mend: 'See what is deployed with `mlfn status`, or deploy it first.',
  },
  RELEASE_UNKNOWN: {
    kind: 'usage',
    meaning: 'The function has no release of that number, or none before the live one.',
    mend: 'Choose one that `mlfn releases NAME` lists.',
  },
  RELEASE_NOT_ANSWERING: {
    kind: 'verify',
    meaning: 'The traffic was moved to a release, and another one goes on answering at the endpoint.',
    mend: 'See what is live with `mlfn status NAME`; another command may have moved the traffic meanwhile.',
  },
  RELEASE_NO_CANARY: {
    kind: 'usage',
    meaning: 'There is nothing to promote: one release has all the traffic.',
    mend: 'Make a canary with `mlfn deploy MODEL --canary 10` first.',
  },
  SAMPLE_UNREADABLE: {
    kind: 'usage',
    meaning: 'The file given as sample does not exist or may not be read.',
    mend: 'Give --sample, or `sample:` in mlfn.yaml, the path of a JSON file.',
  },
  SAMPLE_INVALID: {
    kind: 'usage',
    meaning: 'The file given as sample is not JSON.',
    mend: 'Write one body as a client would post it.',
  },
  PREFLIGHT_DENIED: {
    kind: 'auth',
    meaning: 'Whoever deploys lacks permissions that a deploy needs; nothing was changed.',
    mend: 'Have the actions that the message lists allowed; docs/aws.md has the whole policy for AWS.',
  },
  PREFLIGHT_FAILED: {
    kind: 'remote',
    meaning: 'The target cannot take a deploy now; nothing was changed.',
    mend: 'Mend what the message lists; `mlfn doctor` tells more.',
  },
} as const satisfies ErrorTable;
