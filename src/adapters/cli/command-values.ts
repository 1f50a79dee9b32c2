/** The values of a command's options and arguments, checked as argparse checks them. */
import { usageError, unrecognized } from './argparse-complaints.js';
import { valueProblem } from './check-value.js';
import type { Values } from './parsed-values.js';
import { firstFlag, type ArgumentSpec, type CommandSpec, type OptionSpec, type ProgramSpec } from './program-spec.js';

interface GivenWords {
  readonly words: readonly string[];
  /** Those after `--`. */
  readonly trailing: readonly string[];
}

/** @throws UsageError */
export function commandValues(program: ProgramSpec, spec: CommandSpec, options: Values, given: GivenWords): Values {
  const values = new Map([...options, ...argumentValues(spec, given)]);
  const problem =
    missingProblem(spec, values) ?? optionProblem(spec.options ?? [], values) ?? choiceProblem(spec, values);
  if (problem !== undefined) throw usageError(program, spec, problem);
  const positional = spec.arguments ?? [];
  const surplus = positional.at(-1)?.many ? [] : given.words.slice(positional.length);
  if (surplus.length > 0) throw unrecognized(program, surplus.join(' '));
  return values;
}

/** The first of the options whose value is not what it must be. */
export function optionProblem(options: readonly OptionSpec[], values: Values): string | undefined {
  for (const option of options) {
    const value = values.get(option.flag) ?? [];
    const given = value === true ? [] : [value].flat();
    const problem = given.map((each) => valueProblem(option, each)).find((each) => each !== undefined);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function argumentValues(
  { arguments: positional = [], trailing: rest }: CommandSpec,
  { words, trailing }: GivenWords,
): Values {
  const values = new Map<string, string | readonly string[]>();
  positional.forEach(({ name, many }, index) => {
    const value = words[index];
    if (value !== undefined) values.set(name, many ? words.slice(index) : value);
  });
  if (rest && trailing.length > 0) values.set(rest.name, trailing);
  return values;
}

function missingProblem(
  { options = [], arguments: positional = [], trailing }: CommandSpec,
  values: Values,
): string | undefined {
  const named = ({ name, metavar }: ArgumentSpec): string => metavar ?? name;
  const missing = [
    ...options.filter(({ flag, required }) => required && !values.has(flag)).map(firstFlag),
    ...positional.filter((argument, index) => isMissing(argument, positional[index - 1], values)).map(named),
    ...(trailing && !values.has(trailing.name) ? [`${named(trailing)} (after --)`] : []),
  ];
  return missing.length === 0 ? undefined : `the following arguments are required: ${missing.join(', ')}`;
}

function isMissing(
  { name, optional, goesWith }: ArgumentSpec,
  before: ArgumentSpec | undefined,
  values: Values,
): boolean {
  if (values.has(name)) return false;
  return goesWith && before ? values.has(before.name) : !optional;
}

function choiceProblem({ arguments: positional = [] }: CommandSpec, values: Values): string | undefined {
  for (const { name, choices } of positional) {
    const value = values.get(name);
    if (!choices || typeof value !== 'string' || choices.includes(value)) continue;
    const allowed = choices.map((choice) => `'${choice}'`).join(', ');
    return `argument ${name}: invalid choice: '${value}' (choose from ${allowed})`;
  }
  return undefined;
}
