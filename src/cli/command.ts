/** A command is data and two functions; parsing, help, completion and output are made from it. */
import type { ChalkInstance } from 'chalk';
import type { Context } from '../events.ts';
import type { Ask } from './prompts.ts';

/** What a shell completes a word with. */
export type Completes = 'file' | 'folder' | 'function';

export interface ArgumentSpec {
  name: string;
  summary: string;
  required?: boolean;
  choices?: readonly string[];
  completes?: Completes;
}

export interface OptionSpec {
  /** `list` may be given several times. */
  kind: 'flag' | 'text' | 'integer' | 'list';
  summary: string;
  /** Stands for the value in the help: `FILE`. */
  value?: string;
  short?: string;
  choices?: readonly string[];
  completes?: Completes;
}

type OptionValue<S extends OptionSpec> = S['kind'] extends 'flag'
  ? boolean
  : S['kind'] extends 'integer'
    ? number | undefined
    : S['kind'] extends 'list'
      ? string[] | undefined
      : string | undefined;

type Input<A extends readonly ArgumentSpec[], O extends Record<string, OptionSpec>> = {
  [K in A[number] as K['name']]: K['required'] extends true ? string : string | undefined;
} & { [K in keyof O]: OptionValue<O[K]> };

export interface CommandContext extends Context {
  ask: Ask;
  /** Reads standard input to its end. */
  readInput(): Promise<Uint8Array>;
  verbose: boolean;
  /** `--yes` was given. */
  yes: boolean;
  version: string;
}

export interface View {
  paint: ChalkInstance;
  /** Standard output is a terminal. */
  terminal: boolean;
}

interface CommandOf<A extends readonly ArgumentSpec[], O extends Record<string, OptionSpec>, Result> {
  name: string;
  summary: string;
  /** More for --help than the summary: what is unexpected. */
  details?: string;
  arguments: A;
  options: O;
  /** Command lines without the `mlfn`, and what they do. */
  examples: readonly (readonly [line: string, what: string])[];
  /** Not in the help. */
  hidden?: boolean;
  /** Works without a folder to keep state in. */
  homeless?: boolean;
  /** Either one result, or many of the same type as they come (`logs --follow`). */
  run(ctx: CommandContext, input: Input<A, O>): Promise<Result | AsyncIterable<Result>>;
  /** The result for people, on standard output. */
  text(result: Result, view: View): string[];
  /** Said on standard error beside the result, without --json. */
  aside?(result: Result, view: View): string[];
  /** 0 unless given. */
  exitCode?(result: Result): number;
}

// oxlint-disable-next-line typescript/no-explicit-any -- the list of all commands knows no single input or result
export type Command = CommandOf<readonly ArgumentSpec[], Record<string, OptionSpec>, any>;

/** Types a command's input from its own data. */
export function command<
  const A extends readonly ArgumentSpec[],
  const O extends Record<string, OptionSpec>,
  Result,
>(spec: CommandOf<A, O, Result>): Command {
  return spec as unknown as Command;
}

/** `dryRun` -> `dry-run` */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
