/** The daemon's own log: one JSON value per line, written at once so that nothing of a crash is lost. */
import { appendFileSync, renameSync, statSync } from 'node:fs';

const FILE_BYTES = 4 * 1024 * 1024;

export class DaemonLog {
  constructor(private readonly file: string) {
    try {
      if (statSync(file).size > FILE_BYTES) renameSync(file, `${file}.1`);
    } catch {
      // There is none yet.
    }
  }

  write(level: 'info' | 'error', text: string, facts: Record<string, unknown> = {}): void {
    const { error, ...others } = facts;
    const cause = error instanceof Error ? { error: error.stack ?? error.message } : {};
    const line = JSON.stringify({ time: new Date().toISOString(), level, pid: process.pid, text, ...others, ...cause });
    try {
      appendFileSync(this.file, `${line}\n`);
    } catch {
      // A full disk must not end the daemon.
    }
  }
}
