/**
 * Usage and help in the layout of Python's argparse at 80 columns: operators' scripts and habits know it
 * (OPERATION "Command Line Tools").
 */
import {
  firstFlag,
  HELP_OPTION,
  type ArgumentSpec,
  type CommandSpec,
  type OptionSpec,
  type ProgramSpec,
} from './program-spec.js';
import { wrapWords } from './wrap-words.js';

const WIDTH = 78;
/** Help texts begin here at the latest. */
const HELP_COLUMN = 24;

export function programUsage(program: ProgramSpec): string {
  const commands = program.commands.length === 0 ? [] : [commandChoice(program), '...'];
  return usage(program.name, documentedOptions(program).map(optionUsage), commands);
}

export function commandUsage(program: ProgramSpec, command: CommandSpec): string {
  const options = [HELP_OPTION, ...documentedOptions(command)];
  return usage(`${program.name} ${command.name}`, options.map(optionUsage), [
    ...(command.arguments ?? []).map((argument) => bracketed(argumentUsage(argument), argument)),
    ...trailingUsage(command),
  ]);
}

export function programHelp(program: ProgramSpec): string {
  const options = section('options', documentedOptions(program).map(optionEntry));
  const parts = [...options, ...commandList(program), ...additionalOptions(program)];
  return [programUsage(program), '', program.description, '', ...parts, ''].join('\n');
}

export function commandHelp(program: ProgramSpec, command: CommandSpec): string {
  const options = [HELP_OPTION, ...documentedOptions(command)].map(optionEntry);
  const { trailing } = command;
  const positional = [...(command.arguments ?? []), ...(trailing ? [trailing] : [])].map((argument) => ({
    term: argument.choices ? argumentUsage(argument) : (argument.metavar ?? argument.name),
    help: argument.help,
  }));
  const column = helpColumn([...positional, ...options]);
  const sections = [
    ...(positional.length === 0 ? [] : [...section('positional arguments', positional, column), '']),
    ...section('options', options, column),
    ...additionalOptions(command),
  ];
  return [commandUsage(program, command), '', ...sections, ''].join('\n');
}

interface Entry {
  readonly term: string;
  readonly help: string;
}

function documentedOptions({ options = [] }: { readonly options?: readonly OptionSpec[] }): readonly OptionSpec[] {
  return options.filter((option) => option.additional !== true);
}

function additionalOptions({ options = [] }: { readonly options?: readonly OptionSpec[] }): readonly string[] {
  const additional = options.filter((option) => option.additional);
  return additional.length === 0 ? [] : ['', ...section('additional options', additional.map(optionEntry))];
}

function usage(name: string, options: readonly string[], positional: readonly string[]): string {
  const start = `usage: ${name}`;
  const whole = [start, ...options, ...positional].join(' ');
  if (whole.length <= WIDTH) return whole;
  const indent = ' '.repeat(start.length + 1);
  return [...fill(start, options, indent), ...fill(indent.trimEnd(), positional, indent)].join('\n');
}

/** Lines of parts that are never broken; the first line begins with `start`, the others with `indent`. */
function fill(start: string, parts: readonly string[], indent: string): readonly string[] {
  const lines: string[] = [];
  let line = start;
  for (const part of parts) {
    const next = line === '' ? indent + part : `${line} ${part}`;
    if (next.length > WIDTH && line !== '' && line !== start) {
      lines.push(line);
      line = indent + part;
    } else {
      line = next;
    }
  }
  return line === '' ? lines : [...lines, line];
}

function commandChoice({ commands }: ProgramSpec): string {
  return `{${commands
    .filter(({ additional }) => !additional)
    .map(({ name }) => name)
    .join(',')}}`;
}

function optionUsage(option: OptionSpec): string {
  const flag = firstFlag(option);
  const whole = option.metavar === undefined ? flag : `${flag} ${option.metavar}`;
  return option.required ? whole : `[${whole}]`;
}

function argumentUsage(argument: ArgumentSpec): string {
  const name = argument.metavar ?? argument.name;
  if (argument.choices) return `{${argument.choices.join(',')}}`;
  if (argument.many) return `${name} [${name} ...]`;
  return argument.optional ? `[${name}]` : name;
}

/** Of what may be left out. */
function bracketed(usage: string, { choices, optional }: ArgumentSpec): string {
  return choices && optional ? `[${usage}]` : usage;
}

function trailingUsage({ trailing }: CommandSpec): readonly string[] {
  return trailing ? [`-- ${trailing.metavar ?? trailing.name} ...`] : [];
}

function optionEntry({ flag, metavar, help = '' }: OptionSpec): Entry {
  return { term: metavar === undefined ? flag : `${flag} ${metavar}`, help };
}

function commandList(program: ProgramSpec): readonly string[] {
  if (program.commands.length === 0) return [];
  return [
    '',
    'commands:',
    '  valid commands',
    '',
    ...entry({ term: commandChoice(program), help: 'additional help' }, 2, HELP_COLUMN),
    ...commandEntries(program.commands.filter(({ additional }) => !additional)),
    ...additionalCommands(program),
  ];
}

function additionalCommands({ commands }: ProgramSpec): readonly string[] {
  const additional = commands.filter((command) => command.additional);
  return additional.length === 0 ? [] : ['', 'additional commands:', ...commandEntries(additional)];
}

function commandEntries(commands: readonly CommandSpec[]): readonly string[] {
  return commands.flatMap(({ name, help }) => entry({ term: name, help }, 4, HELP_COLUMN));
}

function section(title: string, entries: readonly Entry[], column = HELP_COLUMN): readonly string[] {
  return [`${title}:`, ...entries.flatMap((each) => entry(each, 2, column))];
}

function helpColumn(entries: readonly Entry[]): number {
  return Math.min(HELP_COLUMN, Math.max(...entries.map(({ term }) => term.length + 4)));
}

function entry({ term, help }: Entry, indent: number, column: number): readonly string[] {
  const head = ' '.repeat(indent) + term;
  const [first, ...rest] = wrapWords(help, WIDTH - column);
  if (first === undefined) return [head];
  const below = [first, ...rest].map((line) => ' '.repeat(column) + line);
  if (head.length > column - 2) return [head, ...below];
  return [head.padEnd(column) + first, ...below.slice(1)];
}
