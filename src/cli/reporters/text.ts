import type { ChalkInstance } from 'chalk';
import type { Ora } from 'ora';
import type { Event } from '../../events.ts';
import { sizeText } from '../../size-text.ts';
import { labelled } from '../lines.ts';
import type { Sink } from '../terminal.ts';
import type { Reporter } from './reporter.ts';

/** A column of labels with a fact each; a spinner while something takes time, plain lines without a terminal. */
export function textReporter(stderr: Sink, options: { paint: ChalkInstance; quiet: boolean }): Reporter {
  const { paint, quiet } = options;
  // A terminal that does not tell its width (0 columns: `docker run -t`, `script`) would keep ora counting lines for ever.
  const wait = stderr.isTTY === true && (stderr.columns ?? 0) > 0 ? spinner(stderr) : plainWait(stderr, paint);
  const say = (lines: string[]) => {
    wait.clear();
    stderr.write(`${lines.join('\n')}\n`);
  };
  return {
    event: (event) => {
      if (event.type === 'warning') say(labelled(paint.yellow, 'warn', event.text, event.hint));
      else if (quiet) return;
      else if (event.type === 'fact') say(labelled(paint.bold, event.label, event.text));
      else wait.show(progressText(event));
    },
    end: () => wait.clear(),
  };
}

interface Wait {
  show(text: string): void;
  clear(): void;
}

/** ora takes 100 ms to import, so it comes with the first wait. */
function spinner(stderr: Sink): Wait {
  let ora: Ora | null = null;
  let text: string | null = null;
  const start = async () => {
    const { default: make } = await import('ora');
    ora ??= make({ stream: stderr as unknown as NodeJS.WritableStream, discardStdin: false });
    if (text !== null) ora.start(text);
  };
  return {
    show: (next) => {
      const fresh = text === null;
      text = next;
      if (ora !== null && !fresh) ora.text = next;
      else if (fresh) void start();
    },
    clear: () => {
      text = null;
      ora?.stop();
    },
  };
}

function plainWait(stderr: Sink, paint: ChalkInstance): Wait {
  let last = '';
  return {
    show: (text) => {
      // Only what changes in words is worth a line of a log; counters are not.
      const words = text.replace(/\s+\S*\d.*$/, '');
      if (words !== last) stderr.write(`${paint.dim(`       ${text}`)}\n`);
      last = words;
    },
    clear: () => {},
  };
}

function progressText(event: Extract<Event, { type: 'progress' }>): string {
  if (event.done === undefined) return event.text;
  return event.total === undefined ? `${event.text}  ${event.done}` : `${event.text}  ${ratio(event.done, event.total)}`;
}

/** `3/10`, or bytes once they are large enough to be bytes. */
function ratio(done: number, total: number): string {
  return total < 10_000 ? `${done}/${total}` : `${sizeText(done)} of ${sizeText(total)}`;
}
