import { ApiProblemError } from './api-errors.js';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const RETRYABLE = new Set([429, 502, 503, 504]);
const KNOWN = new Set(['type', 'title', 'status', 'detail', 'code', 'retryable', 'instance']);

/** What an answer that refuses says (RFC 9457), or, when it says nothing of the kind, what its status means. */
export function problemOf(address: string, status: number, headers: Headers, text: string): ApiProblemError {
  const body = status >= 300 && status < 400 ? {} : membersOf(text);
  const { detail, title, code, retryable } = body;
  const words = [detail, title].find((each): each is string => typeof each === 'string' && each !== '');
  return new ApiProblemError({
    status,
    problem: typeof code === 'string' ? code : null,
    detail: words ?? plainWords(address, status),
    retryable: typeof retryable === 'boolean' ? retryable : RETRYABLE.has(status),
    retryAfter: secondsOf(headers['retry-after']),
    members: Object.fromEntries(Object.entries(body).filter(([key]) => !KNOWN.has(key))),
  });
}

function plainWords(address: string, status: number): string {
  if (status >= 300 && status < 400)
    return `${address} answers with a redirect (${status}), which is not followed; name the right URL`;
  return `${address} answered ${status}`;
}

function membersOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Dates, which HTTP allows too, are not used by APIs of ours. */
function secondsOf(header: string | string[] | undefined): number | null {
  const text = Array.isArray(header) ? header[0] : header;
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : null;
}
