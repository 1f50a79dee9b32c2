/** What is wrong with a command line, in the words of Python's argparse: operators' scripts and habits know them. */
import type { CommanderError } from 'commander';
import { nearestWord } from '../../domain/presentation/nearest-word.js';
import { HELP_OPTION, type CommandSpec, type OptionSpec, type ProgramSpec } from './program-spec.js';
import { commandUsage, programUsage } from './usage-text.js';

/** The message is all that is to be printed: the usage, the problem and a guess. */
export class UsageError extends Error {}

/**
 * @param command whose usage is shown; undefined for the program's
 * @param guess what was probably meant: told on a line of its own after what argparse says
 */
export function usageError(
  program: ProgramSpec,
  command: CommandSpec | undefined,
  problem: string,
  guess?: string,
): UsageError {
  const usage = command ? commandUsage(program, command) : programUsage(program);
  const name = command ? `${program.name} ${command.name}` : program.name;
  const hint = guess === undefined ? '' : `Did you mean ${guess}?\n`;
  return new UsageError(`${usage}\n${name}: error: ${problem}\n${hint}`);
}

/** @param options those that could be meant, beside `--help` */
export function unrecognized(program: ProgramSpec, what: string, options: readonly OptionSpec[] = []): UsageError {
  const long = [HELP_OPTION, ...options]
    .flatMap(({ flag }) => flag.split(', '))
    .filter((flag) => flag.startsWith('--'));
  const guess = what.startsWith('--') ? nearestWord(what.split('=', 1)[0] ?? '', long) : undefined;
  return usageError(program, undefined, `unrecognized arguments: ${what}`, guess);
}

export function unknownCommand(program: ProgramSpec, given: string): UsageError {
  const documented = program.commands.filter(({ additional }) => !additional);
  const choices = documented.map(({ name }) => `'${name}'`).join(', ');
  const problem = `argument command: invalid choice: '${given}' (choose from ${choices})`;
  const names = program.commands.map(({ name }) => name);
  return usageError(program, undefined, problem, nearestWord(given, names));
}

/** Commander's complaint about the options of a command, or of the program. */
export function complaintOf(error: CommanderError, program: ProgramSpec, command?: CommandSpec): UsageError {
  const subject = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  if (error.code === 'commander.unknownOption') {
    return unrecognized(program, subject, command ? command.options : program.options);
  }
  if (error.code === 'commander.optionMissingArgument') {
    return usageError(program, command, `argument ${subject.split(' ')[0] ?? ''}: expected one argument`);
  }
  return usageError(program, command, error.message.replace(/^error: /, ''));
}
