import type { OptionSpec } from './command.ts';

/** Options that every command takes, before or after its name. */
export const GLOBAL_OPTIONS = {
  cwd: { kind: 'text', short: 'C', value: 'DIR', completes: 'folder', summary: 'Work as if started in that folder' },
  json: { kind: 'flag', summary: 'One JSON document on standard output, errors too' },
  yes: { kind: 'flag', short: 'y', summary: 'Answer every question with yes, or its default' },
  quiet: { kind: 'flag', short: 'q', summary: 'Results, warnings and errors only' },
  verbose: { kind: 'flag', short: 'v', summary: 'More detail; with --json, events as JSON lines on standard error' },
  debug: { kind: 'flag', summary: 'Show the stack of an error' },
  color: { kind: 'flag', summary: 'No colours (NO_COLOR does the same)' },
} as const satisfies Record<string, OptionSpec>;

export interface Globals {
  cwd?: string;
  json: boolean;
  yes: boolean;
  quiet: boolean;
  verbose: boolean;
  debug: boolean;
  /** False with --no-color. */
  color: boolean;
}
