/** Command data -> a commander program. */
import { Argument, Command as Program, Option } from 'commander';
import { MlfnError } from '../errors.ts';
import { flagName, type ArgumentSpec, type Command, type OptionSpec } from './command.ts';
import { GLOBAL_OPTIONS, type Globals } from './globals.ts';
import type { Sink } from './terminal.ts';

export interface Parsed {
  command: Command;
  input: Record<string, unknown>;
}

/** `chosen` is called with the command line's command; help and version print themselves. */
export function makeProgram(
  commands: readonly Command[],
  version: string,
  stdout: Sink,
  chosen: (parsed: Parsed) => void,
): Program {
  const program = new Program('mlfn')
    .description('Turns a trained model file into a tested HTTPS endpoint, and takes it back again with one command.')
    .version(version, '-V, --version', 'Show the version')
    .helpOption('-h, --help', 'Show help')
    .helpCommand('help [command]', 'Show help for a command')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', '\nStart with: mlfn deploy model.joblib --name heart\nHelp and examples: mlfn COMMAND --help');
  settle(program, stdout);
  for (const [key, spec] of Object.entries(GLOBAL_OPTIONS)) {
    program.addOption(key === 'color' ? new Option('--no-color', spec.summary) : makeOption(key, spec));
  }
  for (const command of commands) program.addCommand(makeCommand(command, stdout, chosen), { hidden: command.hidden === true });
  return program;
}

export function globalsOf(program: Program): Globals {
  const { cwd, json, yes, quiet, verbose, debug, color } = program.opts<Partial<Globals>>();
  return {
    ...(cwd === undefined ? {} : { cwd }),
    json: json === true,
    yes: yes === true,
    quiet: quiet === true,
    verbose: verbose === true || debug === true,
    debug: debug === true,
    color: color !== false,
  };
}

function makeCommand(command: Command, stdout: Sink, chosen: (parsed: Parsed) => void): Program {
  const made = new Program(command.name)
    .summary(command.summary)
    .description(command.details === undefined ? `${command.summary}.` : `${command.summary}.\n\n${command.details}`)
    .helpOption('-h, --help', 'Show help')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', examplesText(command));
  settle(made, stdout);
  for (const spec of command.arguments) made.addArgument(makeArgument(spec));
  for (const [key, spec] of Object.entries(command.options)) made.addOption(makeOption(key, spec));
  return made.action((...given: unknown[]) => {
    const input: Record<string, unknown> = {};
    command.arguments.forEach((spec, i) => (input[spec.name] = given[i]));
    const options = given[command.arguments.length] as Record<string, unknown>;
    for (const [key, spec] of Object.entries(command.options)) {
      input[key] = spec.kind === 'flag' ? options[key] === true : options[key];
    }
    chosen({ command, input });
  });
}

function settle(program: Program, stdout: Sink): void {
  program.exitOverride().configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: () => {} });
}

function makeArgument(spec: ArgumentSpec): Argument {
  const argument = new Argument(spec.required === true ? `<${spec.name}>` : `[${spec.name}]`, spec.summary);
  return spec.choices === undefined ? argument : argument.choices(spec.choices);
}

function makeOption(key: string, spec: OptionSpec): Option {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const value = spec.kind === 'flag' ? '' : ` <${spec.value ?? 'VALUE'}>`;
  const option = new Option(`${short}--${flagName(key)}${value}`, spec.summary);
  if (spec.choices !== undefined) option.choices(spec.choices);
  if (spec.kind === 'integer') option.argParser((text: string) => wholeNumber(`--${flagName(key)}`, text));
  if (spec.kind === 'list') {
    const check = option.parseArg; // of the choices
    option.argParser((text: string, before: string[] | undefined) => {
      check?.(text, undefined as never);
      return [...(before ?? []), text];
    });
  }
  return option;
}

function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new MlfnError('CLI_USAGE', `${flag} must be a whole number, not ${JSON.stringify(text)}.`, {
    hint: `Write digits only, e.g. ${flag} 3.`,
  });
}

function examplesText(command: Command): string {
  const lines = command.examples.map(([line, what]) => `  # ${what}\n  $ mlfn ${line}`);
  return `\nExamples:\n${lines.join('\n')}`;
}
