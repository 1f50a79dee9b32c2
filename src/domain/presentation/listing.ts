import { renderTable } from './pretty-table.js';
import { pythonJson } from './python-json.js';
import { pythonRepr } from './python-repr.js';
import { cutText, visible } from './visible-text.js';

/** One column of a list: how it is called in JSON and in a table, and what it shows of a row. */
export interface Column<Row> {
  /** The JSON key, which is also the name in `?fields=`. */
  readonly key: string;
  readonly title: string;
  /** `now` is in seconds since the epoch. */
  readonly json: (row: Row, now: number) => unknown;
  /** In tables, if it is not the JSON value in words. */
  readonly text?: (row: Row, now: number) => unknown;
  /** Which of them look at `now`; what does not is written once per row and remembered (`ListingWriter`). */
  readonly ticking?: 'text' | 'both';
}

/** The columns of a list in their fixed order, which no caller can change (spec BUILDER 3.2, 4.2). */
export type Listing<Row> = readonly Column<Row>[];

/** The table of `rows`. Only the columns of `fields` are shown; no fields at all means every column, unknown ones are ignored. */
export function listingTable<Row>(
  listing: Listing<Row>,
  rows: readonly Row[],
  now: number,
  fields: readonly string[] = [],
  paint?: PaintValue,
): string {
  const columns = fields.length === 0 ? listing : listing.filter(({ key }) => fields.includes(key));
  return renderTable(
    columns.map(({ title }) => title),
    rows.map((row) => columns.map(({ json, text }) => cellText((text ?? json)(row, now)))),
    paint && ((column, padded) => paint(columns[column]?.key ?? '', padded)),
  );
}

/** How a value looks on a terminal that can show colours. `padded`: the value with the blanks that fill its column. */
export type PaintValue = (key: string, padded: string) => string;

/** The columns of these keys, in that order. @throws RangeError for a key that the listing does not have */
export function selectColumns<Row>(listing: Listing<Row>, keys: readonly string[]): Listing<Row> {
  return keys.map((key) => {
    const column = listing.find((candidate) => candidate.key === key);
    if (!column) throw new RangeError(`there is no column ${key}`);
    return column;
  });
}

/**
 * The rows as comma-separated values in the format of RFC 4180, but with plain line feeds: keys as headers, values in the words of the
 * table. The answer has no line feed at the end.
 */
export function listingCsv<Row>(listing: Listing<Row>, rows: readonly Row[], now: number): string {
  const header = listing.map(({ key }) => key).join(',');
  const lines = rows.map((row) =>
    listing.map(({ json, text }) => csvValue(cellText((text ?? json)(row, now)))).join(','),
  );
  return [header, ...lines].join('\n');
}

/** Control characters are escaped as in tables: the reader may be a terminal. */
function csvValue(value: string): string {
  const shown = visible(value.replaceAll(/\r\n?/g, '\n'), '\n\t');
  return /[",\n]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}

/** The JSON array of `rows`, always with every key (spec BUILDER 4.1). */
export function listingJson<Row>(listing: Listing<Row>, rows: readonly Row[], now: number): string {
  const object = (row: Row): string =>
    listing.map(({ key, json }) => `${pythonJson(key)}: ${pythonJson(json(row, now))}`).join(', ');
  return `[${rows.map((row) => `{${object(row)}}`).join(', ')}]`;
}

/** Items of a list that one cell shows at most. */
const MOST_ITEMS = 200;

/**
 * A value in a table cell: unset is empty, lists are joined by commas, all else is as Python shows it (spec BUILDER 3.2). What is too long
 * for a line is cut: JSON has the whole.
 */
export function cellText(value: unknown): string {
  if (Array.isArray(value)) return cutText(value.slice(0, MOST_ITEMS).map(itemText).join(','));
  return cutText(itemText(value));
}

function itemText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'string' ? value : pythonRepr(value);
}
