/** Starts a daemon process that outlives whoever started it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import type { StartRequest } from './daemon-info.ts';

/** What to start: the daemon of another version may come with another Node. */
export interface Program {
  node: string;
  entry: string;
}

/** What it tells comes as IPC messages; what a crash prints goes to the log. */
export function spawnDaemon({ node, entry }: Program, request: StartRequest, logFile: string): ChildProcess {
  mkdirSync(path.dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  try {
    return spawn(node, [entry, JSON.stringify(request)], {
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
      windowsHide: true,
      // Not in the folder of the user's: it could not be removed on Windows while the daemon runs.
      cwd: path.dirname(logFile),
    });
  } finally {
    closeSync(log);
  }
}
