import {
  HELP_OPTION,
  type ArgumentSpec,
  type CommandSpec,
  type OptionSpec,
  type ProgramSpec,
} from '../program-spec.js';

/** No matches; with an empty action zsh would show a message in place of completing options. */
const NOTHING = '()';

/** Works both when it is evaluated and as a file `_nodepool` in `fpath`. */
export function zshCompletion(program: ProgramSpec): string {
  const name = `_${program.name}`;
  return `#compdef ${program.name}
# Completion of ${program.name} for zsh: eval "$(${program.name} completion zsh)"
${name}() {
  local curcontext="$curcontext" state line
  # The files that stand before the subcommand; $words loses them below.
  local -a ${name}_files=(\${words[1]})
  typeset -A opt_args
  local -a commands=(
${program.commands.map(({ name: command, help }) => `    ${quote(`${command}:${escaped(help)}`)}`).join('\n')}
  )
  _arguments -C \\
${program.options.map((option) => `    ${optionSpec(option)} \\`).join('\n')}
    '1:command:->command' \\
    '*::argument:->argument'
  case $state in
    command) _describe -t commands command commands ;;
    argument)
      local flag
      for flag in -c -s; do [[ -n \${opt_args[$flag]} ]] && ${name}_files+=($flag \${(Q)\${(Q)opt_args[$flag]}}); done
      case $words[1] in
${program.commands.map((command) => `        ${command.name}) _arguments ${commandSpecs(command).join(' ')} ;;`).join('\n')}
      esac
      ;;
  esac
}
${namesFunction(name)}if [[ \${funcstack[1]} == ${name} ]]; then
  ${name} "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef ${name} ${program.name}
fi
`;
}

function namesFunction(name: string): string {
  return `# Names that the configuration has; the second argument: only after this word.
${name}_names() {
  [[ -n $2 && \${words[CURRENT-1]} != $2 ]] && return 1
  local -a names=(\${(f)"$(\${${name}_files/#\~/$HOME} names $1 2> /dev/null)"})
  compadd -a names
}
`;
}

function commandSpecs({ options = [], arguments: positional = [] }: CommandSpec): readonly string[] {
  return [...[HELP_OPTION, ...options].map(optionSpec), ...positional.map(argumentSpec)];
}

function optionSpec({ flag, metavar, help = '', repeatable, value }: OptionSpec): string {
  const flags = flag.split(', ');
  const exclusive = repeatable ? quote('*') : flags.length > 1 ? quote(`(${flags.join(' ')})`) : '';
  const names =
    flags.length > 1 ? `{${flags.join(',')}}` : `${flag}${metavar !== undefined && flag.startsWith('--') ? '=' : ''}`;
  const action = metavar === undefined ? '' : `:${escaped(metavar)}:${valueAction(value)}`;
  return `${exclusive}${names}${quote(`[${escaped(help)}]${action}`)}`;
}

function argumentSpec({ name, optional, choices, file, names, many }: ArgumentSpec): string {
  const action = choices ? `(${choices.join(' ')})` : file ? '_files' : namesAction(names);
  return quote(`${many ? '*' : optional ? ':' : ''}:${escaped(name)}:${action}`);
}

function namesAction(names: ArgumentSpec['names']): string {
  if (names === undefined) return NOTHING;
  if (typeof names === 'string') return `{_nodepool_names ${names}}`;
  return `{${Object.entries(names)
    .map(([before, kind]) => `_nodepool_names ${kind} ${before}`)
    .join(' || ')}}`;
}

function valueAction(value: OptionSpec['value']): string {
  switch (value?.kind) {
    case 'choice':
      return `(${value.of.join(' ')})`;
    case 'change':
      return `{compadd -S "" -- ${value.of.map((key) => `${key}=`).join(' ')}}`;
    case 'choices':
      return `_values -s , column ${value.of.join(' ')}`;
    case 'file':
      return '_files';
    case 'name':
      return `{_nodepool_names ${value.of}}`;
    case 'seconds':
    case 'whole':
    case undefined:
      return '';
  }
}

/** Colons and brackets have a meaning in descriptions. */
function escaped(text: string): string {
  return text.replaceAll(/[:[\]\\]/g, '\\$&');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
