import {
  HELP_OPTION,
  type ArgumentSpec,
  type CommandSpec,
  type OptionSpec,
  type ProgramSpec,
} from '../program-spec.js';

/** Needs nothing but bash 4: the package bash-completion may be missing. */
export function bashCompletion(program: ProgramSpec): string {
  const name = `_${program.name}`;
  return `# Completion of ${program.name} for bash: eval "$(${program.name} completion bash)"
${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" word command=
  local -i index position=0
  COMPREPLY=()
  # bash takes --option=value apart into three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous="\${COMP_WORDS[COMP_CWORD - 2]}"
  fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$command:$word" in
      ${valueFlags(program).join(' | ')})
        index+=1
        [[ \${COMP_WORDS[index]:-} == = ]] && index+=1
        ;;
      *:-* | *:=) ;;
      :*) command=$word ;;
      *) position+=1 ;;
    esac
  done
  case "$command:$previous" in
${indent(valueCases(program))}
  esac
  if [[ $current == -* ]]; then
    case "$command" in
${indent(optionCases(program))}
    esac
    return
  fi
  case "$command:$position" in
${indent(argumentCases(program))}
  esac
}
${name}_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}
# Words with commas between them.
${name}_list() {
  local done=
  [[ $2 == *,* ]] && done="\${2%,*},"
  mapfile -t COMPREPLY < <(compgen -P "$done" -W "$1" -- "\${2##*,}")
  compopt -o nospace 2> /dev/null
}
${name}_files() {
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
  compopt -o filenames 2> /dev/null
}
complete -F ${name} ${program.name}
`;
}

/** `command:--flag` of each option that has a value; options of the program have no command. */
function valueFlags(program: ProgramSpec): readonly string[] {
  return owners(program).flatMap(({ command, options }) =>
    options.filter(({ metavar }) => metavar !== undefined).map(({ flag }) => `${command}:${flag}`),
  );
}

function valueCases(program: ProgramSpec): readonly string[] {
  const name = `_${program.name}`;
  return owners(program).flatMap(({ command, options }) =>
    options
      .filter(({ metavar }) => metavar !== undefined)
      .map((option) => `${command}:${option.flag}) ${valueAction(name, option)}return ;;`),
  );
}

function valueAction(name: string, { value }: OptionSpec): string {
  switch (value?.kind) {
    case 'choice':
      return `${name}_words '${value.of.join(' ')}' "$current"; `;
    case 'choices':
      return `${name}_list '${value.of.join(' ')}' "$current"; `;
    case 'file':
      return `${name}_files "$current"; `;
    case 'seconds':
    case 'whole':
    case undefined:
      return '';
  }
}

function optionCases(program: ProgramSpec): readonly string[] {
  return owners(program).map(({ command, options }) => {
    const flags = options.flatMap(({ flag }) => flag.split(', '));
    return `${command === '' ? "''" : command}) _${program.name}_words '${flags.join(' ')}' "$current" ;;`;
  });
}

function argumentCases(program: ProgramSpec): readonly string[] {
  const names = program.commands.map(({ name }) => name).join(' ');
  return [
    `:*) _${program.name}_words '${names}' "$current" ;;`,
    ...program.commands.flatMap((command) =>
      (command.arguments ?? []).flatMap((argument, index) => argumentCase(program, command, argument, index)),
    ),
  ];
}

function argumentCase(
  program: ProgramSpec,
  command: CommandSpec,
  { choices, file }: ArgumentSpec,
  index: number,
): readonly string[] {
  const start = `${command.name}:${index}) _${program.name}`;
  if (choices) return [`${start}_words '${choices.join(' ')}' "$current" ;;`];
  return file ? [`${start}_files "$current" ;;`] : [];
}

function owners(
  program: ProgramSpec,
): readonly { readonly command: string; readonly options: readonly OptionSpec[] }[] {
  return [
    { command: '', options: program.options },
    ...program.commands.map(({ name, options }) => ({ command: name, options: [HELP_OPTION, ...(options ?? [])] })),
  ];
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}`).join('\n');
}
