/**
 * Every error a user can meet, as data. `docs/errors.md` is generated from this table; exit codes come from `kind`
 * in `cli/`. An error that is not an MlfnError is a bug of ours.
 */
export type ErrorKind = 'usage' | 'config' | 'model' | 'limit' | 'auth' | 'remote' | 'verify' | 'interrupted';

interface CodeEntry {
  readonly kind: ErrorKind;
  /** What it means, one sentence, for docs/errors.md. */
  readonly meaning: string;
  /** What the user does next, one sentence, for docs/errors.md. */
  readonly mend: string;
}

export const ERROR_CODES = {
  INTERRUPTED: {
    kind: 'interrupted',
    meaning: 'The command was stopped by Ctrl-C or a termination signal.',
    mend: 'Run the same command again; it goes on from where it stopped.',
  },
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
  PREFLIGHT_FAILED: {
    kind: 'remote',
    meaning: 'The target cannot take a deploy now; nothing was changed.',
    mend: 'Mend what the message lists; `mlfn doctor` tells more.',
  },
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
  CLI_USAGE: {
    kind: 'usage',
    meaning: 'The command line has an unknown command or option, or lacks an argument.',
    mend: 'See mlfn COMMAND --help.',
  },
  CLI_FOLDER: {
    kind: 'usage',
    meaning: 'The folder given with --cwd is not there.',
    mend: 'Give the path of a folder.',
  },
  CLI_HOME: {
    kind: 'config',
    meaning: 'The folder that mlfn keeps its state in cannot be written.',
    mend: 'Set MLFN_HOME to a folder that can be written.',
  },
  CLI_NO_FUNCTION: {
    kind: 'usage',
    meaning: 'A command that works on a function was given none, and nothing says which is meant.',
    mend: 'Name the function; mlfn status lists what is deployed.',
  },
  CLI_UNCONFIRMED: {
    kind: 'usage',
    meaning: 'A command that takes something away was not confirmed.',
    mend: 'Run it again with --yes.',
  },
  CLI_PAYLOAD: {
    kind: 'usage',
    meaning: 'The payload of an invoke cannot be read.',
    mend: 'Give --data JSON, --payload FILE, or --payload - for standard input.',
  },
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorExtras {
  /** The next act, as an imperative sentence; shown under the message. */
  hint?: string;
  /** Machine-readable facts, shown with --json. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/** A problem that is not a bug of ours: the message names the wrong value, the hint the next act. */
export class MlfnError extends Error {
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    extras: ErrorExtras = {},
  ) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = 'MlfnError';
    this.kind = ERROR_CODES[code].kind;
    this.hint = extras.hint;
    this.details = extras.details ?? {};
  }
}
