import type { ErrorTable } from './table.ts';

export const OCI_ERRORS = {
  OCI_REFERENCE: {
    kind: 'usage',
    meaning: 'What should name an image does not.',
    mend: 'Write it as HOST/REPOSITORY:TAG, e.g. registry.example.com/team/heart:1.',
  },
  OCI_BASE_MISSING: {
    kind: 'usage',
    meaning: 'The base image is not where it was said to be.',
    mend: 'Check the name and the tag, or choose another base with --base.',
  },
  OCI_BASE_INVALID: {
    kind: 'config',
    meaning: 'What is there is no image that another one can be built on: damaged, of an unknown kind, or compressed in a way that cannot be read here.',
    mend: 'Choose another base with --base.',
  },
  OCI_BASE_PLATFORM: {
    kind: 'config',
    meaning: 'The base image is for another processor or another system.',
    mend: 'Name the processor with --arch, or choose a base of that one.',
  },
  OCI_BASE_PYTHON: {
    kind: 'config',
    meaning: 'The base image has no Python, or not the version that the packages are locked for.',
    mend: "Choose a base with that Python, or leave --python out to take the base's.",
  },
  OCI_BASE_GLIBC: {
    kind: 'config',
    meaning: 'The C library of the base image cannot run the packages: it is another one (musl, as on Alpine), or too old.',
    mend: 'Choose a newer base with glibc, e.g. a slim one of Debian.',
  },
  OCI_FILE_CHANGED: {
    kind: 'model',
    meaning: 'A file changed while the image was made or sent.',
    mend: 'Wait until nothing writes to it, then run the command again.',
  },
  OCI_UNWRITABLE: {
    kind: 'config',
    meaning: 'The image cannot be written to where it was asked for.',
    mend: 'Name a file in a folder that you may write to with --out.',
  },
} as const satisfies ErrorTable;
