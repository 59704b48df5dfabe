import type { ErrorTable } from './table.ts';

export const PIPELINE_ERRORS = {
  TARGET_UNKNOWN: {
    kind: 'usage',
    meaning: 'The target named by --target or in mlfn.yaml does not exist.',
    mend: 'Use one of the targets that the message lists.',
  },
  PACKAGE_FORM: {
    kind: 'config',
    meaning: 'Zips were asked for, or an image, and the target runs only the other.',
    mend: 'Leave --package out, or choose another target or mode.',
  },
  PACKAGE_FIXED: {
    kind: 'config',
    meaning: 'The function is made of images, none of which is a release of mlfn that could hand calls on to a zip.',
    mend: 'Deploy an image first, or a zip under another name.',
  },
  PACKAGE_MEMORY: {
    kind: 'limit',
    meaning: 'The model is larger than the memory of a worker, which has to hold it.',
    mend: 'Give --memory more than the model is large, or deploy where a worker may have that.',
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
  RELOAD_BROKEN: {
    kind: 'remote',
    meaning: 'The object that says which model a release serves cannot be read.',
    mend: 'Delete it and deploy again.',
  },
  RELOAD_NEEDS_DEPLOY: {
    kind: 'config',
    meaning: 'A model was to take the place of another in the same release, and needs other packages or other code than that has.',
    mend: 'Make a release of it with `mlfn deploy`.',
  },
  RELOAD_NO_BEFORE: {
    kind: 'usage',
    meaning: '`mlfn reload --undo` was asked of a release that has only ever served its own model.',
    mend: 'Go back a release with `mlfn rollback`, or give a model with --model.',
  },
  RELOAD_NOT_ANSWERING: {
    kind: 'verify',
    meaning: 'A model was checked and named, and the endpoint does not say that it serves it.',
    mend: 'Look into `mlfn logs`; `mlfn reload --undo` names the model before.',
  },
  RELOAD_OFF: {
    kind: 'config',
    meaning: 'The live release was deployed without `reload`: it serves its own model for ever.',
    mend: 'Deploy with --reload 5m (or `reload: 5m` in mlfn.yaml).',
  },
  RELOAD_OVERTAKEN: {
    kind: 'remote',
    meaning: 'Two commands changed the model of a release at the same moment; this one was second.',
    mend: 'Run it again.',
  },
  RELEASE_NOT_ANSWERING: {
    kind: 'verify',
    meaning: 'The traffic was moved to a release, and another one goes on answering at the endpoint.',
    mend: 'See what is live with `mlfn status NAME`; another command may have moved the traffic meanwhile.',
  },
  RELEASE_OVERTAKEN: {
    kind: 'remote',
    meaning: 'Another command had a newer release live between the look at what is live and the move of the traffic; the newer one stays.',
    mend: 'See what is live with `mlfn status NAME`, and roll back if it is to be the older one.',
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
