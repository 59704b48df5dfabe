import type { ErrorTable } from './table.ts';

export const BUNDLE_ERRORS = {
  BUNDLE_TOO_LARGE: {
    kind: 'limit',
    meaning: 'The package is larger than the target takes, also without the model.',
    mend: 'Lock only what the model needs: the message names the largest packages, `mlfn build` shows the whole table.',
  },
  BUNDLE_CHANGED: {
    kind: 'model',
    meaning: 'A file changed while it was being read, or after it was.',
    mend: 'Wait until nothing writes to it, then run the command again.',
  },
  BUNDLE_CLASS_NOT_FOUND: {
    kind: 'model',
    meaning: 'The model needs a class of your own that no file was found for.',
    mend: 'Put the file that defines it beside the model, or give its folder with --code DIR.',
  },
  BUNDLE_CODE_CLASH: {
    kind: 'config',
    meaning: 'Two different files of yours would have the same place in the package.',
    mend: 'Rename one of them, or give the folder that both belong to with --code DIR.',
  },
  BUNDLE_CODE_INVALID: {
    kind: 'model',
    meaning: 'A Python file that the package needs does not parse.',
    mend: 'Correct the line that is named.',
  },
  BUNDLE_DEPENDENCIES_UNREADABLE: {
    kind: 'config',
    meaning: 'The folder with the installed dependencies is gone or damaged.',
    mend: 'Delete it from the cache and run the command again.',
  },
  BUNDLE_DISK_FULL: {
    kind: 'limit',
    meaning: 'The disk has no room for the package.',
    mend: 'Free some space, or set MLFN_HOME to a folder on a larger disk.',
  },
  BUNDLE_MAIN_RUNS_WORK: {
    kind: 'model',
    meaning: 'A class of the model is defined in a script that does work (such as training) when it is imported.',
    mend: 'Move the class to a file of its own, or put the work under `if __name__ == "__main__":`.',
  },
  BUNDLE_MODULE_NAME: {
    kind: 'config',
    meaning: 'A file of yours cannot be imported under its name, or would hide another module of that name.',
    mend: 'Rename the file.',
  },
  BUNDLE_PATH_UNUSABLE: {
    kind: 'config',
    meaning: 'A file name cannot be used inside a package.',
    mend: 'Rename the file: no backslash, no control character, no drive letter.',
  },
  BUNDLE_PYTHON_FAILED: {
    kind: 'config',
    meaning: "The interpreter that reads your modules' imports did not run.",
    mend: 'Run `mlfn doctor`, and choose another interpreter with --python.',
  },
  BUNDLE_SECRET: {
    kind: 'config',
    meaning: 'A file that the model needs holds a private key or has the name of a secret.',
    mend: 'Take the secret out and read it from an environment variable.',
  },
  BUNDLE_UNREADABLE: {
    kind: 'usage',
    meaning: 'A file that belongs into the package cannot be read.',
    mend: 'Check that it exists and that you may read it.',
  },
  BUNDLE_UNWRITABLE: {
    kind: 'config',
    meaning: 'The package cannot be written to where it was asked for.',
    mend: 'Choose a folder that you may write to.',
  },
} as const satisfies ErrorTable;
