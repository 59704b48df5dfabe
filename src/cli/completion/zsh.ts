import type { CommandWords, Flag, Value } from './words.ts';

export function zshScript(commands: CommandWords[], globals: Flag[]): string {
  const list = commands.map((command) => `    ${quote(`${command.name}:${command.summary}`)}`).join('\n');
  return `#compdef mlfn
# mlfn completion for zsh. Put this into ~/.zshrc, below compinit:  source <(mlfn completion zsh)
_mlfn_functions() {
  local -a functions
  functions=(\${(f)"$(mlfn __complete functions 2>/dev/null)"})
  compadd -a functions
}
_mlfn() {
  local context state line
  typeset -A opt_args
  local -a commands globals
  commands=(
${list}
    'help:Show help for a command'
  )
  globals=(
${globals.map((flag) => `    ${flagSpec(flag)}`).join('\n')}
  )
  _arguments -C $globals '(-V --version)'{-V,--version}'[Show the version]' '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
${commands.map(commandCase).join('\n')}
        help) _describe command commands ;;
      esac ;;
  esac
}
if [ "$funcstack[1]" = "_mlfn" ]; then _mlfn "$@"; else compdef _mlfn mlfn; fi
`;
}

function commandCase(command: CommandWords): string {
  const specs = [...command.flags.map(flagSpec), ...command.arguments.map((value, i) => quote(`${i + 1}:${action(value)}`))];
  return `        ${command.name}) _arguments $globals ${specs.map((spec) => `\\\n          ${spec}`).join(' ')} ;;`;
}

/** `'(-n --dry-run)'{-n,--dry-run}'[summary]'` */
function flagSpec({ long, short, summary, repeatable, value }: Flag): string {
  const tail = quote(`[${summary.replace(/[[\]]/g, '\\$&')}]${value === null ? '' : `:${action(value)}`}`);
  if (repeatable) return `'*'${long}${tail}`;
  return short === null ? `${long}${tail}` : `${quote(`(${short} ${long})`)}{${short},${long}}${tail}`;
}

function action({ label, choices, completes }: Value): string {
  if (choices !== null) return `${label}:(${choices.join(' ')})`;
  if (completes === null) return `${label}:`;
  return `${label}:${{ file: '_files', folder: '_files -/', function: '_mlfn_functions' }[completes]}`;
}

function quote(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}
