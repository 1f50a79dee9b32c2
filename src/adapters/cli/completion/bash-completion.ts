import type { ArgumentSpec, CommandSpec, OptionSpec, ProgramSpec } from '../program-spec.js';
import { optionOwners, valueFlags } from './option-owners.js';

/** Needs nothing but bash 4: the package bash-completion may be missing. */
export function bashCompletion(program: ProgramSpec): string {
  const name = `_${program.name}`;
  return `# Completion of ${program.name} for bash: eval "$(${program.name} completion bash)"
${name}() {
${READ_CURRENT}${readWords(program)}${choose(program)}}
${wordHelpers(name)}${nameHelpers(name)}complete -F ${name} ${program.name}
`;
}

const READ_CURRENT = `  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" word command= argument=
  local -i index position=0
  local -a files=()
  COMPREPLY=()
  # bash takes --option=value apart into three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous="\${COMP_WORDS[COMP_CWORD - 2]}"
  fi
`;

/** Finds the command, its arguments so far and the files that the program's options name. */
function readWords(program: ProgramSpec): string {
  return `  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$command:$word" in
      ${valueFlags(program).join(' | ')})
        index+=1
        [[ \${COMP_WORDS[index]:-} == = ]] && index+=1
        [[ $word == -[cs] ]] && files+=("$word" "\${COMP_WORDS[index]:-}")
        ;;
      *:-* | *:=) ;;
      :*) command=$word ;;
      *)
        position+=1
        argument=$word
        ;;
    esac
  done
`;
}

/** The value of the option before the cursor, else an option, else an argument. */
function choose(program: ProgramSpec): string {
  return `  case "$command:$previous" in
${indent(valueCases(program))}
  esac
  if [[ $current == -* ]]; then
    case "$command" in
${indent(optionCases(program))}
    esac
    return
  fi
  case "$command:$position:$argument" in
${indent(argumentCases(program))}
  esac
`;
}

function wordHelpers(name: string): string {
  return `${name}_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}
# Words with commas between them.
${name}_list() {
  local done=
  [[ $2 == *,* ]] && done="\${2%,*},"
  mapfile -t COMPREPLY < <(compgen -P "$done" -W "$1" -- "\${2##*,}")
  compopt -o nospace 2> /dev/null
}
# Words to which something is added.
${name}_keys() {
  ${name}_words "$1" "$2"
  compopt -o nospace 2> /dev/null
}
`;
}

function nameHelpers(name: string): string {
  return `# Names that the configuration has.
${name}_names() {
  local -a names
  mapfile -t names < <("\${COMP_WORDS[0]/#\~/$HOME}" "\${files[@]/#\~/$HOME}" names "$1" 2> /dev/null)
  local name
  for name in "\${names[@]}"; do
    [[ $name == "$2"* ]] && COMPREPLY+=("$(printf '%q' "$name")")
  done
}
${name}_files() {
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
  compopt -o filenames 2> /dev/null
}
`;
}

function valueCases(program: ProgramSpec): readonly string[] {
  const name = `_${program.name}`;
  return optionOwners(program).flatMap(({ command, options }) =>
    options
      .filter(({ metavar }) => metavar !== undefined)
      .map((option) => `${command}:${option.flag}) ${valueAction(name, option)}return ;;`),
  );
}

function valueAction(name: string, { value }: OptionSpec): string {
  switch (value?.kind) {
    case 'choice':
      return `${name}_words '${value.of.join(' ')}' "$current"; `;
    case 'change':
      return `${name}_keys '${value.of.map((key) => `${key}=`).join(' ')}' "$current"; `;
    case 'choices':
      return `${name}_list '${value.of.join(' ')}' "$current"; `;
    case 'file':
      return `${name}_files "$current"; `;
    case 'name':
      return `${name}_names ${value.of} "$current"; `;
    case 'seconds':
    case 'whole':
    case undefined:
      return '';
  }
}

function optionCases(program: ProgramSpec): readonly string[] {
  return optionOwners(program).map(({ command, options }) => {
    const flags = options.flatMap(({ flag }) => flag.split(', '));
    return `${command === '' ? "''" : command}) _${program.name}_words '${flags.join(' ')}' "$current" ;;`;
  });
}

function argumentCases(program: ProgramSpec): readonly string[] {
  const names = program.commands.map(({ name }) => name).join(' ');
  return [
    `:*:*) _${program.name}_words '${names}' "$current" ;;`,
    ...program.commands.flatMap((command) =>
      (command.arguments ?? []).flatMap((argument, index) => argumentCase(program, command, argument, index)),
    ),
  ];
}

function argumentCase(
  program: ProgramSpec,
  command: CommandSpec,
  { choices, file, names, many }: ArgumentSpec,
  index: number,
): readonly string[] {
  const start = `${command.name}:${many ? '*' : index}:*) _${program.name}`;
  if (typeof names === 'string') return [`${start}_names ${names} "$current" ;;`];
  if (names) {
    return Object.entries(names).map(
      ([before, kind]) => `${command.name}:${index}:${before}) _${program.name}_names ${kind} "$current" ;;`,
    );
  }
  if (choices) return [`${start}_words '${choices.join(' ')}' "$current" ;;`];
  return file ? [`${start}_files "$current" ;;`] : [];
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}`).join('\n');
}
