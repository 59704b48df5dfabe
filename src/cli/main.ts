/** One command line: parse, run, print, and the exit code. Tests call it in process. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ChalkInstance } from 'chalk';
import type { Command as Program, CommanderError } from 'commander';
import { MlfnError } from '../errors.ts';
import type { Command, CommandContext, View } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { contextFor, reporterFor } from './context.ts';
import { EXIT } from './exit.ts';
import { failureOf, failureText, type Failure } from './failure.ts';
import type { Globals } from './globals.ts';
import { ensureHome } from './home.ts';
import { globalsOf, makeProgram, type Parsed } from './program.ts';
import type { Reporter } from './reporters/reporter.ts';
import type { Sink, Terminal } from './terminal.ts';

export async function main(argv: string[], terminal: Terminal): Promise<number> {
  const version = ownVersion();
  let parsed: Parsed | null = null;
  const program = makeProgram(COMMANDS, version, terminal.stdout, (found) => (parsed = found));
  let ctx: CommandContext | null = null;
  let globals = globalsOf(program);
  let reporter: Reporter | null = null;
  try {
    parse(program, argv);
    globals = globalsOf(program);
    if (parsed === null) return EXIT.ok; // help or version was printed
    const { command, input } = parsed as Parsed;
    reporter = reporterFor(terminal, globals, await paintFor(terminal, terminal.stderr, globals));
    ctx = contextFor(terminal, globals, { cwd: folderOf(globals, terminal), reporter, version });
    terminal.signal.throwIfAborted();
    if (command.homeless !== true) ensureHome(ctx.home);
    const work = command.run(ctx, input as never).then((result: unknown) => {
      reporter?.end();
      return print(command, result, terminal, globals);
    });
    return await (terminal.broken === undefined ? work : Promise.race([work, terminal.broken]));
  } catch (thrown) {
    reporter?.end();
    const home = ctx?.home ?? null;
    const failure = failureOf(thrown, { aborted: terminal.signal.aborted, argv, version, home });
    // A command line that could not be parsed may have said how it wants its answer all the same.
    const { json, color } = globals;
    await tell(failure, terminal, { ...globals, json: json || argv.includes('--json'), color: color && !argv.includes('--no-color') });
    return failure.exitCode;
  }
}

function parse(program: Program, argv: string[]): void {
  try {
    if (argv.length === 0) program.outputHelp();
    else program.parse(argv, { from: 'user' });
  } catch (thrown) {
    const error = thrown as CommanderError;
    if (typeof error.code !== 'string' || !error.code.startsWith('commander.')) throw thrown;
    if (error.exitCode === 0) return;
    const [word, about] = program.args;
    // commander would print the help here, as for an error.
    if (error.code === 'commander.help') {
      throw usage(word === 'help' && about !== undefined ? `Unknown command '${about}'.` : 'No command was given.', 'See `mlfn --help`.', thrown);
    }
    const [message = '', near] = error.message.replace(/^error: /, '').split('\n');
    const guess = /Did you mean (one of )?(.*)\?/.exec(near ?? '')?.[2];
    const help = COMMANDS.some(({ name }) => name === word) ? `See \`mlfn ${word} --help\`.` : 'See `mlfn --help`, or `mlfn COMMAND --help`.';
    const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1).replace(/\.$/, '')}.`;
    throw usage(sentence, guess === undefined ? help : `Did you mean ${guess}?`, thrown);
  }
}

function usage(message: string, hint: string, cause: unknown): MlfnError {
  return new MlfnError('CLI_USAGE', message, { hint, cause });
}

async function print(command: Command, result: unknown, terminal: Terminal, globals: Globals): Promise<number> {
  const view: View = {
    paint: await paintFor(terminal, terminal.stdout, globals),
    terminal: terminal.stdout.isTTY === true,
  };
  const aside: View = { ...view, paint: await paintFor(terminal, terminal.stderr, globals) };
  const one = (value: unknown, indent: number | undefined) => {
    const lines = globals.json ? [JSON.stringify(value, null, indent)] : command.text(value, view);
    if (lines.length > 0) terminal.stdout.write(`${lines.join('\n')}\n`);
    if (globals.json || globals.quiet || command.aside === undefined) return;
    const said = command.aside(value, aside);
    if (said.length > 0) terminal.stderr.write(`${said.join('\n')}\n`);
  };
  if (!isStream(result)) {
    one(result, 2);
    return command.exitCode?.(result) ?? EXIT.ok;
  }
  try {
    for await (const value of result) one(value, undefined);
  } catch (error) {
    if (!terminal.signal.aborted) throw error;
  }
  // Ctrl-C is how a stream is meant to end: nothing to tell.
  return terminal.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

async function tell(failure: Failure, terminal: Terminal, globals: Globals): Promise<void> {
  if (globals.json) {
    const stack = globals.debug ? { stack: failure.stack } : {};
    terminal.stdout.write(`${JSON.stringify({ error: { ...failure.error, ...stack } }, null, 2)}\n`);
    return;
  }
  const paint = await paintFor(terminal, terminal.stderr, globals);
  terminal.stderr.write(`${failureText(failure, paint, globals.debug).join('\n')}\n`);
}

function isStream(result: unknown): result is AsyncIterable<unknown> {
  return typeof result === 'object' && result !== null && Symbol.asyncIterator in result;
}

/** chalk is not needed for help and version, and takes 5 ms. */
async function paintFor(terminal: Terminal, sink: Sink, globals: Globals): Promise<ChalkInstance> {
  const { Chalk, supportsColor } = await import('chalk');
  const { env } = terminal;
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  const wanted = globals.color && !env['NO_COLOR'] && (forced || (sink.isTTY === true && env['TERM'] !== 'dumb'));
  return new Chalk({ level: wanted ? (supportsColor ? supportsColor.level : 1) : 0 });
}

function folderOf(globals: Globals, terminal: Terminal): string {
  const folder = path.resolve(terminal.cwd, globals.cwd ?? '.');
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder;
  throw new MlfnError('CLI_FOLDER', `${folder} is not a folder.`, { hint: 'Give --cwd the path of a folder.' });
}

/** From the package that this file is in: src/cli and dist/cli lie equally deep. */
function ownVersion(): string {
  const text = readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
