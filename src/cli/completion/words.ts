/** The command data in the form that the three shells' generators need. */
import { flagName, type ArgumentSpec, type Command, type Completes, type OptionSpec } from '../command.ts';
import { GLOBAL_OPTIONS } from '../globals.ts';

export interface Flag {
  long: string;
  short: string | null;
  summary: string;
  repeatable: boolean;
  /** Null for a switch. */
  value: Value | null;
}

/** What a word is completed with: a fixed list, or what the shell or mlfn knows; nothing when both are null. */
export interface Value {
  label: string;
  choices: readonly string[] | null;
  completes: Completes | null;
}

export interface CommandWords {
  name: string;
  summary: string;
  flags: Flag[];
  arguments: Value[];
}

const HELP: Flag = { long: '--help', short: '-h', summary: 'Show help', repeatable: false, value: null };

export function globalFlags(): Flag[] {
  return [...Object.entries(GLOBAL_OPTIONS).map(([key, spec]) => flagOf(key === 'color' ? 'noColor' : key, spec)), HELP];
}

export function commandWords(commands: readonly Command[]): CommandWords[] {
  return commands
    .filter((command) => command.hidden !== true)
    .map((command) => ({
      name: command.name,
      summary: command.summary,
      flags: Object.entries(command.options).map(([key, spec]) => flagOf(key, spec)),
      arguments: command.arguments.map((spec) => valueOf(spec.name, spec)),
    }));
}

function flagOf(key: string, spec: OptionSpec): Flag {
  return {
    long: `--${flagName(key)}`,
    short: spec.short === undefined ? null : `-${spec.short}`,
    summary: spec.summary,
    repeatable: spec.kind === 'list',
    value: spec.kind === 'flag' ? null : valueOf(spec.value ?? 'VALUE', spec),
  };
}

function valueOf(label: string, spec: Pick<ArgumentSpec, 'choices' | 'completes'>): Value {
  return { label, choices: spec.choices ?? null, completes: spec.completes ?? null };
}
