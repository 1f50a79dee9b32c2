import type Router from '@koa/router';
import type { Context } from 'koa';
import type { LiveView } from '../../../ports/administration/live.js';
import { asError } from '../../../ports/toolkit/sleep.js';
import type { Clock } from '../../../ports/runtime/clock.js';
import type { Logger } from '../../../ports/telemetry/logger.js';
import { makeAnswer } from '../answer-cache.js';
import { isBrowser } from '../negotiate.js';
import { readLiveAssets, type LiveAsset } from './live-assets.js';
import { LiveFeed, type LiveFeedOptions } from './live-feed.js';

/** Nothing from elsewhere, nothing inline, no frames, no forms. */
const SECURITY: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

export interface LiveRoutesContext {
  readonly view: LiveView;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly feed?: LiveFeedOptions;
}

/** The live page: its files and its events. */
export class LiveRoutes {
  private readonly feed: LiveFeed;
  private readonly assets: ReadonlyMap<string, LiveAsset>;

  constructor(private readonly context: LiveRoutesContext) {
    this.feed = new LiveFeed(context.view, context.clock, context.logger, context.feed);
    this.assets = this.readAssets();
  }

  /** Is it for the page to answer? `/` is there for browsers only: everybody else is told what the original tells (spec BUILDER 4.1). */
  wants(ctx: Context): boolean {
    if (ctx.path === '/') return this.assets.has('/') && isBrowser(ctx.get('Accept'));
    return ctx.path === '/live/events' || (ctx.path.startsWith('/live/') && this.assets.has(ctx.path));
  }

  addTo(router: Router): void {
    for (const [path, asset] of this.assets) router.get(path, (ctx, next) => this.sendAsset(ctx, asset, next));
    router.get('/live/events', (ctx) => this.sendEvents(ctx));
  }

  open(): void {
    this.context.view.start();
  }

  close(): void {
    this.context.view.stop();
    this.feed.close();
  }

  private readAssets(): ReadonlyMap<string, LiveAsset> {
    try {
      return readLiveAssets();
    } catch (error: unknown) {
      this.context.logger.warn('The files of the live page are missing; there will be none', { err: asError(error) });
      return new Map();
    }
  }

  private async sendAsset(ctx: Context, { type, body }: LiveAsset, next: () => Promise<unknown>): Promise<void> {
    if (!this.wants(ctx)) return void (await next());
    const { etag } = makeAnswer(body, 0);
    ctx.set({ ...SECURITY, ETag: etag, 'Cache-Control': 'no-cache', Vary: 'Accept' });
    ctx.status = 200;
    if (ctx.get('If-None-Match') === etag) {
      ctx.status = 304;
      return;
    }
    ctx.set('Content-Type', type);
    ctx.body = body;
  }

  private sendEvents(ctx: Context): void {
    if (this.feed.full) {
      ctx.status = 503;
      ctx.set('Retry-After', '10');
      ctx.body = 'Too many pages are open already.\n';
      return;
    }
    const lastId = ctx.get('Last-Event-ID') || (new URLSearchParams(ctx.querystring).get('last') ?? '');
    ctx.respond = false;
    ctx.res.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // Proxies that collect answers would hold the events back.
      'X-Accel-Buffering': 'no',
      ...SECURITY,
    });
    if (ctx.method === 'HEAD') return void ctx.res.end();
    ctx.res.write('retry: 3000\n\n');
    this.feed.join(ctx.res, lastId);
  }
}
