import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import Koa, { type Context } from 'koa';
import { WHAT_IF_KEYS } from '../../domain/decide/what-if.js';
import { UnknownChangeError } from '../../ports/administration/explanations.js';
import type { Explanations } from '../../ports/administration/explanations.js';
import type { LiveView } from '../../ports/administration/live.js';
import type { Queries } from '../../ports/administration/queries.js';
import { asError, type Clock } from '../../ports/runtime/clock.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { MetricsPage } from '../../ports/telemetry/metrics.js';
import { AnswerCache, makeAnswer, type Answer } from './answer-cache.js';
import { AnswersUnderway } from './answers-underway.js';
import { errorBody } from './error-body.js';
import { explainPage } from './explain-page.js';
import { FormError, readParameters } from './form-parameters.js';
import type { LiveFeedOptions } from './live/live-feed.js';
import { LiveRoutes } from './live/live-routes.js';
import { negotiate, type AnswerType } from './negotiate.js';
import { OPENAPI } from './openapi.js';
import { listPages, type Page } from './pages.js';
import { sendAnswer } from './send-answer.js';

export interface WebServerContext {
  /** Without them there are no lists. */
  readonly queries?: Queries;
  /** Without them there is no `/explain`. */
  readonly explanations?: Explanations;
  /** Without it there is no live page. */
  readonly live?: LiveView;
  /** Without it there is no `/metrics`. */
  readonly metrics?: MetricsPage;
  /** Have all configured providers been started? */
  readonly ready: () => boolean;
  /** Mistakes for which a changed configuration is not in force. Default: none. */
  readonly mistakes?: () => number;
  /** Do the answers show what is in the store now? Default: yes. */
  readonly current?: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Bounds against clients that are slow or many. Times are seconds. */
export interface WebServerLimits {
  /** Further connections are closed at once. */
  readonly connections: number;
  /** To send the head of a request. */
  readonly headersTimeout: number;
  /** To send a request. */
  readonly requestTimeout: number;
  /** Without a byte in either direction. */
  readonly idleTimeout: number;
  readonly feed?: LiveFeedOptions;
}

const LIMITS: WebServerLimits = { connections: 2000, headersTimeout: 10, requestTimeout: 30, idleTimeout: 30 };

/** The original answers whatever method like GET, so that a slip of a client looks like a success. */
const READING: readonly string[] = ['GET', 'HEAD'];

const UNKNOWN_CHANGE = `That cannot be supposed: "if" is KEY=NUMBER, KEY=none or labels=NAME,NAME. The keys are ${WHAT_IF_KEYS.join(', ')}.`;

/** How old answers are marked that are given while the store is away (RFC 7234, 5.5.1). */
const STALE = '110 - "ZooKeeper is away: this is the last known state"';

/**
 * The web interface of a launcher: lists of what is in the store, as tables for people and JSON for programs (spec BUILDER 4), a
 * live page, and metrics. Nothing can be changed, and the store is never asked.
 */
export class WebServer {
  private readonly server: Server;
  private readonly cache: AnswerCache;
  private readonly underway: AnswersUnderway;
  private readonly live: LiveRoutes | undefined;
  private readonly router: Router;

  constructor(
    private readonly context: WebServerContext,
    limits: Partial<WebServerLimits> = {},
  ) {
    const { clock, live, logger } = context;
    this.cache = new AnswerCache(clock);
    this.underway = new AnswersUnderway(clock);
    this.live = live && new LiveRoutes({ view: live, clock, logger, ...(limits.feed ? { feed: limits.feed } : {}) });
    this.router = this.makeRouter();
    const app = new Koa();
    app.on('error', (error: unknown) => this.report(error));
    app.use((ctx, next) => this.guard(ctx, next));
    app.use(this.router.routes());
    app.use((ctx) => sendError(ctx, 404, 'The resource could not be found.'));
    const handle = app.callback();
    const all = { ...LIMITS, ...limits };
    this.server = createServer(
      { connectionsCheckingInterval: Math.min(5, all.headersTimeout) * 1000 },
      (request, response) => void handle(request, response),
    );
    this.server.requestTimeout = all.requestTimeout * 1000;
    this.server.headersTimeout = all.headersTimeout * 1000;
    this.server.maxConnections = all.connections;
    this.server.setTimeout(all.idleTimeout * 1000);
  }

  /** The paths that are answered, as the router has them. */
  get paths(): readonly string[] {
    return this.router.stack.map(({ path }) => String(path));
  }

  /** Answers the port, which the system chose if `port` is 0. @throws when the address cannot be used. */
  async listen(port: number, address: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ port, host: address }, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    this.server.on('error', (error) => this.report(error));
    this.live?.open();
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends all connections. Idempotent. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.live?.close();
    this.server.closeAllConnections();
    await closed;
  }

