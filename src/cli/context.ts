import type { Writable } from 'node:stream';
import type { ChalkInstance } from 'chalk';
import type { CommandContext } from './command.ts';
import type { Globals } from './globals.ts';
import { homeOf } from './home.ts';
import { answer } from './prompts.ts';
import { jsonReporter } from './reporters/json.ts';
import type { Reporter } from './reporters/reporter.ts';
import { textReporter } from './reporters/text.ts';
import type { Terminal } from './terminal.ts';

export function reporterFor(terminal: Terminal, globals: Globals, paint: ChalkInstance): Reporter {
  if (globals.json) return jsonReporter(terminal.stderr, { verbose: globals.verbose });
  return textReporter(terminal.stderr, { paint, quiet: globals.quiet });
}

export function contextFor(
  terminal: Terminal,
  globals: Globals,
  made: { cwd: string; reporter: Reporter; version: string },
): CommandContext {
  const { cwd, reporter, version } = made;
  return {
    emit: (event) => reporter.event(event),
    signal: terminal.signal,
    env: terminal.env,
    cwd,
    home: homeOf(terminal.env, cwd),
    ask: (question) => {
      reporter.end();
      const asks = terminal.stdin.isTTY === true && terminal.stderr.isTTY === true && !globals.json;
      const output = asks ? (terminal.stderr as unknown as Writable) : null;
      return answer(question, { yes: globals.yes, input: terminal.stdin, output, signal: terminal.signal });
    },
    readInput: () => readAll(terminal.stdin, terminal.signal),
    verbose: globals.verbose,
    yes: globals.yes,
    version,
  };
}

async function readAll(stream: Terminal['stdin'], signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  const stop = () => stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks);
}
