import type { CloudAccess } from '../clouds/cloud-access.js';
import * as taskMetrics from '../../../domain/metrics/task-metrics.js';
import { sleep } from '../../../ports/toolkit/sleep.js';
import { DeadlineError, withDeadline } from '../../../ports/toolkit/deadline.js';
import type { LinkedAbort } from '../../../ports/toolkit/linked-abort.js';
import { linkAbort } from '../../../ports/toolkit/linked-abort.js';
import type { ApiAnswer, ApiCall, JsonObject, Service } from './api-call.js';
import type { ApiErrorKind } from './api-error.js';
import { ApiError, isStatus } from './api-error.js';
import { callName } from './call-name.js';
import { CallTurns } from './call-turns.js';
import { classifyApiError } from './classify-error.js';
import { Connections } from './connections.js';
import { HttpExchange } from './http-exchange.js';
import type { HttpRequest } from './http-exchange.js';
import { isObject } from './json-fields.js';
import { nextQuery } from './next-page.js';
import type { OpenStackClient, OpenStackClientOptions, ServiceEndpoint } from './openstack-client.js';
import { retryDelay } from './retry-delay.js';
import { SecretScrubber } from './secrets.js';
import { ServiceEndpoints } from './service-endpoints.js';
import { ServiceHolds } from './service-holds.js';
import type { SignedIn } from './session.js';
import { fixedSession, Session } from './session.js';
import { SignIn } from './sign-in.js';

/** A thousand entries each are a million. */
const MOST_PAGES = 1000;

const DEADLINE = 60;
/** Asked to wait without being told how long. */
const HOLD = 5;

type What = Pick<ApiCall, 'method' | 'expected'> & { readonly url: string };

/** See `OpenStackClient`. Holds no lock and no state but token, endpoints and connections. */
export class CloudClient implements OpenStackClient {
  private readonly connections: Connections;
  private readonly exchange: HttpExchange;
  private readonly session: Pick<Session, 'current' | 'renounce'>;
  private readonly endpoints: ServiceEndpoints;
  private readonly turns: CallTurns;
  private readonly holds: ServiceHolds;
  private readonly scrubber: SecretScrubber;
  private readonly underWay = new Set<LinkedAbort>();
  /** Given up on already, so that signing in is not tried again for each time that the call is which needs it. */
  private readonly final = new WeakSet<ApiError>();
  private closing: ApiError | null = null;

  constructor(
    private readonly cloud: CloudAccess,
    private readonly options: OpenStackClientOptions,
  ) {
    const { clock, logger, rate, version } = options;
    this.connections = new Connections(cloud.tls, cloud.proxies);
    this.scrubber = new SecretScrubber(cloud.auth);
    this.exchange = new HttpExchange(this.connections, {
      clock,
      logger,
      userAgent: version ? `nodepool/${version}` : 'nodepool',
      scrub: (text) => this.scrubber.scrub(text),
      observe: (name, seconds) => this.observe(name, seconds),
    });
    this.turns = new CallTurns(clock, rate);
    this.holds = new ServiceHolds(clock);
    this.session = this.makeSession();
    this.endpoints = new ServiceEndpoints(cloud, (wanted, signal) => this.sendSignedIn(wanted, signal));
  }

  async call(call: ApiCall, signal: AbortSignal): Promise<ApiAnswer> {
    const what = { method: call.method, url: `${call.service}${call.path}`, expected: call.expected };
    return this.owned(signal, async (owned) => {
      await this.holds.pass(call.service, owned);
      await this.turns.take(call.urgent ?? false, owned);
      return this.bounded(call.deadline, what, owned, (bounded, left) => this.attempts(call, bounded, left));
    });
  }

  async *pages(call: ApiCall, key: string, signal: AbortSignal): AsyncIterable<readonly JsonObject[]> {
    const seen = new Set<string>();
    for (let query = call.query; ;) {
      const answer = await this.call(query ? { ...call, query } : call, signal);
      const list = answer.json[key];
      if (!Array.isArray(list)) throw this.noList(call, key, answer);
      const entries = (list as unknown[]).filter(isObject);
      if (entries.length > 0) yield entries;
      const next = entries.length > 0 ? nextQuery(answer, key) : undefined;
      const fingerprint = JSON.stringify(next);
      // A service that sends us in a circle, or on and on, would keep us for ever.
      if (!next || seen.has(fingerprint)) return;
      if (seen.size >= MOST_PAGES) throw this.endless(call, key, answer);
      seen.add(fingerprint);
      query = next;
    }
  }

