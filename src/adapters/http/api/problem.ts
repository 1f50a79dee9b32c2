import { STATUS_CODES } from 'node:http';
import type { Context } from 'koa';

export interface ProblemOptions {
  /** Further members of the answer. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Seconds after which to try again. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** An answer that is an error (RFC 9457). `code` is stable; `message` is the `detail`, for people. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    options: ProblemOptions = {},
  ) {
    super(detail, { cause: options.cause });
    this.members = options.members ?? {};
    const { retryAfter } = options;
    this.headers = {
      ...options.headers,
      ...(retryAfter === undefined ? {} : { 'Retry-After': String(Math.max(1, Math.ceil(retryAfter))) }),
    };
  }
}

/** Is it worth trying the same again? */
function retryable(status: number): boolean {
  return status === 429 || status === 503;
}

export function problemBody(problem: ApiProblem): string {
  const { status, code, message, members } = problem;
  const title = STATUS_CODES[status] ?? 'Error';
  const all = { type: 'about:blank', title, status, detail: message, code, retryable: retryable(status), ...members };
  return `${JSON.stringify(all)}\n`;
}

export const PROBLEM_TYPE = 'application/problem+json';

export function sendProblem(ctx: Context, problem: ApiProblem): void {
  ctx.status = problem.status;
  ctx.set({ ...problem.headers, 'Content-Type': PROBLEM_TYPE, 'Cache-Control': 'no-store' });
  ctx.body = problemBody(problem);
}
