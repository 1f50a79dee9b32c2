import { listingJson, listingTable, type Listing } from '../../domain/presentation/listing.js';
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

/** The body of one page. `parameters`: of the query and of a form. */
export type Page = (queries: Queries, type: AnswerType, parameters: URLSearchParams, now: number) => string;

/** The lists by path (spec BUILDER 4.1). Unlike the command line, the list of nodes always has all columns. */
export const PAGES: Readonly<Record<string, Page>> = {
  '/image-list': page(UPLOADS, (queries) => queries.uploads()),
  '/dib-image-list': page(BUILDS, (queries) => queries.builds()),
  '/node-list': page(NODE_DETAILS, (queries, parameters) => queries.nodes(parameters.get('node_id') ?? undefined)),
  '/request-list': page(REQUESTS, (queries) => queries.requests()),
  '/label-list': page(LABELS, (queries) => queries.labels()),
  '/image-status': page(IMAGE_STATUS, (queries) => queries.imageStatus()),
  '/image-problems': page(IMAGE_PROBLEMS, (queries) => queries.imageProblems()),
};

function page<Row>(
  listing: Listing<Row>,
  rows: (queries: Queries, parameters: URLSearchParams) => readonly Row[],
): Page {
  return (queries, type, parameters, now) => {
    const found = rows(queries, parameters);
    if (type === 'json') return listingJson(listing, found, now);
    const fields = (parameters.get('fields') ?? '').split(',').filter((field) => field !== '');
    return listingTable(listing, found, now, fields);
  };
}
