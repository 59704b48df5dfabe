import type { CommandWords, Flag, Value } from './words.ts';

/** Works in bash 3.2, as macOS has it. */
export function bashScript(commands: CommandWords[], globals: Flag[]): string {
  const all = [...globals, ...commands.flatMap((command) => command.flags)];
  const valued = [...new Set(all.filter((flag) => flag.value !== null).flatMap(namesOf))];
  return `# mlfn completion for bash. Put this into ~/.bashrc:  source <(mlfn completion bash)
_mlfn_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_mlfn_functions() { _mlfn_words "$(mlfn __complete functions 2>/dev/null)"; }
_mlfn_files() { compopt -o filenames 2>/dev/null; local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$cur")); }
_mlfn_folders() { compopt -o filenames 2>/dev/null; local IFS=$'\\n'; COMPREPLY=($(compgen -d -- "$cur")); }
_mlfn() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command="" given=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${valued.join('|')}) i=$((i + 1)) ;;
      -*) ;;
      *) if [ -z "$command" ]; then command="\${COMP_WORDS[i]}"; else given=$((given + 1)); fi ;;
    esac
  done
  case "$prev" in
${globals.flatMap(valueCase).map((line) => `    ${line}`).join('\n')}
  esac
  case "$command" in
    "") case "$cur" in
        -*) _mlfn_words "${words(globals)} --version" ;;
        *) _mlfn_words "${commands.map((command) => command.name).join(' ')} help" ;;
      esac ;;
${commands.map((command) => commandCase(command, globals)).join('\n')}
    help) _mlfn_words "${commands.map((command) => command.name).join(' ')}" ;;
  esac
}
complete -F _mlfn mlfn
`;
}

function commandCase(command: CommandWords, globals: Flag[]): string {
  const values = command.flags.flatMap(valueCase).map((line) => `        ${line}`);
  const positions = command.arguments.map((value, i) => `          ${i}) ${completer(value)} ;;`);
  return [
    `    ${command.name})`,
    ...(values.length === 0 ? [] : ['      case "$prev" in', ...values, '      esac']),
    '      case "$cur" in',
    `        -*) _mlfn_words "${words([...command.flags, ...globals])}" ;;`,
    ...(positions.length === 0 ? [] : ['        *) case $given in', ...positions, '          esac ;;']),
    '      esac ;;',
  ].join('\n');
}

function valueCase(flag: Flag): string[] {
  return flag.value === null ? [] : [`${namesOf(flag).join('|')}) ${completer(flag.value)}; return ;;`];
}

function completer({ choices, completes }: Value): string {
  if (choices !== null) return `_mlfn_words "${choices.join(' ')}"`;
  if (completes === null) return ':';
  return { file: '_mlfn_files', folder: '_mlfn_folders', function: '_mlfn_functions' }[completes];
}

function words(flags: Flag[]): string {
  return flags.map((flag) => flag.long).join(' ');
}

function namesOf(flag: Flag): string[] {
  return flag.short === null ? [flag.long] : [flag.long, flag.short];
}
