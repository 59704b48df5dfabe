/** The process around `main`: streams, signals and the exit code. */
import { setMaxListeners } from 'node:events';
import { MlfnError } from '../errors.ts';
import { EXIT } from './exit.ts';
import { main } from './main.ts';

/** How long a command may take to leave nothing behind once it was told to stop. */
const UNWIND_MS = 20_000;

export async function start(): Promise<void> {
  const abort = new AbortController();
  setMaxListeners(0, abort.signal); // every wait and child process of a command listens
  watchSignals(abort);
  const opened = new Set<NodeJS.WriteStream>();
  const open = (stream: NodeJS.WriteStream) => {
    if (!opened.has(stream)) stream.on('error', closedPipe);
    opened.add(stream);
    return stream;
  };
  const code = await main(process.argv.slice(2), {
    // Getters: making a stream takes a millisecond, and few commands need all three.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return open(process.stdout);
    },
    get stderr() {
      return open(process.stderr);
    },
    env: process.env,
    cwd: workingFolder(),
    signal: abort.signal,
    stalled: stall(),
  });
  await Promise.all([...opened].map(flushed));
  process.exit(code);
}

/**
 * The first signal asks the command to stop and clean up, a second one exits at once. SIGHUP is a closed terminal
 * (on Windows, a closed console window), SIGBREAK is Ctrl-Break on Windows.
 */
function watchSignals(abort: AbortController): void {
  const stop = () => {
    if (abort.signal.aborted) process.exit(EXIT.interrupted);
    abort.abort(new MlfnError('INTERRUPTED', 'Stopped.', { hint: 'Run the same command again; it goes on from there.' }));
    setTimeout(() => process.exit(EXIT.interrupted), UNWIND_MS).unref();
  };
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  if (process.platform === 'win32') signals.push('SIGBREAK');
  for (const signal of signals) process.on(signal, stop);
}

/** A promise that never settles would end the process silently, with exit code 0. */
function stall(): Promise<never> {
  const stalled = new Promise<never>((_, reject) => {
    process.once('beforeExit', () => reject(new Error('the command waits for something that cannot happen any more')));
  });
  stalled.catch(() => undefined);
  return stalled;
}

/** `mlfn logs | head -1`: the reader has what it wanted. */
function closedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE' || error.code === 'EOF') process.exit(EXIT.ok);
  throw error;
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

/** The folder may have been deleted under the shell. */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    process.stderr.write('error  The folder that you are in is gone.\n       Change to another folder.\n');
    process.exit(EXIT.usage);
  }
}
