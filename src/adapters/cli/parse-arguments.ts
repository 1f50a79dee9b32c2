import { Command, CommanderError, Option } from 'commander';
import { nearestWord } from '../../domain/presentation/nearest-word.js';
import { expandAbbreviations } from './abbreviations.js';
import { valueProblem } from './check-value.js';
import {
  firstFlag,
  HELP_OPTION,
  VERSION_OPTION,
  type ArgumentSpec,
  type CommandSpec,
  type OptionSpec,
  type ProgramSpec,
} from './program-spec.js';
import { commandHelp, commandUsage, programHelp, programUsage } from './usage-text.js';

/** What a command line asks for. */
export type ParsedArguments =
  | { readonly kind: 'run'; readonly command: string; readonly options: Values; readonly values: Values }
  /** Print a text (help, version) and exit. */
  | { readonly kind: 'print'; readonly text: string; readonly exitCode: number }
  /** Complain on the error output and exit with 2. */
  | { readonly kind: 'usage'; readonly text: string; readonly exitCode: number };

/** By flag (`-c`, `--upload-id`) or argument name; switches are true, what may be repeated or takes all that is left is a list. */
export type Values = ReadonlyMap<string, string | true | readonly string[]>;

/**
 * Reads a command line as argparse would: options of the program stand before the subcommand, those of the subcommand anywhere
 * after it. Has no effects.
 */
export function parseArguments(program: ProgramSpec, argv: readonly string[], version: string): ParsedArguments {
  const expanded = expandAbbreviations(program, argv);
  const meant = program.commands.find(({ name }) => name === expanded.command);
  const exitCode = meant?.usageStatus ?? 2;
  if (expanded.kind === 'ambiguous') return { kind: 'usage', text: ambiguity(program, expanded), exitCode };
  const { words, trailing } = cutTrailing(expanded.argv, meant);
  let output = '';
  let result: ParsedArguments | undefined;
  const root = prepare(new Command(program.name), program.options, programHelp(program), (text) => (output += text))
    .version(version, '--version')
    .enablePositionalOptions()
    .helpCommand(false)
    .exitOverride((error) => reject(error, programUsage(program), program.name, program, program.options));
  root.action(() => {
    const [command] = root.args;
    if (command === undefined && program.commands.length === 0) {
      result = { kind: 'run', command: program.name, options: programValues(root, program), values: new Map() };
    } else if (program.commands.length === 0) throw unrecognized(program, root.args.join(' '));
    else if (command === undefined) result = { kind: 'print', text: programHelp(program), exitCode: 1 };
    else throw unknownCommand(program, command);
  });
  for (const spec of program.commands) {
    const command = prepare(root.command(spec.name), spec.options ?? [], commandHelp(program, spec), (text) => {
      output += text;
    }).exitOverride((error) =>
      reject(error, commandUsage(program, spec), `${program.name} ${spec.name}`, program, spec.options ?? []),
    );
    for (const { name } of spec.arguments ?? []) command.argument(`[${name}]`);
    command.action(() => {
      const values = commandValues(program, spec, command, trailing);
      result = { kind: 'run', command: spec.name, options: programValues(root, program), values };
    });
  }
  try {
    root.parse([...words], { from: 'user' });
  } catch (error: unknown) {
    if (error instanceof UsageError) return { kind: 'usage', text: error.message, exitCode };
    if (error instanceof CommanderError && error.exitCode === 0) return { kind: 'print', text: output, exitCode: 0 };
    throw error;
  }
  return result ?? { kind: 'print', text: programHelp(program), exitCode: 1 };
}

class UsageError extends Error {}

/** What stands after `--` is nothing that this parser knows, if the command takes such words. */
function cutTrailing(
  argv: readonly string[],
  command: CommandSpec | undefined,
): { readonly words: readonly string[]; readonly trailing: readonly string[] } {
  const cut = command?.trailing ? argv.indexOf('--') : -1;
  return cut < 0 ? { words: argv, trailing: [] } : { words: argv.slice(0, cut), trailing: argv.slice(cut + 1) };
}

type Write = (text: string) => void;

function prepare(command: Command, options: ProgramSpec['options'], help: string, write: Write): Command {
  command.helpOption(HELP_OPTION.flag).helpInformation = () => help;
  // Missing and surplus arguments are told in argparse's words by `commandValues`.
  command.allowExcessArguments(true).configureOutput({ writeOut: write, writeErr: () => undefined });
  for (const spec of options) {
    if (spec !== HELP_OPTION && spec !== VERSION_OPTION) command.addOption(commanderOption(spec));
  }
  return command;
}

function commanderOption(spec: ProgramSpec['options'][number]): Option {
  const option = new Option(spec.metavar === undefined ? spec.flag : `${spec.flag} <${spec.metavar}>`);
  if (!spec.repeatable) return option;
  return option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
}

function optionValues(command: Command, options: ProgramSpec['options']): Values {
  const given = command.opts<Record<string, string | boolean | readonly string[] | undefined>>();
  const values = new Map<string, string | true | readonly string[]>();
  for (const spec of options) {
    const option = commanderOption(spec);
    const value = given[option.attributeName()];
    // Commander reads `--no-x` as a switch `x` that is on unless the flag is given.
    if (option.negate ? value === false : value === true) values.set(spec.flag, true);
    else if (typeof value === 'string' || Array.isArray(value)) values.set(spec.flag, value);
  }
  return values;
}

