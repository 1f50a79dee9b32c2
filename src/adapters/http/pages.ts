import { listingTable, type Listing } from '../../domain/presentation/listing.js';
import { ListingWriter } from '../../domain/presentation/listing-writer.js';
import {
  BUILDS,
  IMAGE_PROBLEMS,
  IMAGE_STATUS,
  LABELS,
  NODE_DETAILS,
  REQUESTS,
  UPLOADS,
} from '../../domain/presentation/listings.js';
import type { Queries } from '../../ports/administration/queries.js';
import type { AnswerType } from './negotiate.js';

/** The body of one page, in parts. `parameters`: of the query and of a form. */
export type Page = (type: AnswerType, parameters: URLSearchParams, now: number) => Iterable<string>;

/** The lists by path (spec BUILDER 4.1). Unlike the command line, the list of nodes always has all columns. */
export function listPages(queries: Queries): Readonly<Record<string, Page>> {
  return {
    '/image-list': page(UPLOADS, () => queries.uploads()),
    '/dib-image-list': page(BUILDS, () => queries.builds()),
    '/node-list': page(NODE_DETAILS, (parameters) => queries.nodes(parameters.get('node_id') ?? undefined)),
    '/request-list': page(REQUESTS, () => queries.requests()),
    '/label-list': page(LABELS, () => queries.labels()),
    '/image-status': page(IMAGE_STATUS, () => queries.imageStatus()),
    '/image-problems': page(IMAGE_PROBLEMS, () => queries.imageProblems()),
  };
}

function page<Row extends object>(listing: Listing<Row>, rows: (parameters: URLSearchParams) => readonly Row[]): Page {
  const writer = new ListingWriter(listing);
  return (type, parameters, now) => {
    if (type === 'json') return writer.json(rows(parameters), now);
    const wanted = new Set((parameters.get('fields') ?? '').split(','));
    const columns = listing.filter(({ key }) => wanted.has(key));
    wanted.delete('');
    if (wanted.size === 0) return writer.table(rows(parameters), now);
    if (columns.length > 0) return new ListingWriter(columns).table(rows(parameters), now);
    // Nothing but unknown names: a table without columns, as the original has it.
    return [listingTable(listing, rows(parameters), now, [''])];
  };
}
