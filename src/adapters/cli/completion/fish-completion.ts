import type { ArgumentSpec, OptionSpec, ProgramSpec } from '../program-spec.js';
import { optionOwners, valueFlags } from './option-owners.js';

/** Works both when it is sourced and as a file `nodepool.fish` in a folder of completions. */
export function fishCompletion(program: ProgramSpec): string {
  const { name } = program;
  return `# Completion of ${name} for fish: ${name} completion fish | source
${wordsFunction(program)}${positionFunction(name)}${valueFunctions(name)}complete -c ${name} -e
complete -c ${name} -f
${completions(program).join('\n')}
`;
}

function wordsFunction(program: ProgramSpec): string {
  const { name } = program;
  return `# The subcommand and its arguments before the cursor, one a line. With an argument: the files of the configuration instead.
function __${name}_words
    set -l words (commandline -opc)
    set -l command ''
    set -l index 2
    while test $index -le (count $words)
        set -l word $words[$index]
        if contains -- "$command:$word" ${valueFlags(program).join(' ')}
            set index (math $index + 1)
            if set -q argv[1]; and contains -- $word -c -s
                printf "%s\\n" $word $words[$index]
            end
        else if not string match -q -- '-*' $word
            test -z "$command"; and set command $word
            set -q argv[1]; or printf "%s\\n" $word
        end
        set index (math $index + 1)
    end
end
`;
}

function positionFunction(name: string): string {
  return `# Is it the turn of this subcommand's argument, by its number? Without a number: of its options. The third: only after this word.
function __${name}_at
    set -l words (__${name}_words)
    test "$argv[1]" = "$words[1]"; or return 1
    test (count $argv) -lt 2; and return 0
    test (count $words) -eq (math $argv[2] + 1); or return 1
    test (count $argv) -lt 3; or test "$argv[3]" = "$words[-1]"
end
`;
}

function valueFunctions(name: string): string {
  return `# Words with commas between them.
function __${name}_list
    set -l done (string match -r -- '^(?:--[^=]*=)?(.*,)' (commandline -ct))[2]
    printf "%s\\n" $done$argv
end
# Names that the configuration has.
function __${name}_names
    set -l words (commandline -opc)
    eval (string escape -- $words[1] | string replace -r '^\\\\~' '~') (string escape -- (__${name}_words files)) names $argv[1] 2>/dev/null
end
`;
}

/** Commands, then options, then arguments. */
function completions(program: ProgramSpec): readonly string[] {
  const { name, commands } = program;
  return [
    ...commands.map(
      (command) => `complete -c ${name} -n '__${name}_at ""' -a ${command.name} -d ${quote(command.help)}`,
    ),
    ...optionOwners(program).flatMap(({ command, options }) =>
      options.map((option) => optionLine(name, command, option)),
    ),
    ...commands.flatMap((command) =>
      (command.arguments ?? []).flatMap((argument, index) => argumentLines(name, command.name, argument, index)),
    ),
  ];
}

function optionLine(program: string, command: string, option: OptionSpec): string {
  const flags = option.flag
    .split(', ')
    .map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const condition = command === '' ? `'__${program}_at ""'` : `'__${program}_at ${command}'`;
  const description = option.help === undefined ? '' : ` -d ${quote(option.help)}`;
  return `complete -c ${program} -n ${condition} ${flags.join(' ')}${valueOf(program, option)}${description}`;
}

function valueOf(program: string, { metavar, value }: OptionSpec): string {
  if (metavar === undefined) return '';
  switch (value?.kind) {
    case 'file':
      return ' -r -F';
    case 'choice':
      return ` -x -a '${value.of.join(' ')}'`;
    case 'change':
      return ` -x -a '${value.of.map((key) => `${key}=`).join(' ')}'`;
    case 'choices':
      return ` -x -a '(__${program}_list ${value.of.join(' ')})'`;
    case 'name':
      return ` -x -a '(__${program}_names ${value.of})'`;
    case 'seconds':
    case 'whole':
    case undefined:
      return ' -x';
  }
}

function argumentLines(
  program: string,
  command: string,
  { choices, file, names, many }: ArgumentSpec,
  index: number,
): readonly string[] {
  const line = (action: string, before = ''): string =>
    `complete -c ${program} -n '__${program}_at ${command}${many ? '' : ` ${index}`}${before}' ${action}`;
  if (choices) return [line(`-a '${choices.join(' ')}'`)];
  if (file) return [line('-F')];
  if (names === undefined) return [];
  if (typeof names === 'string') return [line(`-a '(__${program}_names ${names})'`)];
  return Object.entries(names).map(([before, kind]) => line(`-a '(__${program}_names ${kind})'`, ` ${before}`));
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}
