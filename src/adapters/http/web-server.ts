import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import Koa, { type Context } from 'koa';
import type { Explanations } from '../../ports/administration/explanations.js';
import type { Queries } from '../../ports/administration/queries.js';
import { asError, type Clock } from '../../ports/runtime/clock.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { AnswerCache } from './answer-cache.js';
import { errorBody } from './error-body.js';
import { explainPage } from './explain-page.js';
import { FormError, readParameters } from './form-parameters.js';
import { negotiate, type AnswerType } from './negotiate.js';
import { listPages, type Page } from './pages.js';
import { sendAnswer } from './send-answer.js';

export interface WebServerContext {
  readonly queries: Queries;
  /** Without them there is no `/explain`. */
  readonly explanations?: Explanations;
  /** Have all configured providers been started? */
  readonly ready: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Milliseconds a client may take to send a request. */
const REQUEST_TIMEOUT = 30_000;
const HEADERS_TIMEOUT = 10_000;

/**
 * The web interface of a launcher: lists of what is in the store, as tables for people and JSON for programs (spec BUILDER 4).
 * Every method is answered like GET; nothing can be changed.
 */
export class WebServer {
  private readonly server: Server;
  private readonly cache: AnswerCache;

  constructor(private readonly context: WebServerContext) {
    this.cache = new AnswerCache(context.clock);
    const app = new Koa();
    app.on('error', (error: unknown) => this.report(error));
    app.use((ctx, next) => this.guard(ctx, next));
    app.use(this.routes().routes());
    app.use((ctx) => sendError(ctx, 404, 'The resource could not be found.'));
    const handle = app.callback();
    this.server = createServer((request, response) => void handle(request, response));
    this.server.requestTimeout = REQUEST_TIMEOUT;
    this.server.headersTimeout = HEADERS_TIMEOUT;
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
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends all connections. Idempotent. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private routes(): Router {
    const router = new Router({ strict: true, sensitive: true });
    for (const [path, page] of Object.entries(listPages(this.context.queries))) router.all(path, (ctx) => this.sendPage(ctx, path, page));
    router.all('/explain/:kind/:id', (ctx) => this.sendExplanation(ctx, ctx.params));
    router.all('/ready', (ctx) => this.sendReady(ctx));
    return router;
  }

  /** Negotiates before anything else is looked at, and turns every failure into an answer. */
  private async guard(ctx: Context, next: () => Promise<unknown>): Promise<void> {
    const type = negotiate(ctx.request.headers.accept);
    if (!type) return sendError(ctx, 406, 'The resource can be had as text/plain and as application/json.');
    (ctx.state as { answerType: AnswerType }).answerType = type;
    try {
      await next();
    } catch (error: unknown) {
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
    const answer = this.cache.answer([type, path, ...sorted].join('\n'), () =>
      Buffer.from(page(type, parameters, this.context.clock.now())),
    );
    sendAnswer(ctx, 200, type, answer);
  }

  /** Never an old one: it is made from memory, and asked for by people in trouble. */
  private sendExplanation(ctx: Context, { kind = '', id = '' }: Readonly<Record<string, string | undefined>>): void {
    const { explanations, clock } = this.context;
    const now = clock.now();
    const page = explanations && explainPage(explanations, { kind, id }, answerType(ctx), now);
    // What was asked for is not repeated: it may be anything.
    if (page === undefined) return sendError(ctx, 404, 'Nothing is known about it.');
    sendAnswer(ctx, 200, answerType(ctx), { body: Buffer.from(page), madeAt: now });
  }

  private sendReady(ctx: Context): void {
    const madeAt = this.context.clock.now();
    const [status, text] = this.context.ready() ? [200, 'OK'] : [503, 'Not ready'];
    sendAnswer(ctx, status, answerType(ctx), { body: Buffer.from(text), madeAt });
  }

  private report(error: unknown): void {
    if (isClientTrouble(error)) return;
    this.context.logger.error('A web request failed', { err: asError(error) });
  }
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
