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
  DISK_FULL: {
    kind: 'limit',
    meaning: 'The disk, or the quota on it, is full.',
    mend: 'Make room; the cache folder of mlfn may be deleted at any time.',
  },
  FILE_DENIED: {
    kind: 'config',
    meaning: 'The system refuses to read or write a file.',
    mend: 'Mend its permissions, or set MLFN_HOME to a folder of your own.',
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
  RESOLVE_PYTHON_MISSING: {
    kind: 'config',
    meaning: 'No CPython 3.9 or newer that starts was found on this machine.',
    mend: 'Install one, or name one with --python PATH.',
  },
  RESOLVE_PYTHON_UNUSABLE: {
    kind: 'usage',
    meaning: 'The Python that was asked for is not there, does not start, is too old, or is not one the target can run.',
    mend: 'Give --python a version that the message lists, or the path of an interpreter that starts.',
  },
  RESOLVE_UV_MISSING: {
    kind: 'config',
    meaning: 'uv is not on PATH, and mlfn could not bring its own into its cache.',
    mend: 'Install uv, for example with `pipx install uv`, or see that pip can reach its package index.',
  },
  RESOLVE_REQUIREMENTS_UNREADABLE: {
    kind: 'config',
    meaning: 'A requirements or lock file cannot be read.',
    mend: 'Mend the line that the message names, or give another file with --requirements.',
  },
  RESOLVE_REQUIREMENT_UNSUPPORTED: {
    kind: 'config',
    meaning: 'A requirement is a local path, an editable install or a source repository: it has no wheel with a hash.',
    mend: 'Publish it as a wheel and require that, or put its modules beside the model.',
  },
  RESOLVE_FRAMEWORK_CONFLICT: {
    kind: 'config',
    meaning: 'The requirements exclude the framework version that the model file was saved with.',
    mend: 'Require the version that the model file names, or save the model again with the version you want.',
  },
  RESOLVE_IMPORT_UNKNOWN: {
    kind: 'config',
    meaning: 'The code imports a module that is not beside it, not installed and not known to mlfn.',
    mend: 'Put the package that provides it into a requirements.txt beside the code.',
  },
  RESOLVE_CODE_UNREADABLE: {
    kind: 'model',
    meaning: 'A Python file that would be shipped cannot be parsed.',
    mend: 'Mend the line that the message names.',
  },
  RESOLVE_PACKAGE_UNKNOWN: {
    kind: 'config',
    meaning: 'The package index has no package, or no version, of that name.',
    mend: 'Correct the name or version; for a private package, configure its index for uv or pip.',
  },
  RESOLVE_NO_WHEEL: {
    kind: 'config',
    meaning: 'A package has no ready-made wheel for this Python and platform, and mlfn builds nothing from source.',
    mend: 'Use the Python or the version that the hint names.',
  },
  RESOLVE_CONFLICT: {
    kind: 'config',
    meaning: 'Two requirements exclude each other.',
    mend: 'Loosen the requirement that the message names.',
  },
  RESOLVE_INDEX_UNREACHABLE: {
    kind: 'remote',
    meaning: 'The package index did not answer, and the cache does not hold everything that is needed.',
    mend: 'Connect to the network, or configure the index or proxy, then run the same command again.',
  },
  RESOLVE_INDEX_DENIED: {
    kind: 'auth',
    meaning: 'The package index refuses the credentials, or wants some.',
    mend: 'Give uv or pip the credentials of the index.',
  },
  RESOLVE_INSTALL_FAILED: {
    kind: 'remote',
    meaning: 'The locked wheels could not be laid down.',
    mend: 'Read what uv said, in the details; then run the same command again.',
  },
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
  LOCAL_PORT_TAKEN: {
    kind: 'config',
    meaning: 'The port that was asked for is used by another program, or none of the usual ones is free.',
    mend: 'Choose a free port with --port or `local: {port: ...}` in mlfn.yaml.',
  },
  LOCAL_PORT_DIFFERS: {
    kind: 'config',
    meaning: 'The local daemon runs already, on another port than the one asked for.',
    mend: 'Run `mlfn stop` to move it, or leave the port out.',
  },
  LOCAL_DAEMON_SILENT: {
    kind: 'remote',
    meaning: 'The local daemon runs but does not answer.',
    mend: 'Run `mlfn stop`, then the command again.',
  },
  LOCAL_DAEMON_FAILED: {
    kind: 'remote',
    meaning: 'The local daemon could not be started or replaced.',
    mend: 'Read daemon.log in the `local` folder of MLFN_HOME.',
  },
  LOCAL_SWITCH_FAILED: {
    kind: 'remote',
    meaning: 'The release could not be started when it was to be made live; the one that was live still is.',
    mend: 'Read `mlfn logs NAME`, mend the cause and deploy again.',
  },
  LOCAL_DISK_FULL: {
    kind: 'limit',
    meaning: 'The disk is full; nothing half made was left.',
    mend: 'Make room, or set MLFN_HOME to a folder on another disk.',
  },
  MODEL_NOT_FOUND: {
    kind: 'usage',
    meaning: 'There is no file at the path given as model.',
    mend: 'Give the path of a model file, or FILE.py:function.',
  },
  MODEL_NOT_A_FILE: {
    kind: 'usage',
    meaning: 'The path given as model is a folder or a device.',
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
    mend: 'Save the fitted estimator with joblib.dump or pickle.dump.',
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
  MODEL_NO_FEATURES: {
    kind: 'model',
    meaning: 'The model was fitted on data without columns.',
    mend: 'Fit it on data with at least one column.',
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

/** An MlfnError is known by this mark: the bundled command line and the rooms that it loads have a class of their own each. */
const MARK = Symbol.for('mlfn.MlfnError');

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

  get [MARK](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && MARK in value;
  }
}
