import type { Context } from 'koa';
import { MAX_AGE, type Answer } from './answer-cache.js';
import { byteRange } from './byte-range.js';
import type { AnswerType } from './negotiate.js';

const CONTENT_TYPES: Readonly<Record<AnswerType, string>> = {
  json: 'application/json',
  text: 'text/plain; charset=UTF-8',
};

/** Answers with the caching headers, to conditional and partial requests as they ask (spec BUILDER 4.4). */
export function sendAnswer(context: Context, status: number, type: AnswerType, { body, madeAt }: Answer): void {
  // HTTP dates have no fractions.
  const modified = Math.floor(madeAt);
  context.set({
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': `max-age=${MAX_AGE}, public`,
    'Last-Modified': httpDate(modified),
    Expires: httpDate(modified + MAX_AGE),
    // The same address has two answers.
    Vary: 'Accept',
  });
  if (status === 200 && notModified(context, modified)) {
    context.status = 304;
    context.body = null;
    return;
  }
  context.set('Content-Type', CONTENT_TYPES[type]);
  context.status = status;
  context.body = body;
  if (status === 200) sendPart(context, body, modified);
}

function sendPart(context: Context, body: Buffer, modified: number): void {
  const condition = context.get('If-Range');
  if (condition !== '' && condition !== httpDate(modified)) return;
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

function notModified(context: Context, modified: number): boolean {
  if (context.method !== 'GET' && context.method !== 'HEAD') return false;
  // We have no entity tags, so that a condition on one, which would come first, is never met.
  if (context.get('If-None-Match') !== '') return false;
  const since = Date.parse(context.get('If-Modified-Since'));
  return Number.isFinite(since) && since >= modified * 1000;
}

function httpDate(seconds: number): string {
  return new Date(seconds * 1000).toUTCString();
}
