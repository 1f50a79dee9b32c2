import {
  listingCsv,
  listingJson,
  listingTable,
  selectColumns,
  type Listing,
} from '../../domain/presentation/listing.js';
import { choiceMeant, splitChoices } from './check-value.js';
import { paintStates } from './colours.js';
import type { Format } from './list-options.js';
import type { SubcommandContext } from './subcommand.js';

type ListContext = Pick<SubcommandContext, 'optional' | 'print' | 'now' | 'colours'>;

/** The parser lets nothing else through. */
export function formatOf({ optional }: Pick<ListContext, 'optional'>): Format {
  return (optional('--format') ?? 'table') as Format;
}

/**
 * Prints a list as the options ask for it.
 * @param usual the columns when none are named
 * @param all those that can be named
 */
export function printList<Row>(
  context: ListContext,
  usual: Listing<Row>,
  rows: readonly Row[],
  all: Listing<Row> = usual,
): void {
  const named = context.optional('--columns');
  const listing = named === undefined ? usual : selectColumns(all, columnKeys(all, named));
  context.print(listText(context, listing, rows));
}

export function listText<Row>(context: ListContext, listing: Listing<Row>, rows: readonly Row[]): string {
  switch (formatOf(context)) {
    case 'json':
      return listingJson(listing, rows, context.now);
    case 'csv':
      return listingCsv(listing, rows, context.now);
    case 'table':
      return listingTable(listing, rows, context.now, [], context.colours ? paintStates : undefined);
  }
}

function columnKeys<Row>(all: Listing<Row>, named: string): readonly string[] {
  const keys = all.map(({ key }) => key);
  const headings = all.map(({ title }) => title);
  return splitChoices(named).flatMap((each) => choiceMeant(keys, each, headings) ?? []);
}
