import type { ErrorTable } from './table.ts';

export const LOCAL_ERRORS = {
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
} as const satisfies ErrorTable;
