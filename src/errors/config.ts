import type { ErrorTable } from './table.ts';

export const CONFIG_ERRORS = {
  CONFIG_UNREADABLE: {
    kind: 'config',
    meaning: 'mlfn.yaml is there but cannot be read.',
    mend: 'Mend the file\'s permissions.',
  },
  CONFIG_FILE_NAME: {
    kind: 'config',
    meaning: 'The folder has an mlfn.yml, which is not read.',
    mend: 'Rename it to mlfn.yaml.',
  },
  CONFIG_SYNTAX: {
    kind: 'config',
    meaning: 'mlfn.yaml is not YAML; the message names line and column.',
    mend: 'Mend that line.',
  },
  CONFIG_UNKNOWN_KEY: {
    kind: 'config',
    meaning: 'mlfn.yaml has a setting that does not exist.',
    mend: 'Rename or remove it; docs/mlfn.schema.json lists all settings.',
  },
  CONFIG_VALUE: {
    kind: 'config',
    meaning: 'A setting has a value that it cannot have; the message names the place it came from.',
    mend: 'Give it a value of the kind that the message names.',
  },
  CONFIG_NAME: {
    kind: 'config',
    meaning: 'The name of a function is not allowed.',
    mend: 'Use a lower-case letter, then up to 47 lower-case letters, digits or hyphens.',
  },
  CONFIG_FILE_MISSING: {
    kind: 'config',
    meaning: 'A setting names a file or folder that is not there.',
    mend: 'Mend the path; paths in mlfn.yaml start at its folder, those of flags where you are.',
  },
  CONFIG_NO_MODEL: {
    kind: 'usage',
    meaning: 'Neither the command line nor an mlfn.yaml says which model.',
    mend: 'Name it: mlfn deploy model.joblib, or write an mlfn.yaml with mlfn init.',
  },
  CONFIG_EXISTS: {
    kind: 'usage',
    meaning: 'mlfn init found an mlfn.yaml that is already there.',
    mend: 'Remove or edit it; init does not overwrite it without your yes.',
  },
} as const satisfies ErrorTable;
