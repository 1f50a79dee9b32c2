import { Agent, request, type Dispatcher } from 'undici';
import type { ApiAddress } from './api-address.js';
import { parseApiAddress } from './api-address.js';
import { credentialsFrom, type ApiCredentials } from './api-credentials.js';
import { ApiUnreachableError } from './api-errors.js';
import { problemOf } from './api-problem.js';
import { connectionReason } from './connection-reason.js';

export interface ApiCall {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the base of the address, as `api/v1/leases`; encoded already. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON; undefined: no body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Seconds until the call counts as unanswered; default 30. */
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  /** The JSON of the answer; undefined when it has none. */
  readonly body: unknown;
}

const TIMEOUT = 30;
const CONNECT_TIMEOUT = 10;
/** Bytes; a list of 1,000 leases has about two million. */
const MOST = 64 * 1024 * 1024;

/**
 * Calls of JSON over HTTP to one API, over TCP, TLS or a unix socket. Connections are kept open between calls. Redirects are never followed:
 * they would carry the token elsewhere. No message of an error holds the token.
 */
export class ApiConnection {
  private readonly agent: Agent;

  constructor(
    readonly address: ApiAddress,
    private readonly credentials: ApiCredentials,
  ) {
    const { socketPath } = address;
    const { ca } = credentials;
    const connect = {
      timeout: CONNECT_TIMEOUT * 1000,
      ...(socketPath === null ? {} : { socketPath }),
      ...(ca === null ? {} : { ca }),
    };
    // The deadline of a call covers all of it; undici's own ones would cut long polls.
    this.agent = new Agent({ connect, headersTimeout: 0, bodyTimeout: 0, pipelining: 1, keepAliveTimeout: 4000 });
  }

  /** @param url as people write it. @throws ApiAddressError, ApiCredentialError */
  static open(url: string, environment: Readonly<Record<string, string>>): ApiConnection {
    return new ApiConnection(parseApiAddress(url), credentialsFrom(environment));
  }

  /** Calls say who we are. */
  get hasToken(): boolean {
    return this.credentials.token !== null;
  }

  /**
   * One call, tried once.
   * @throws ApiProblemError when it is refused, ApiUnreachableError when no answer came, the signal's reason when it was aborted
   */
  async call(call: ApiCall): Promise<ApiAnswer> {
    const late = AbortSignal.timeout((call.timeout ?? TIMEOUT) * 1000);
    const signal = call.signal ? AbortSignal.any([late, call.signal]) : late;
    try {
      const response = await request(this.urlOf(call), { ...this.exchange(call), signal });
      const text = await readText(response.body);
      return this.answerOf(response, text);
    } catch (error) {
      call.signal?.throwIfAborted();
      throw this.failure(error, late.aborted, call.timeout ?? TIMEOUT);
    }
  }

  /**
   * The lines of an answer that comes bit by bit, without their ends. `timeout` counts until it begins. Leaving the loop ends the exchange.
   * @throws as `call`
   */
  async *lines(call: ApiCall): AsyncGenerator<string> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), (call.timeout ?? TIMEOUT) * 1000);
    const signal = call.signal ? AbortSignal.any([late.signal, call.signal]) : late.signal;
    try {
      const response = await request(this.urlOf(call), { ...this.exchange(call), signal });
      clearTimeout(timer);
      if (response.statusCode < 200 || response.statusCode >= 300)
        throw problemOf(this.address.name, response.statusCode, response.headers, await readText(response.body));
      yield* linesOf(response.body as AsyncIterable<Buffer>);
    } catch (error) {
      call.signal?.throwIfAborted();
      throw this.failure(error, late.signal.aborted, call.timeout ?? TIMEOUT);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends all connections; calls under way fail. Idempotent. */
  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private urlOf({ path, query = {} }: ApiCall): URL {
    const url = new URL(path.replace(/^\/+/, ''), this.address.base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  private exchange({
    method,
    body,
    headers,
  }: ApiCall): { dispatcher: Dispatcher } & Omit<Dispatcher.RequestOptions, 'origin' | 'path'> {
    const { token } = this.credentials;
    return {
      dispatcher: this.agent,
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
  }

  private answerOf({ statusCode, headers }: Dispatcher.ResponseData, text: string): ApiAnswer {
    if (statusCode < 200 || statusCode >= 300) throw problemOf(this.address.name, statusCode, headers, text);
    if (text === '') return { status: statusCode, body: undefined };
    try {
      return { status: statusCode, body: JSON.parse(text) as unknown };
    } catch {
      throw new ApiUnreachableError(this.address.name, 'what answers there is no API of Nodepool (no JSON)', true);
    }
  }

  private failure(error: unknown, late: boolean, timeout: number): Error {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('NP_')) return error;
    if (late) return new ApiUnreachableError(this.address.name, `no answer within ${timeout} s`, true);
    const { reason, sent } = connectionReason(error);
    return new ApiUnreachableError(this.address.name, reason, sent);
  }
}

async function* linesOf(parts: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const part of parts) {
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST) throw new Error('the answer is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
