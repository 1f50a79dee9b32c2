import { errors, request } from 'undici';
import type { Dispatcher } from 'undici';
import type { Clock } from '../../../ports/runtime/clock.js';
import type { Logger } from '../../../ports/telemetry/logger.js';
import type { BodySource, JsonObject } from './api-call.js';
import type { ApiErrorFacts, ApiErrorKind } from './api-error.js';
import { ApiError } from './api-error.js';
import { answerReason, withoutEchoes } from './answer-text.js';
import { connectionFault } from './connection-fault.js';
import type { Connections } from './connections.js';
import { TlsFileError } from './connections.js';
import { StreamedBody } from './request-body.js';
import { retryAfter } from './retry-after.js';

export interface HttpRequest {
  /** For metrics: `compute.GET.servers`. */
  readonly name: string;
  readonly method: Dispatcher.HttpMethod;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly stream?: BodySource;
  readonly expected: readonly number[];
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: JsonObject;
}

/** Told of each exchange, however it ended: the one place that metrics of calls come from. */
export type ExchangeObserver = (name: string, seconds: number) => void;

export interface ExchangeOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observe: ExchangeObserver;
  readonly userAgent: string;
  /** Takes secrets out of a text. */
  readonly scrub: (text: string) => string;
}

/** Bytes; a list of ten thousand servers has a quarter of it. */
const LONGEST_ANSWER = 128 * 1024 * 1024;
const KEPT_OF_BODY = 2000;
const MOST_REDIRECTS = 3;

/** Sends one request and receives its answer, once. */
export class HttpExchange {
  constructor(
    private readonly connections: Connections,
    private readonly options: ExchangeOptions,
  ) {}

  /** @throws ApiError for everything but success, or the signal's reason */
  async send(wanted: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { clock, logger, observe } = this.options;
    const begun = clock.monotonic();
    let status: number | null = null;
    let requestId: string | null = null;
    try {
      let at = wanted;
      for (let redirects = 0; ; redirects += 1) {
        const { answer, text } = await this.exchange(at, signal);
        status = answer.statusCode;
        requestId = requestIdOf(answer.headers);
        const elsewhere = redirects < MOST_REDIRECTS ? redirectOf(at.url, answer) : undefined;
        if (elsewhere === undefined || at.expected.includes(status)) return this.understand(at, answer, text);
        at = { ...at, url: elsewhere };
      }
    } finally {
      const seconds = clock.monotonic() - begun;
      observe(wanted.name, seconds);
      if (logger.debugs === true) {
        const url = this.shown(wanted.url);
        logger.debug('Called the cloud', { method: wanted.method, url, status, seconds, requestId });
      }
    }
  }

  private async exchange(
    wanted: HttpRequest,
    signal: AbortSignal,
  ): Promise<{ answer: Dispatcher.ResponseData; text: string }> {
    const url = this.parse(wanted);
    let body: StreamedBody | null = null;
    try {
      const dispatcher = await this.connections.dispatcherFor(url);
      body = wanted.stream ? new StreamedBody(wanted.stream) : null;
      const answer = await request(url, {
        method: wanted.method,
        headers: this.headers(wanted),
        body: body?.stream ?? (wanted.json === undefined ? null : JSON.stringify(wanted.json)),
        dispatcher,
        signal,
      });
      return { answer, text: await this.readText(wanted, answer) };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw this.fault(wanted, error, body);
    } finally {
      body?.close();
    }
  }

  private headers({ json, stream, headers }: HttpRequest): Record<string, string> {
    return {
      Accept: 'application/json',
      'User-Agent': this.options.userAgent,
      ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(stream ? { 'Content-Type': stream.contentType } : {}),
      ...(stream && stream.length !== null ? { 'Content-Length': String(stream.length) } : {}),
      ...headers,
    };
  }

  private parse(wanted: HttpRequest): URL {
    const url = URL.canParse(wanted.url) ? new URL(wanted.url) : null;
    if (url && /^https?:$/.test(url.protocol)) return url;
    throw this.error(wanted, { kind: 'settings', reason: 'this is no address of a web server' });
  }

