import type { ErrorTable } from './table.ts';

export const INSPECT_ERRORS = {
  MODEL_NOT_FOUND: {
    kind: 'usage',
    meaning: 'There is no file at the path given as model.',
    mend: 'Give the path of a model file, or FILE.py:function.',
  },
  MODEL_NOT_A_FILE: {
    kind: 'usage',
    meaning: 'The path given as model is a device, or a folder that holds no model of a known kind.',
    mend: 'Give the path of the model file itself.',
  },
  MODEL_UNREADABLE: {
    kind: 'usage',
    meaning: 'The model file cannot be opened.',
    mend: 'Mend its permissions.',
  },
  MODEL_NO_ATTRIBUTE: {
    kind: 'model',
    meaning: 'The Python file does not define the name after the colon.',
    mend: 'Name a function or WSGI app at the top level of the file.',
  },
  MODEL_EMPTY: {
    kind: 'model',
    meaning: 'The model file has no bytes.',
    mend: 'Save the model again.',
  },
  MODEL_FORMAT: {
    kind: 'model',
    meaning: 'The file is of a kind that mlfn does not read; the message names what it looks like.',
    mend: 'Save the model as docs/models.md lists it.',
  },
  MODEL_DAMAGED: {
    kind: 'model',
    meaning: 'The model file ends early or holds bytes that no pickle has.',
    mend: 'Copy or save the model again.',
  },
  MODEL_UNSAFE: {
    kind: 'model',
    meaning: 'The model file names something outside the allowlist, or cannot be proven not to.',
    mend: 'Mend what the message names; give --trust only for a file whose maker you know.',
  },
  MODEL_NO_ESTIMATOR: {
    kind: 'model',
    meaning: 'The model file holds data and no estimator: a dictionary, a list, an array.',
    mend: 'Save the fitted estimator alone, or several steps as one Pipeline.',
  },
  MODEL_NOT_SERVED: {
    kind: 'model',
    meaning: 'The model is of a format that mlfn inspect reads, and that no endpoint can be made of yet.',
    mend: 'Do what the hint says: save it in another format, or deploy a function that runs it.',
  },
  MODEL_NO_FEATURES: {
    kind: 'model',
    meaning: 'The model was fitted on data without columns.',
    mend: 'Fit it on data with at least one column.',
  },
} as const satisfies ErrorTable;
