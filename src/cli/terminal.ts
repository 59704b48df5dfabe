import type { Readable } from 'node:stream';

/** What a command line has around it. `start.ts` makes it from the process, tests from buffers. */
export interface Terminal {
  stdin: Readable & { isTTY?: boolean };
  stdout: Sink;
  stderr: Sink;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Aborted by Ctrl-C or a termination signal. */
  signal: AbortSignal;
  /** Rejects when the process has nothing left to wait for, and would end as if all were well. */
  stalled?: Promise<never>;
}

export interface Sink {
  write(text: string | Uint8Array): unknown;
  isTTY?: boolean;
  columns?: number;
}
