import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import Router from '@koa/router';
import Koa, { type Context, type Next } from 'koa';
import type { LeaseTokenConfig } from '../../../domain/config/lease-api.js';
import { asError } from '../../../ports/toolkit/sleep.js';
import type { Logger } from '../../../ports/telemetry/logger.js';
import { accepts } from './accepts.js';
import type { ApiRoutes } from './api-routes.js';
import { authenticate } from './caller.js';
import { ApiProblem, PROBLEM_TYPE, problemBody, sendProblem } from './problem.js';
import { listenOnSocket } from './unix-socket.js';

export interface ApiListenerContext {
  readonly routes: readonly ApiRoutes[];
  /** Of the current configuration. */
  readonly tokens: () => readonly LeaseTokenConfig[];
  readonly logger: Logger;
}

/** Bounds against clients that are slow or many. Times are seconds. */
export interface ApiLimits {
  readonly connections: number;
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  /** Without a byte in either direction: longer than the longest poll. */
  readonly idleTimeout: number;
}

const LIMITS: ApiLimits = { connections: 10_000, headersTimeout: 10, requestTimeout: 30, idleTimeout: 90 };

export interface TcpAddress {
  readonly address: string;
  readonly port: number;
  /** The texts of certificate and key, not their files. */
  readonly tls?: { readonly cert: string; readonly key: string } | null;
}

/**
 * The listener of what can be changed over HTTP: leases and the operators' commands. Apart from the read-only web interface,
 * with tokens, and with a unix socket that needs none.
 */
export class ApiListener {
  private readonly servers: NetServer[] = [];
  private readonly local = new WeakSet<IncomingMessage>();
  private readonly router = new Router({ strict: true, sensitive: true });
  private readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  private readonly limits: ApiLimits;
  private opened = false;

  constructor(
    private readonly context: ApiListenerContext,
    limits: Partial<ApiLimits> = {},
  ) {
    this.limits = { ...LIMITS, ...limits };
    for (const each of context.routes) each.addTo(this.router);
    const app = new Koa();
    app.on('error', (error: unknown) => this.report(error));
    app.use((ctx, next) => this.guard(ctx, next));
    app.use(this.router.routes());
    this.handle = app.callback();
  }

  /** Every path with its methods, as the router has them. */
  get paths(): readonly { readonly path: string; readonly methods: readonly string[] }[] {
    return this.router.stack.map(({ path, methods }) => ({ path: String(path), methods }));
  }

  /** Answers the port, which the system chose if it is 0. @throws when the address cannot be used */
  async listenOnTcp({ address, port, tls }: TcpAddress): Promise<number> {
    const server = tls ? createTlsServer({ ...tls }, this.entry(false)) : createServer(this.entry(false));
    this.prepare(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host: address }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.took(server);
    return (server.address() as AddressInfo).port;
  }

  /** @throws Error, in words for people, when the path cannot be used */
  async listenOnUnixSocket(path: string): Promise<void> {
    const server = createServer(this.entry(true));
    this.prepare(server);
    await listenOnSocket(server, path);
    this.took(server);
  }

  /** Ends all connections. Idempotent. */
  async close(): Promise<void> {
    const servers = this.servers.splice(0);
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    if (this.opened) for (const each of this.context.routes) each.close?.();
    this.opened = false;
    for (const server of servers) (server as Server).closeAllConnections();
    await Promise.all(closed);
  }

  private entry(local: boolean): (request: IncomingMessage, response: ServerResponse) => void {
    return (request, response) => {
      if (local) this.local.add(request);
      void this.handle(request, response);
    };
  }

  private prepare(
    server: Pick<Server, 'requestTimeout' | 'headersTimeout' | 'maxConnections' | 'setTimeout'> & NetServer,
  ): void {
    server.requestTimeout = this.limits.requestTimeout * 1000;
    server.headersTimeout = this.limits.headersTimeout * 1000;
    server.maxConnections = this.limits.connections;
    server.setTimeout(this.limits.idleTimeout * 1000);
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => refuseNonsense(error, socket));
  }

  private took(server: NetServer): void {
    server.on('error', (error) => this.report(error));
    this.servers.push(server);
    if (!this.opened) for (const each of this.context.routes) each.open?.();
    this.opened = true;
  }

  /** Asks in the order of the contract (401, 404 or 405, 406), and turns every failure into an answer. */
  private async guard(ctx: Context, next: Next): Promise<void> {
    try {
      (ctx.state as { caller: unknown }).caller = authenticate(ctx, this.local.has(ctx.req), this.context.tokens);
      this.checkRoute(ctx);
      await next();
    } catch (error: unknown) {
      if (ctx.res.headersSent) return this.report(error);
      if (error instanceof ApiProblem) return sendProblem(ctx, error);
      this.report(error);
      sendProblem(ctx, new ApiProblem(500, 'internal', 'The server failed to answer.'));
    }
  }

  private checkRoute(ctx: Context): void {
    const match = this.router.match(ctx.path, ctx.method);
    if (match.path.length === 0) throw new ApiProblem(404, 'not-found', 'There is nothing at this path.');
    if (!match.route) {
      const allowed = [...new Set(match.path.flatMap(({ methods }) => methods))].sort().join(', ');
      throw new ApiProblem(405, 'method-not-allowed', `The methods of this path are ${allowed}.`, {
        headers: { Allow: allowed },
      });
    }
    const type = ctx.path.endsWith('/events') ? 'text/event-stream' : 'application/json';
    if (!accepts(ctx.get('Accept'), type)) throw new ApiProblem(406, 'not-acceptable', `The answer is ${type}.`);
  }

  private report(error: unknown): void {
    const { code } = error as { readonly code?: unknown };
    // Clients that hang up are none of the operator's business.
    if (typeof code === 'string' && /^(ECONNRESET|EPIPE|ERR_STREAM_\w+|HPE_.*)$/.test(code)) return;
    this.context.logger.error('A call of the API failed', { err: asError(error) });
  }
}

/** What is no HTTP at all, or whose head never ends. */
function refuseNonsense(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, detail] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'The head of the request is too long.']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'The request did not come in time.']
        : [400, 'The request is no HTTP.'];
  const body = problemBody(new ApiProblem(status, 'malformed', detail));
  const head = `HTTP/1.1 ${status} Error\r\nConnection: close\r\nContent-Type: ${PROBLEM_TYPE}`;
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
