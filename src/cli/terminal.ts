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
  /** Rejects when the process would end on its own: it has nothing left to wait for, or something threw where nobody listens. */
  broken?: Promise<never>;
}

export interface Sink {
  write(text: string | Uint8Array): unknown;
  isTTY?: boolean;
  columns?: number;
}
