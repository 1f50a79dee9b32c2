import type { Context } from 'koa';
import { MAX_AGE, type Answer } from './answer-cache.js';
import { byteRange } from './byte-range.js';
import type { AnswerType } from './negotiate.js';

const CONTENT_TYPES: Readonly<Record<AnswerType, string>> = {
  json: 'application/json',
  text: 'text/plain; charset=UTF-8',
};

/**
 * Answers with the caching headers, to conditional and partial requests as they ask (spec BUILDER 4.4). The entity tag is ours:
 * programs that ask every few seconds need not fetch a list again that has not changed.
 */
export function sendAnswer(context: Context, status: number, type: AnswerType, { body, madeAt, etag }: Answer): void {
  // HTTP dates have no fractions.
  const modified = Math.floor(madeAt);
  context.set({
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': `max-age=${MAX_AGE}, public`,
    'Last-Modified': httpDate(modified),
    Expires: httpDate(modified + MAX_AGE),
    ETag: etag,
    // The same address has two answers.
    Vary: 'Accept',
  });
  if (status === 200 && notModified(context, modified, etag)) {
    context.status = 304;
    context.body = null;
    return;
  }
  context.set('Content-Type', CONTENT_TYPES[type]);
  context.status = status;
  context.body = body;
  if (status === 200) sendPart(context, body, modified, etag);
}

function sendPart(context: Context, body: Buffer, modified: number, etag: string): void {
  const condition = context.get('If-Range');
  if (condition !== '' && condition !== httpDate(modified) && condition !== etag) return;
  const range = byteRange(context.get('Range'), body.length);
  if (range.kind === 'whole') return;
  if (range.kind === 'unsatisfiable') {
    context.status = 416;
    context.set('Content-Range', `bytes */${body.length}`);
    context.body = Buffer.alloc(0);
    return;
  }
  context.status = 206;
  context.set('Content-Range', `bytes ${range.first}-${range.last}/${body.length}`);
  context.body = body.subarray(range.first, range.last + 1);
}

function notModified(context: Context, modified: number, etag: string): boolean {
  if (context.method !== 'GET' && context.method !== 'HEAD') return false;
  const known = context.get('If-None-Match');
  // It comes before the date, which counts whole seconds only.
  if (known !== '') return tagsOf(known).some((tag) => tag === '*' || tag === etag);
  const since = Date.parse(context.get('If-Modified-Since'));
  return Number.isFinite(since) && since >= modified * 1000;
}

/** Compared weakly, as proxies that compress mark the tags they pass on. */
function tagsOf(header: string): readonly string[] {
  return header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
}

function httpDate(seconds: number): string {
  return new Date(seconds * 1000).toUTCString();
}
