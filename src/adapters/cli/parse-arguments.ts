import { Command, CommanderError, Option } from 'commander';
import { expandAbbreviations } from './abbreviations.js';
import { complaintOf, unknownCommand, unrecognized, usageError, UsageError } from './argparse-complaints.js';
import { commandValues, optionProblem } from './command-values.js';
import type { Values } from './parsed-values.js';
import { HELP_OPTION, VERSION_OPTION, type CommandSpec, type OptionSpec, type ProgramSpec } from './program-spec.js';
import { commandHelp, programHelp } from './usage-text.js';

/** What a command line asks for. */
export type ParsedArguments =
  | RequestedRun
  /** Print a text (help, version) and exit. */
  | { readonly kind: 'print'; readonly text: string; readonly exitCode: number }
  /** Complain on the error output and exit with 2. */
  | { readonly kind: 'usage'; readonly text: string; readonly exitCode: number };

/** `options` stood before the command, `values` are the command's own. */
export interface RequestedRun {
  readonly kind: 'run';
  readonly command: string;
  readonly options: Values;
  readonly values: Values;
}

/**
 * Reads a command line as argparse would: options of the program stand before the subcommand, those of the subcommand anywhere
 * after it. Has no effects.
 */
export function parseArguments(program: ProgramSpec, argv: readonly string[], version: string): ParsedArguments {
  const expanded = expandAbbreviations(program, argv);
  const meant = program.commands.find(({ name }) => name === expanded.command);
  try {
    if (expanded.kind === 'ambiguous') throw usageError(program, meant, expanded.problem);
    const { words, trailing } = cutTrailing(expanded.argv, meant);
    return new CommanderRun(program, version, trailing).parse(words);
  } catch (error: unknown) {
    if (!(error instanceof UsageError)) throw error;
    return { kind: 'usage', text: error.message, exitCode: meant?.usageStatus ?? 2 };
  }
}

/** What stands after `--` is nothing that this parser knows, if the command takes such words. */
function cutTrailing(
  argv: readonly string[],
  command: CommandSpec | undefined,
): { readonly words: readonly string[]; readonly trailing: readonly string[] } {
  const cut = command?.trailing ? argv.indexOf('--') : -1;
  return cut < 0 ? { words: argv, trailing: [] } : { words: argv.slice(0, cut), trailing: argv.slice(cut + 1) };
}

/** A program's description as commander takes it, for one command line. */
class CommanderRun {
  private output = '';
  private result: ParsedArguments | undefined;
  private readonly root: Command;

  /** @param trailing the words after `--` that somebody else will read */
  constructor(
    private readonly program: ProgramSpec,
    version: string,
    private readonly trailing: readonly string[],
  ) {
    this.root = this.prepare(new Command(program.name), program.options, programHelp(program))
      .version(version, '--version')
      .enablePositionalOptions()
      .helpCommand(false)
      .action(() => this.withoutCommand());
    for (const spec of program.commands) this.addCommand(spec);
  }

  /** @throws UsageError */
  parse(words: readonly string[]): ParsedArguments {
    try {
      this.root.parse([...words], { from: 'user' });
    } catch (error: unknown) {
      if (error instanceof CommanderError && error.exitCode === 0) {
        return { kind: 'print', text: this.output, exitCode: 0 };
      }
      throw error;
    }
    return this.result ?? { kind: 'print', text: programHelp(this.program), exitCode: 1 };
  }

  private addCommand(spec: CommandSpec): void {
    const { program } = this;
    const command = this.prepare(this.root.command(spec.name), spec.options ?? [], commandHelp(program, spec), spec);
    for (const { name } of spec.arguments ?? []) command.argument(`[${name}]`);
    command.action(() => {
      const given = optionValues(command, spec.options ?? []);
      const values = commandValues(program, spec, given, { words: command.args, trailing: this.trailing });
      this.result = { kind: 'run', command: spec.name, options: this.programValues(), values };
    });
  }

  private prepare(command: Command, options: readonly OptionSpec[], help: string, spec?: CommandSpec): Command {
    command.helpOption(HELP_OPTION.flag).helpInformation = () => help;
    // Missing and surplus arguments are told in argparse's words by `commandValues`.
    command
      .allowExcessArguments(true)
      .configureOutput({ writeOut: (text) => (this.output += text), writeErr: () => undefined })
      .exitOverride((error) => {
        throw error.exitCode === 0 ? error : complaintOf(error, this.program, spec);
      });
    for (const option of options) {
      if (option !== HELP_OPTION && option !== VERSION_OPTION) command.addOption(commanderOption(option));
    }
    return command;
  }

  /** None of the program's commands was named: a program may have none. */
  private withoutCommand(): void {
    const { program, root } = this;
    const [given] = root.args;
    const simple = program.commands.length === 0;
    if (given !== undefined) throw simple ? unrecognized(program, root.args.join(' ')) : unknownCommand(program, given);
    this.result = simple
      ? { kind: 'run', command: program.name, options: this.programValues(), values: new Map() }
      : { kind: 'print', text: programHelp(program), exitCode: 1 };
  }

  private programValues(): Values {
    const { options } = this.program;
    const values = optionValues(this.root, options);
    const problem = optionProblem(options, values);
    if (problem !== undefined) throw usageError(this.program, undefined, problem);
    return values;
  }
}

function commanderOption(spec: OptionSpec): Option {
  const option = new Option(spec.metavar === undefined ? spec.flag : `${spec.flag} <${spec.metavar}>`);
  if (!spec.repeatable) return option;
  return option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
}

function optionValues(command: Command, options: readonly OptionSpec[]): Values {
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
