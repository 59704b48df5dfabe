/** The process around `main`: streams, signals and the exit code. */
import { setMaxListeners } from 'node:events';
import { MlfnError } from '../errors.ts';
import { EXIT } from './exit.ts';
import { labelled } from './lines.ts';
import { main } from './main.ts';

/** How long a command may take to leave nothing behind once it was told to stop. */
const UNWIND_MS = 20_000;

export async function start(): Promise<void> {
  // Which Node mlfn needs is its own to say: the AWS SDK would write about its next versions on every command.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  // gRPC, by which Cloud Run is asked, reads a proxy's variables in small letters only.
  for (const name of ['https_proxy', 'no_proxy']) {
    const capital = process.env[name.toUpperCase()];
    if (capital !== undefined && !process.env[name]) process.env[name] = capital;
  }
  const abort = new AbortController();
  setMaxListeners(0, abort.signal); // every wait and child process of a command listens
  watchSignals(abort);
  let code: number = EXIT.ok;
  let lost: NodeJS.ErrnoException | null = null;
  const end = () => process.exit(lost === null ? code : unwritten(lost, code));
  const opened = new Set<NodeJS.WriteStream>();
  const open = (stream: NodeJS.WriteStream, unwritable: (error: NodeJS.ErrnoException) => void) => {
    if (!opened.has(stream)) stream.on('error', unwritable);
    opened.add(stream);
    return stream;
  };
  const lose = (error: NodeJS.ErrnoException) => {
    lost = error;
    setImmediate(end); // by the next turn, the exit code of a command that has just printed its last is known
  };
  code = await main(process.argv.slice(2), {
    // Getters: making a stream takes a millisecond, and few commands need all three.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return open(process.stdout, lose);
    },
    get stderr() {
      return open(process.stderr, () => undefined); // what is told on the way may go unread; the work may not stay half done
    },
    env: process.env,
    cwd: workingFolder(),
    signal: abort.signal,
    broken: broken(),
  });
  await Promise.all([...opened].map(flushed));
  setImmediate(end); // a write that failed tells it before
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

/** A promise that never settles would end the process silently, with exit code 0; what nobody catches, with a raw trace. */
function broken(): Promise<never> {
  const never = new Promise<never>((_, reject) => {
    process.once('beforeExit', () => {
      process.exitCode = EXIT.bug;
      // The process ends before any promise is heard, unless it has something to wait for.
      setImmediate(() => reject(new Error('the command waits for something that cannot happen any more')));
    });
    process.on('uncaughtException', reject);
  });
  never.catch(() => undefined);
  return never;
}

/** The exit code when standard output takes no more, which is told on the other stream. */
function unwritten(error: NodeJS.ErrnoException, code: number): number {
  // `mlfn logs | head -1`: the reader has what it wanted.
  if (error.code === 'EPIPE' || error.code === 'EOF') return code;
  const problem = new MlfnError('CLI_OUTPUT', `Standard output could not be written: ${error.message}`);
  const text = labelled(String, 'error', `${problem.message}  [${problem.code}]`, 'Send it where there is room, and run the same command again.');
  process.stderr.on('error', () => undefined).write(`${text.join('\n')}\n`);
  return code === EXIT.ok ? EXIT[problem.kind] : code;
}

/** Nothing is written where nothing waits: a full device takes not even no bytes. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
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