  private async readText(wanted: HttpRequest, { body }: Dispatcher.ResponseData): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size > LONGEST_ANSWER) throw this.error(wanted, { kind: 'answer', reason: 'the answer is too long' });
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  private understand(wanted: HttpRequest, answer: Dispatcher.ResponseData, text: string): HttpAnswer {
    const headers = plainHeaders(answer.headers);
    const facts = {
      status: answer.statusCode,
      body: text,
      requestId: requestIdOf(answer.headers),
      retryAfter: retryAfter(headers['retry-after'], this.options.clock.now()),
    };
    if (!wanted.expected.includes(answer.statusCode)) {
      throw this.error(wanted, { ...facts, kind: 'status', reason: statusReason(headers, text) });
    }
    const json = parseObject(text);
    if (json === undefined && wanted.method === 'GET') {
      throw this.error(wanted, { ...facts, kind: 'answer', reason: `the answer is no JSON: ${answerReason(text)}` });
    }
    return { status: answer.statusCode, headers, json: json ?? {} };
  }

  private fault(wanted: HttpRequest, error: unknown, body: StreamedBody | null): ApiError {
    if (error instanceof ApiError) return error;
    if (error instanceof TlsFileError) return this.error(wanted, { kind: 'settings', reason: error.message });
    if (body?.failure && !isOurDoing(body.failure)) {
      return this.error(wanted, { kind: 'body', reason: `what is to be sent cannot be read: ${body.failure.message}` });
    }
    if (error instanceof errors.RequestContentLengthMismatchError) {
      return this.error(wanted, { kind: 'body', reason: 'what was to be sent has not the length it should have' });
    }
    if (error instanceof errors.ClientDestroyedError) {
      return this.error(wanted, { kind: 'closed', reason: 'the client was closed' });
    }
    return this.error(wanted, connectionFault(error));
  }

  private error(
    { method, url, expected }: HttpRequest,
    facts: Partial<ApiErrorFacts> & { kind: ApiErrorKind; reason: string },
  ): ApiError {
    const clean = (text: string): string => this.options.scrub(withoutEchoes(text));
    return new ApiError({
      method,
      url: this.shown(url),
      expected,
      status: facts.status ?? null,
      kind: facts.kind,
      body: clean((facts.body ?? '').slice(0, KEPT_OF_BODY * 2)).slice(0, KEPT_OF_BODY),
      requestId: facts.requestId ?? null,
      retryAfter: facts.retryAfter ?? null,
      reason: clean(facts.reason),
    });
  }

  private shown(url: string): string {
    return this.options.scrub(url.replace(/\/\/[^/@]*@/, '//')).slice(0, 500);
  }
}

/** How the cloud's own log calls the call. */
function requestIdOf(headers: Dispatcher.ResponseData['headers']): string | null {
  const id = headers['x-openstack-request-id'] ?? headers['x-compute-request-id'] ?? null;
  return Array.isArray(id) ? (id[0] ?? null) : id;
}

/**
 * Catalogues that say `http` of a cloud that has come to speak TLS are common, and so are addresses that want a slash. Followed
 * with everything that was sent, tokens and passwords among it, and therefore only on the same host and port, where the same service
 * is, and never away from TLS.
 */
function redirectOf(from: string, { statusCode, headers }: Dispatcher.ResponseData): string | undefined {
  const { location } = headers;
  if (![301, 302, 307, 308].includes(statusCode) || typeof location !== 'string') return undefined;
  if (!URL.canParse(location, from)) return undefined;
  const [before, after] = [new URL(from), new URL(location, from)];
  const sameService = after.hostname === before.hostname && portOf(after) === portOf(before);
  const isSafe = sameService && (after.protocol === 'https:' || before.protocol === 'http:');
  return isSafe && /^https?:$/.test(after.protocol) ? after.href : undefined;
}

function portOf({ port, protocol }: URL): string {
  return port === '' ? (protocol === 'https:' ? '443' : '80') : port;
}

/** The request failed, and its body was ended for that. */
function isOurDoing(error: Error): boolean {
  const { code } = error as { code?: unknown };
  return (
    error.name === 'AbortError' ||
    (typeof code === 'string' && /^(UND_ERR_|ECONNRESET$|EPIPE$|ECONNREFUSED$|ERR_STREAM_PREMATURE_CLOSE$)/.test(code))
  );
}

function plainHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}

function statusReason(headers: Readonly<Record<string, string>>, text: string): string {
  const said = answerReason(text);
  const elsewhere = headers['location'] ? `it redirects to ${headers['location']}` : '';
  return [elsewhere, said].filter((part) => part !== '').join('; ') || 'the answer does not say why';
}

/** An empty body is `{}`, a list is `{items}`; undefined for what is no JSON. */
function parseObject(text: string): JsonObject | undefined {
  if (text.trim() === '') return {};
  try {
    const value = JSON.parse(text) as unknown;
    if (Array.isArray(value)) return { items: value };
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
