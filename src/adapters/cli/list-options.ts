import type { Listing } from '../../domain/presentation/listing.js';
import type { OptionSpec } from './program-spec.js';

export const FORMATS = ['table', 'json', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** What can be said about a list beyond the original. @param listing has all columns that can be asked for */
export function listOptions<Row>(listing: Listing<Row>): readonly OptionSpec[] {
  const columns: OptionSpec = {
    flag: '--columns',
    metavar: 'COLUMNS',
    help: 'what to show, in this order, with commas between: by heading, or by the keys that --format json has',
    additional: true,
    value: { kind: 'choices', of: listing.map(({ key }) => key), headings: listing.map(({ title }) => title) },
  };
  return [formatOption(FORMATS), columns];
}

export function formatOption(of: readonly Format[]): OptionSpec {
  const help = `${of.slice(0, -1).join(', ')} or ${of.at(-1) ?? ''} (default: table)`;
  return { flag: '--format', metavar: 'FORMAT', help, additional: true, value: { kind: 'choice', of } };
}

/** What can be said about an order that takes its time. */
export function waitOptions(what: string): readonly OptionSpec[] {
  return [
    { flag: '--wait', help: `stay until ${what}; a failure is exit status 1`, additional: true },
    {
      flag: '--timeout',
      metavar: 'SECONDS',
      help: 'with --wait: give up after this long, with exit status 1 (default: never)',
      additional: true,
      value: { kind: 'seconds' },
    },
  ];
}
