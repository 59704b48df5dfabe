import type { ErrorTable } from './table.ts';

export const CLI_ERRORS = {
  INTERRUPTED: {
    kind: 'interrupted',
    meaning: 'The command was stopped by Ctrl-C or a termination signal.',
    mend: 'Run the same command again; it goes on from where it stopped.',
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
  CLI_OUTPUT: {
    kind: 'limit',
    meaning: 'Standard output could not be written: the disk that it goes to is full, or the terminal is gone.',
    mend: 'Send it where there is room, and run the same command again.',
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
} as const satisfies ErrorTable;