  async offers(service: Service, signal: AbortSignal): Promise<boolean> {
    return this.owned(signal, async (owned) => this.endpoints.offers(service, await this.session.current(0, owned)));
  }

  async endpoint(service: Service, signal: AbortSignal): Promise<ServiceEndpoint> {
    const what = { method: 'GET', url: service, expected: [200] } as const;
    return this.owned(signal, (owned) =>
      this.bounded(undefined, what, owned, async (bounded) =>
        this.endpoints.describe(service, await this.session.current(0, bounded), bounded),
      ),
    );
  }

  async projectId(signal: AbortSignal): Promise<string | null> {
    return this.owned(signal, async (owned) => (await this.session.current(0, owned)).projectId);
  }

  async close(): Promise<void> {
    this.closing ??= this.error(
      'closed',
      { method: 'GET', url: this.cloud.name, expected: [] },
      'the client was closed',
    );
    for (const each of this.underWay) each.abort(this.closing);
    await this.connections.close();
  }

  /** The signing-in belongs to nobody who waits for it: it goes on when they give up, and ends with the client. */
  private makeSession(): Pick<Session, 'current' | 'renounce'> {
    const { auth } = this.cloud;
    if (auth.kind === 'fixed') return fixedSession(auth);
    const what = { method: 'POST', url: auth.url, expected: [201] } as const;
    const signIn = new SignIn(auth, (wanted, signal) => this.exchange.send(wanted, signal), this.options.clock);
    return new Session(async () => {
      const token = await this.owned(new AbortController().signal, (owned) =>
        this.bounded(undefined, what, owned, (bounded, left) =>
          this.retrying('identity', true, left, bounded, () => {
            this.turns.claim();
            return signIn.token(bounded).catch((error: unknown) => this.refused(error));
          }),
        ),
      );
      this.scrubber.remember(token.token);
      return token;
    }, this.options.clock);
  }

  /** "The request you have made requires authentication" is no help to whoever has to mend it. */
  private refused(error: unknown): never {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    throw new ApiError({
      ...error,
      reason: `the credentials of cloud ${this.cloud.name} were refused: ${error.reason}`,
    });
  }

  private attempts(call: ApiCall, signal: AbortSignal, left: () => number): Promise<ApiAnswer> {
    let first = true;
    return this.retrying(call.service, call.idempotent, left, signal, async () => {
      if (!first) await this.turns.take(true, signal);
      first = false;
      return this.signedIn(call.stream ? left() : 0, signal, (signedIn) => this.attempt(call, signedIn, signal));
    });
  }

  private async attempt(call: ApiCall, signedIn: SignedIn, signal: AbortSignal): Promise<ApiAnswer> {
    const base = await this.endpoints.url(call.service, signedIn, signal);
    return this.exchange.send(
      {
        name: call.name
          ? `${call.service}.${call.method}.${call.name}`
          : callName(call.service, call.method, call.path),
        method: call.method,
        url: base + call.path + queryText(call.query),
        headers: { ...tokenHeader(signedIn), ...this.microversionHeaders(call), ...call.headers },
        expected: call.expected,
        ...(call.json === undefined ? {} : { json: call.json }),
        ...(call.stream ? { stream: call.stream } : {}),
      },
      signal,
    );
  }

  private microversionHeaders({ service, microversion }: ApiCall): Record<string, string> {
    const wanted = microversion ?? this.cloud.services[service].defaultMicroversion;
    if (wanted === null) return {};
    // Nova before 2.27 knows only its own header.
    const old = service === 'compute' ? { 'X-OpenStack-Nova-API-Version': wanted } : {};
    return { 'OpenStack-API-Version': `${service} ${wanted}`, ...old };
  }

