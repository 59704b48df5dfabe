import type { CommandWords, Flag, Value } from './words.ts';

export function fishScript(commands: CommandWords[], globals: Flag[]): string {
  return `# mlfn completion for fish. Write it once:  mlfn completion fish > ~/.config/fish/completions/mlfn.fish
function __mlfn_functions
    mlfn __complete functions 2>/dev/null
end
complete -c mlfn -f
${globals.map((flag) => flagLine(flag, null)).join('\n')}
complete -c mlfn -n __fish_use_subcommand -s V -l version -d 'Show the version'
complete -c mlfn -n __fish_use_subcommand -a help -d 'Show help for a command'
${commands.flatMap(commandLines).join('\n')}
`;
}

function commandLines(command: CommandWords): string[] {
  const seen = `__fish_seen_subcommand_from ${command.name}`;
  return [
    `complete -c mlfn -n __fish_use_subcommand -a ${command.name} -d ${quote(command.summary)}`,
    ...command.flags.map((flag) => flagLine(flag, seen)),
    ...command.arguments.map((value) => `complete -c mlfn -n ${quote(seen)} ${source(value)}`.trimEnd()),
  ];
}

function flagLine({ long, short, summary, value }: Flag, condition: string | null): string {
  return [
    'complete -c mlfn',
    ...(condition === null ? [] : [`-n ${quote(condition)}`]),
    ...(short === null ? [] : [`-s ${short.slice(1)}`]),
    `-l ${long.slice(2)}`,
    ...(value === null ? [] : ['-r', source(value)]),
    `-d ${quote(summary)}`,
  ].join(' ');
}

function source({ choices, completes }: Value): string {
  if (choices !== null) return `-a ${quote(choices.join(' '))}`;
  if (completes === null) return '';
  return { file: '-F', folder: "-a '(__fish_complete_directories)'", function: "-a '(__mlfn_functions)'" }[completes];
}

function quote(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
}