function programValues(root: Command, program: ProgramSpec): Values {
  const values = optionValues(root, program.options);
  const problem = optionProblem(program.options, values);
  if (problem !== undefined) throw usageError(programUsage(program), program.name, problem);
  return values;
}

function optionProblem(options: readonly OptionSpec[], values: Values): string | undefined {
  for (const option of options) {
    const value = values.get(option.flag) ?? [];
    const given = value === true ? [] : [value].flat();
    const problem = given.map((each) => valueProblem(option, each)).find((each) => each !== undefined);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function commandValues(program: ProgramSpec, spec: CommandSpec, command: Command, trailing: readonly string[]): Values {
  const positional = spec.arguments ?? [];
  const values = new Map([
    ...optionValues(command, spec.options ?? []),
    ...argumentValues(spec, command.args, trailing),
  ]);
  const missing = missingOf(spec, values);
  if (missing.length > 0) {
    const text = `the following arguments are required: ${missing.join(', ')}`;
    throw usageError(commandUsage(program, spec), `${program.name} ${spec.name}`, text);
  }
  const problem = optionProblem(spec.options ?? [], values);
  if (problem !== undefined) throw usageError(commandUsage(program, spec), `${program.name} ${spec.name}`, problem);
  for (const { name, choices } of positional) {
    const value = values.get(name);
    if (!choices || typeof value !== 'string' || choices.includes(value)) continue;
    const allowed = choices.map((choice) => `'${choice}'`).join(', ');
    const text = `argument ${name}: invalid choice: '${value}' (choose from ${allowed})`;
    throw usageError(commandUsage(program, spec), `${program.name} ${spec.name}`, text);
  }
  const surplus = positional.at(-1)?.many ? [] : command.args.slice(positional.length);
  if (surplus.length > 0) throw unrecognized(program, surplus.join(' '));
  return values;
}

function missingOf(
  { options = [], arguments: positional = [], trailing }: CommandSpec,
  values: Values,
): readonly string[] {
  const named = ({ name, metavar }: ArgumentSpec): string => metavar ?? name;
  return [
    ...options.filter(({ flag, required }) => required && !values.has(flag)).map(firstFlag),
    ...positional.filter((argument, index) => isMissing(argument, positional[index - 1], values)).map(named),
    ...(trailing && !values.has(trailing.name) ? [`${named(trailing)} (after --)`] : []),
  ];
}

function isMissing(
  { name, optional, goesWith }: ArgumentSpec,
  before: ArgumentSpec | undefined,
  values: Values,
): boolean {
  if (values.has(name)) return false;
  return goesWith && before ? values.has(before.name) : !optional;
}

function argumentValues(
  { arguments: positional = [], trailing: rest }: CommandSpec,
  words: readonly string[],
  trailing: readonly string[],
): Values {
  const values = new Map<string, string | readonly string[]>();
  positional.forEach(({ name, many }, index) => {
    const value = words[index];
    if (value !== undefined) values.set(name, many ? words.slice(index) : value);
  });
  if (rest && trailing.length > 0) values.set(rest.name, trailing);
  return values;
}

/** Commander's complaints in argparse's words. */
function reject(
  error: CommanderError,
  usage: string,
  name: string,
  program: ProgramSpec,
  options: readonly OptionSpec[],
): never {
  if (error.exitCode === 0) throw error;
  const subject = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  if (error.code === 'commander.unknownOption') throw unrecognized(program, subject, options);
  if (error.code === 'commander.optionMissingArgument') {
    throw usageError(usage, name, `argument ${subject.split(' ')[0] ?? ''}: expected one argument`);
  }
  throw usageError(usage, name, error.message.replace(/^error: /, ''));
}

function unrecognized(program: ProgramSpec, what: string, options: readonly OptionSpec[] = []): UsageError {
  const long = [HELP_OPTION, ...options]
    .flatMap(({ flag }) => flag.split(', '))
    .filter((flag) => flag.startsWith('--'));
  const guess = what.startsWith('--') ? nearestWord(what.split('=', 1)[0] ?? '', long) : undefined;
  return usageError(programUsage(program), program.name, `unrecognized arguments: ${what}`, guess);
}

function unknownCommand(program: ProgramSpec, given: string): UsageError {
  const documented = program.commands.filter(({ additional }) => !additional);
  const choices = documented.map(({ name }) => `'${name}'`).join(', ');
  const problem = `argument command: invalid choice: '${given}' (choose from ${choices})`;
  const names = program.commands.map(({ name }) => name);
  return usageError(programUsage(program), program.name, problem, nearestWord(given, names));
}

function ambiguity(
  program: ProgramSpec,
  { command, problem }: { command: string | undefined; problem: string },
): string {
  const spec = program.commands.find(({ name }) => name === command);
  if (!spec) return usageText(programUsage(program), program.name, problem);
  return usageText(commandUsage(program, spec), `${program.name} ${spec.name}`, problem);
}

/** @param guess what was probably meant: told on a line of its own after what argparse says */
function usageError(usage: string, name: string, problem: string, guess?: string): UsageError {
  return new UsageError(usageText(usage, name, problem, guess));
}

function usageText(usage: string, name: string, problem: string, guess?: string): string {
  const hint = guess === undefined ? '' : `Did you mean ${guess}?\n`;
  return `${usage}\n${name}: error: ${problem}\n${hint}`;
}
