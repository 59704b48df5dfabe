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
  OCI_COMPRESSION: {
    kind: 'config',
    meaning: 'The layers cannot be compressed as asked for: what reads the image, its documents or this Node know no zstd.',
    mend: 'Leave --compression out: gzip is read everywhere.',
  },
  OCI_UNWRITABLE: {
    kind: 'config',
    meaning: 'The image cannot be written to where it was asked for.',
    mend: 'Name a file in a folder that you may write to with --out.',
  },
  OCI_DENIED: {
    kind: 'auth',
    meaning: 'The registry does not know you, or you may not do there what was asked.',
    mend: 'Log in with `docker login HOST` (or podman), with an account that may.',
  },
  OCI_LOGIN_FILE: {
    kind: 'auth',
    meaning: "The file that docker or podman keeps logins in cannot be read.",
    mend: 'Mend it, or take it away and log in again.',
  },
  OCI_CREDENTIAL_HELPER: {
    kind: 'auth',
    meaning: "The program that docker's config.json names for logins gave none.",
    mend: 'Install it or take it out of config.json, and log in again.',
  },
  OCI_TLS: {
    kind: 'remote',
    meaning: 'The registry shows a certificate that is not trusted, or speaks no HTTPS.',
    mend: "Name its certificate authority's file in NODE_EXTRA_CA_CERTS; --insecure takes any certificate, and HTTP.",
  },
  OCI_UNREACHABLE: {
    kind: 'remote',
    meaning: 'The registry could not be reached, or the connection broke time and again.',
    mend: 'Check the name, the network and the proxy settings, then run the same command; it goes on from where it stopped.',
  },
  OCI_DIGEST: {
    kind: 'remote',
    meaning: 'What the registry sent is not what its digest says. Nothing of it was kept.',
    mend: 'Run the same command again; if it stays so, do not trust that registry.',
  },
  OCI_READ_ONLY: {
    kind: 'remote',
    meaning: 'The registry takes no images.',
    mend: 'Push to another registry, or have this one take images again.',
  },
  OCI_REGISTRY_FULL: {
    kind: 'remote',
    meaning: 'The registry has no room for the image, or your quota there is used up.',
    mend: 'Make room, then run the same command; what has arrived is not sent again.',
  },
  OCI_REPOSITORY_MISSING: {
    kind: 'remote',
    meaning: 'The registry has no such repository, and makes none by itself.',
    mend: 'Make it there first, or check its name.',
  },
  OCI_REGISTRY: {
    kind: 'remote',
    meaning: 'The registry refused, for a reason of its own that the message tells.',
    mend: 'Run the same command again, or mend what it names.',
  },
} as const satisfies ErrorTable;
