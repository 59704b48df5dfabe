import type { ErrorTable } from './table.ts';

export const RESOLVE_ERRORS = {
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
  RESOLVE_WHEEL_LOCAL: {
    kind: 'config',
    meaning: 'The lock holds a wheel that lies on this machine, and the target installs the packages itself.',
    mend: 'Publish the wheel on an index, or choose a mode of the target that needs no build.',
  },
} as const satisfies ErrorTable;
