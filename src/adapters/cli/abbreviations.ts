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
    const name = word.split('=', 1)[0] ?? '';
    const found = word.startsWith('--') ? meant(options, name) : [name];
    if (found.length > 1) {
      return { kind: 'ambiguous', command, problem: `ambiguous option: ${name} could match ${found.join(', ')}` };
    }
    const flag = found[0] ?? name;
    words.push(flag + word.slice(name.length));
    const option = options.find((candidate) => candidate.flag === flag);
    // The next word is the option's value, whatever it looks like.
    if (option?.metavar !== undefined && !word.includes('=')) {
      index += 1;
      words.push(...argv.slice(index, index + 1));
    } else if (!word.startsWith('-') && command === undefined) {
      command = word;
      options = [HELP_OPTION, ...(program.commands.find(({ name: known }) => known === word)?.options ?? [])];
    }
  }
  return { kind: 'expanded', argv: words, command };
}

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
