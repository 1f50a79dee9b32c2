import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import { ApiProblem } from './problem.js';

/** Bytes of a body. */
export const BODY_LIMIT = 64 * 1024;
/** Lists and objects in each other. */
const DEPTH_LIMIT = 32;

export interface BodyOptions {
  /** Bytes; default 64 KiB. */
  readonly limit?: number;
}

/**
 * The JSON body of a request, undefined if there is none. Checked in the order of the contract: type (415), size (413), then
 * whether it is JSON at all (400). @throws ApiProblem
 */
export async function readJsonBody(ctx: Context, options: BodyOptions = {}): Promise<unknown> {
  const bytes = await readBody(ctx.req, options.limit ?? BODY_LIMIT);
  if (bytes.length === 0) return undefined;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error: unknown) {
    throw malformed('The body is not UTF-8.', error);
  }
  if (tooDeep(text)) throw malformed(`The body has more than ${DEPTH_LIMIT} levels.`);
  try {
    return JSON.parse(text) as unknown;
  } catch (error: unknown) {
    throw malformed('The body is not JSON.', error);
  }
}

/** 400, the detail naming what is wrong with the request. */
export function malformed(detail: string, cause?: unknown): ApiProblem {
  return new ApiProblem(400, 'malformed', detail, { cause });
}

async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > 0) checkType(request);
  if (declared > limit) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of iterate(request)) {
      if (size === 0 && chunk.length > 0) checkType(request);
      size += chunk.length;
      if (size > limit) throw tooLarge(limit);
      chunks.push(chunk);
    }
  } catch (error: unknown) {
    if (error instanceof ApiProblem) throw error;
    throw malformed('The body broke off.', error);
  }
  return Buffer.concat(chunks);
}

/** Leaving the loop early must not destroy the connection, on which the answer is to be sent. */
function iterate(request: IncomingMessage): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
}

function tooLarge(limit: number): ApiProblem {
  const detail = `The body has more than ${limit} bytes.`;
  return new ApiProblem(413, 'too-large', detail, { headers: { Connection: 'close' } });
}

function checkType(request: IncomingMessage): void {
  const type = request.headers['content-type'] ?? '';
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (/^\s*application\/json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?;?\s*$/i.test(type) && encoding === 'identity')
    return;
  throw new ApiProblem(415, 'unsupported-media-type', 'Bodies are application/json, in UTF-8 and not compressed.', {
    headers: { Accept: 'application/json' },
  });
}

/** Counted on the text, as deep nesting is what may overflow those who look at the values. */
function tooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (quoted) {
      if (character === '\\') index += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > DEPTH_LIMIT) return true;
  }
  return false;
}