  private makeRouter(): Router {
    const { queries, explanations, metrics } = this.context;
    const router = new Router({ strict: true, sensitive: true });
    for (const [path, page] of Object.entries(queries ? listPages(queries) : {}))
      router.all(path, (ctx) => this.sendPage(ctx, path, page));
    if (explanations) {
      router.all('/explain', (ctx) => this.sendExplanation(ctx, explanations, { kind: 'fleet' }));
      router.all('/explain/:kind/:id', (ctx) => this.sendExplanation(ctx, explanations, ctx.params));
    }
    router.all('/ready', (ctx) => this.sendReady(ctx));
    if (metrics) router.all('/metrics', (ctx) => sendMetrics(ctx, metrics));
    const description = Buffer.from(`${JSON.stringify(OPENAPI, null, 2)}\n`);
    router.all('/openapi.json', (ctx) =>
      this.send(ctx, 200, 'json', makeAnswer(description, this.context.clock.now())),
    );
    this.live?.addTo(router);
    return router;
  }

  /** Negotiates before anything else is looked at, and turns every failure into an answer. */
  private async guard(ctx: Context, next: () => Promise<unknown>): Promise<void> {
    const type = negotiate(ctx.request.headers.accept);
    // These have one form each.
    const oneForm = ctx.path === '/metrics' || this.live?.wants(ctx) === true;
    if (!type && !oneForm) return sendError(ctx, 406, 'The resource can be had as text/plain and as application/json.');
    (ctx.state as { answerType: AnswerType }).answerType = type ?? 'text';
    if (!READING.includes(ctx.method) && this.router.match(ctx.path, 'GET').path.length > 0) {
      ctx.set('Allow', READING.join(', '));
      return sendError(ctx, 405, 'The resource can be read only.');
    }
    try {
      await next();
    } catch (error: unknown) {
      // What was asked for is not repeated: it may be anything.
      if (error instanceof UnknownChangeError) return sendError(ctx, 400, UNKNOWN_CHANGE);
      if (error instanceof FormError) {
        ctx.set('Connection', 'close');
        return sendError(ctx, error.status, error.message);
      }
      this.report(error);
      sendError(ctx, 500, 'The server failed to answer.');
    }
  }

  private async sendPage(ctx: Context, path: string, page: Page): Promise<void> {
    const type = answerType(ctx);
    const parameters = await readParameters(ctx.req, ctx.querystring);
    const sorted = [...parameters].map((pair) => JSON.stringify(pair)).sort();
    const answer = await this.cache.answer([type, path, ...sorted].join('\n'), () =>
      page(type, parameters, this.context.clock.now()),
    );
    this.send(ctx, 200, type, answer);
  }

  /** Never an old one: it is made from memory, and asked for by people in trouble. */
  private sendExplanation(
    ctx: Context,
    explanations: Explanations,
    { kind = '', id = '' }: Readonly<Record<string, string | undefined>>,
  ): void {
    const now = this.context.clock.now();
    const changes = new URLSearchParams(ctx.querystring).getAll('if');
    if (changes.length > 0 && kind !== 'request') return sendError(ctx, 400, '"if" goes with a request only.');
    const page = explainPage(explanations, { kind, id, changes }, answerType(ctx), now);
    // What was asked for is not repeated: it may be anything.
    if (page === undefined) return sendError(ctx, 404, 'Nothing is known about it.');
    this.send(ctx, 200, answerType(ctx), makeAnswer(Buffer.from(page), now));
  }

  private sendReady(ctx: Context): void {
    // The body is what the original's is: whoever compares it is not to be told anything else.
    const mistakes = this.context.mistakes?.() ?? 0;
    if (mistakes > 0) ctx.append('Warning', unusedConfiguration(mistakes));
    const [status, text] = this.context.ready() ? [200, 'OK'] : [503, 'Not ready'];
    this.send(ctx, status, answerType(ctx), makeAnswer(Buffer.from(text), this.context.clock.now()));
  }

  private send(ctx: Context, status: number, type: AnswerType, answer: Answer): void {
    if (!this.underway.admit(answer.body, ctx.res)) {
      ctx.set('Retry-After', '1');
      return sendError(ctx, 503, 'Too many answers wait for slow readers.');
    }
    if (this.context.current?.() === false) ctx.append('Warning', STALE);
    sendAnswer(ctx, status, type, answer);
  }

  private report(error: unknown): void {
    if (isClientTrouble(error)) return;
    this.context.logger.error('A web request failed', { err: asError(error) });
  }
}

/** RFC 7234, 5.5.7. The log and `config-validate` say more; who asks here need not know them. */
function unusedConfiguration(mistakes: number): string {
  const many = mistakes === 1 ? 'a mistake' : `${mistakes} mistakes`;
  return `299 - "The changed configuration has ${many}: the one before stays in force"`;
}

async function sendMetrics(ctx: Context, metrics: MetricsPage): Promise<void> {
  const text = await metrics.read();
  ctx.set({ 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' });
  ctx.body = text;
}

/** Clients that hang up or send nonsense (`HPE_*`, the parser's codes) are none of the operator's business. */
function isClientTrouble(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE|HPE_.*)$/.test(code);
}

function answerType(ctx: Context): AnswerType {
  return (ctx.state as { answerType?: AnswerType }).answerType ?? 'text';
}

function sendError(ctx: Context, status: number, message: string): void {
  const accept = ctx.request.headers.accept;
  const { contentType, body } = errorBody(status, message, accept, answerType(ctx) === 'json');
  ctx.status = status;
  ctx.set('Content-Type', contentType);
  ctx.body = body;
}
