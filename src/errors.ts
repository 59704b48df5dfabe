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