  /** Signs in again, once, when the token turns out to be worth nothing: it was revoked, or ended while we were not looking. */
  private async signedIn<T>(needed: number, signal: AbortSignal, use: (signedIn: SignedIn) => Promise<T>): Promise<T> {
    const before = await this.session.current(needed, signal);
    try {
      return await use(before);
    } catch (error) {
      if (!isStatus(error, 401) || this.cloud.auth.kind === 'fixed') throw error;
    }
    this.session.renounce(before);
    this.turns.claim();
    return use(await this.session.current(0, signal));
  }

  private sendSignedIn(wanted: HttpRequest, signal: AbortSignal): ReturnType<HttpExchange['send']> {
    this.turns.claim();
    return this.signedIn(0, signal, (signedIn) =>
      this.exchange.send({ ...wanted, headers: { ...wanted.headers, ...tokenHeader(signedIn) } }, signal),
    );
  }

  private async retrying<T>(
    service: Service,
    idempotent: boolean,
    left: () => number,
    signal: AbortSignal,
    attempt: () => Promise<T>,
  ): Promise<T> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof ApiError) || this.final.has(error)) throw error;
        if (classifyApiError(error) === 'rate') this.holds.hold(service, error.retryAfter ?? HOLD);
        const jitter = this.options.random.next();
        const delay = retryDelay({ error, attempts, idempotent, service, left: left(), jitter });
        if (delay === undefined) {
          this.final.add(error);
          throw error;
        }
        this.options.logger.debug('Trying the cloud again', { reason: error.message, attempts, seconds: delay });
        await sleep(this.options.clock, delay, signal);
      }
    }
  }

  /** Runs the work with a signal that also `close` fires. */
  private async owned<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.closing) throw this.closing;
    const linked = linkAbort(signal);
    this.underWay.add(linked);
    try {
      return await work(linked.signal);
    } finally {
      this.underWay.delete(linked);
      linked.dispose();
    }
  }

  private async bounded<T>(
    deadline: number | undefined,
    what: What,
    signal: AbortSignal,
    work: (signal: AbortSignal, left: () => number) => Promise<T>,
  ): Promise<T> {
    const { clock } = this.options;
    const seconds = deadline ?? this.cloud.apiTimeout ?? DEADLINE;
    const end = clock.monotonic() + seconds;
    const left = (): number => end - clock.monotonic();
    try {
      return await withDeadline(clock, seconds, what.url, signal, (bounded) => work(bounded, left));
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      throw this.error('timeout', what, `no answer within ${seconds} s`);
    }
  }

  private observe(name: string, seconds: number): void {
    const { metrics, provider } = this.options;
    const { sdkMetricsPrefix: prefix } = this.cloud;
    const keys = [taskMetrics.task(provider, name), ...(prefix === null ? [] : [taskMetrics.sdkTask(prefix, name)])];
    for (const key of keys) {
      metrics.timing(key, seconds);
      metrics.count(key);
    }
  }

  private endless({ service, method, path, expected }: ApiCall, key: string, { status }: ApiAnswer): ApiError {
    const reason = `the list of ${key} does not end after ${MOST_PAGES} pages`;
    return this.error('answer', { method, url: service + path, expected }, reason, status);
  }

  private noList({ service, method, path, expected }: ApiCall, key: string, { status }: ApiAnswer): ApiError {
    return this.error(
      'answer',
      { method, url: service + path, expected },
      `the answer holds no list of ${key}`,
      status,
    );
  }

  private error(kind: ApiErrorKind, what: What, reason: string, status: number | null = null): ApiError {
    return new ApiError({ kind, ...what, status, body: '', requestId: null, retryAfter: null, reason });
  }
}

function tokenHeader({ token }: SignedIn): Record<string, string> {
  return token === null ? {} : { 'X-Auth-Token': token.reveal() };
}

function queryText(query: ApiCall['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of typeof value === 'string' ? [value] : value) parameters.append(name, each);
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

/** Without I/O: the first call connects. */
export function createOpenStackClient(cloud: CloudAccess, options: OpenStackClientOptions): OpenStackClient {
  return new CloudClient(cloud, options);
}
