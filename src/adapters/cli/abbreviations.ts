/** Long options may be cut short as far as they stay unique, as argparse allows (`--det` for `--detail`). */
import { HELP_OPTION, type OptionSpec, type ProgramSpec } from './program-spec.js';

export type Expanded =
  | { readonly kind: 'expanded'; readonly argv: readonly string[]; readonly command: string | undefined }
  /** `command`: whose options could be meant, undefined for the program's. */
  | { readonly kind: 'ambiguous'; readonly command: string | undefined; readonly problem: string };

/**
 * Writes abbreviated options out. Options of the original come first: one of ours never makes an abbreviation ambiguous that was good
 * before. What is no option or no abbreviation stays as it is.
 */
export function expandAbbreviations(program: ProgramSpec, argv: readonly string[]): Expanded {
  const words: string[] = [];
  let options = program.options;
  let command: string | undefined;
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') return { kind: 'expanded', argv: [...words, ...argv.slice(index)], command };
    const name = nameIn(word);
    const [flag = name, ...others] = word.startsWith('--') ? meant(options, name) : [];
    if (others.length > 0) return { kind: 'ambiguous', command, problem: ambiguity(name, [flag, ...others]) };
    words.push(flag + word.slice(name.length));
    if (word === name && takesValue(options, flag)) {
      // The next word is the option's value, whatever it looks like.
      index += 1;
      words.push(...argv.slice(index, index + 1));
    } else if (command === undefined && !word.startsWith('-')) {
      command = word;
      options = optionsOf(program, command);
    }
  }
  return { kind: 'expanded', argv: words, command };
}

/** `--flag` of `--flag=value`. */
function nameIn(word: string): string {
  return word.split('=', 1)[0] ?? '';
}

function ambiguity(name: string, flags: readonly string[]): string {
  return `ambiguous option: ${name} could match ${flags.join(', ')}`;
}

function takesValue(options: readonly OptionSpec[], flag: string): boolean {
  return options.find((option) => option.flag === flag)?.metavar !== undefined;
}

function optionsOf(program: ProgramSpec, command: string): readonly OptionSpec[] {
  return [HELP_OPTION, ...(program.commands.find(({ name }) => name === command)?.options ?? [])];
}

/** The long options that a word may stand for. */
function meant(options: readonly OptionSpec[], given: string): readonly string[] {
  const flags = (which: readonly OptionSpec[]): readonly string[] =>
    which.flatMap(({ flag }) => flag.split(', ')).filter((flag) => flag.startsWith('--'));
  if (flags(options).includes(given)) return [given];
  if (given.length < 3) return [];
  for (const additional of [false, true]) {
    const matching = flags(options.filter((option) => (option.additional ?? false) === additional));
    const found = matching.filter((flag) => flag.startsWith(given));
    if (found.length > 0) return found;
  }
  return [];
}
