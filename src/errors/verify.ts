import type { ErrorTable } from './table.ts';

export const VERIFY_ERRORS = {
  VERIFY_DIFFERENT: {
    kind: 'verify',
    meaning: 'The new release answers the sample differently from the model itself; the old one stays live.',
    mend: 'Look at the field that the message names: hooks and types of columns are the usual cause.',
  },
  VERIFY_REFUSED: {
    kind: 'verify',
    meaning: 'The new release answers the sample with an error that the model itself does not make.',
    mend: 'Read `mlfn logs NAME` and the details (--json).',
  },
  VERIFY_UNSTABLE: {
    kind: 'verify',
    meaning: 'The model gives two answers to the same sample, so that a release cannot be checked against it.',
    mend: 'Fix its random state, or deploy without a sample.',
  },
  VERIFY_UNHEALTHY: {
    kind: 'verify',
    meaning: 'The new release started but says that it cannot answer.',
    mend: 'Read `mlfn logs NAME`, and load the model by hand with the same versions.',
  },
  VERIFY_SAMPLE_REFUSED: {
    kind: 'config',
    meaning: 'The model itself cannot answer the sample.',
    mend: 'Correct the sample, or the hook or function that the message names.',
  },
  VERIFY_NOT_FITTED: {
    kind: 'model',
    meaning: 'The model, or a part of it, was saved before it was fitted.',
    mend: 'Call fit, then save it again.',
  },
  VERIFY_LOAD_FAILED: {
    kind: 'model',
    meaning: 'The model, its hooks or the function cannot be loaded with the locked dependencies.',
    mend: 'Mend what the Python error says: mostly a package that is missing from requirements.txt.',
  },
  VERIFY_HUNG: {
    kind: 'model',
    meaning: 'The model was still loading or predicting when its time was over.',
    mend: 'Make it load and answer without waiting for input, the network or a lock.',
  },
  VERIFY_CRASHED: {
    kind: 'model',
    meaning: 'Python ended without an answer while the model was loaded or asked.',
    mend: 'Load the model by hand in the same Python; SIGKILL mostly means that memory ran out.',
  },
} as const satisfies ErrorTable;
