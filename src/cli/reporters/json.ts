import type { Sink } from '../terminal.ts';
import type { Reporter } from './reporter.ts';

/** With --json standard error stays silent; with --verbose it gets one JSON event per line. */
export function jsonReporter(stderr: Sink, options: { verbose: boolean }): Reporter {
  return {
    event: (event) => {
      if (options.verbose) stderr.write(`${JSON.stringify(event)}\n`);
    },
    end: () => {},
  };
}
