import { readChange } from '../../domain/decide/what-if.js';
import type { OptionSpec, ValueSpec } from './program-spec.js';

/** What is wrong with the value of an option, in argparse's words; undefined if nothing is. */
export function valueProblem({ flag, value: spec }: OptionSpec, value: string): string | undefined {
  if (!spec) return undefined;
  switch (spec.kind) {
    case 'file':
    case 'name':
      return undefined;
    case 'seconds':
      return isSeconds(value) ? undefined : `argument ${flag}: invalid number of seconds: '${value}'`;
    case 'whole':
      return wholeProblem(flag, spec, value);
    case 'change': {
      const read = readChange(value);
      return 'problem' in read ? `argument ${flag}: ${read.problem}` : undefined;
    }
    case 'choice':
      return choiceProblem(flag, spec, [value]);
    case 'choices':
      return choiceProblem(flag, spec, splitChoices(value));
  }
}

/** `A, b` and `a,B` are the same: people write column names as they look. */
export function splitChoices(value: string): readonly string[] {
  return value.split(',').map((part) => part.trim());
}

/** The choice that was meant: `Server-ID` means `server_id`, and so does a heading that is written above it. */
export function choiceMeant(
  of: readonly string[],
  given: string,
  headings: readonly string[] = [],
): string | undefined {
  const like = (word: string): boolean => folded(word) === folded(given);
  return of.find((choice) => choice === given) ?? of.find(like) ?? of[headings.findIndex(like)];
}

function folded(text: string): string {
  return text.toLowerCase().replaceAll(/[- ]/g, '_');
}

interface Choices {
  readonly of: readonly string[];
  readonly headings?: readonly string[];
}

function choiceProblem(flag: string, { of, headings }: Choices, given: readonly string[]): string | undefined {
  const wrong = given.find((each) => choiceMeant(of, each, headings) === undefined);
  if (wrong === undefined) return undefined;
  return `argument ${flag}: invalid choice: '${wrong}' (choose from ${of.map((choice) => `'${choice}'`).join(', ')})`;
}

function wholeProblem(
  flag: string,
  { least, most }: Extract<ValueSpec, { readonly kind: 'whole' }>,
  value: string,
): string | undefined {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
  if (number >= least && number <= most) return undefined;
  const range = most === Infinity ? `${least} or more` : `${least} to ${most}`;
  return `argument ${flag}: invalid whole number: '${value}' (${range})`;
}

export function isSeconds(value: string): boolean {
  return /^\d+(\.\d*)?$|^\.\d+$/.test(value);
}
