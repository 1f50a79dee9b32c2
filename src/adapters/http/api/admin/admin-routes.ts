import { PassThrough } from 'node:stream';
import type Router from '@koa/router';
import type { Context } from 'koa';
import type { AdministrationPort, Operation } from '../../../../ports/administration/operations.js';
import { operationNamed, toWire } from '../../../../ports/administration/operations.js';
import { asError } from '../../../../ports/toolkit/sleep.js';
import type { Clock } from '../../../../ports/runtime/clock.js';
import type { Logger } from '../../../../ports/telemetry/logger.js';
import type { ApiRoutes } from '../api-routes.js';
import { requireScope } from '../caller.js';
import { ApiProblem } from '../problem.js';
import { malformed, readJsonBody } from '../read-json-body.js';

export interface AdminRoutesContext {
  /** Resolves when the lists show everything that was ordered before. */
  readonly administration: () => Promise<AdministrationPort>;
  readonly clock: Clock;
  /** Who ordered what, one line each. */
  readonly logger: Logger;
}

/** Bytes; exported images of a large installation. */
const BODY_LIMIT = 32 * 1024 * 1024;
/** Seconds between signs of life, well below what listeners and proxies cut off. */
const COMMENT_INTERVAL = 15;

/**
 * The operators' commands: `POST /api/v1/admin/<operation>/events` with `{"args": […]}`. All are answered as events, for some take long:
 * `progress` any number of times, then `result`, or `failed` with the stable code and the words that the command line shows.
 */
export class AdminRoutes implements ApiRoutes {
  private readonly underWay = new Set<AbortController>();

  constructor(private readonly context: AdminRoutesContext) {}

  addTo(router: Router): void {
    router.post('/api/v1/admin/:operation/events', (ctx: Context & { params: Record<string, string> }) =>
      this.answer(ctx, ctx.params['operation'] ?? ''),
    );
  }

  close(): void {
    for (const each of [...this.underWay]) each.abort(new Error('The daemon ends'));
  }

  private async answer(ctx: Context, name: string): Promise<void> {
    const operation = operationNamed(name);
    if (!operation) throw new ApiProblem(404, 'not-found', 'There is no such operation.');
    const args = argsOf(await readJsonBody(ctx, { limit: BODY_LIMIT }));
    const caller = requireScope(ctx, 'admin');
    const wrong = operation.check(args);
    if (wrong !== null) throw malformed(wrong);
    if (operation.changes) {
      const from = ctx.req.socket.remoteAddress ?? 'the socket';
      // Of exported data only that there was some.
      const about = args.map((each) => (typeof each === 'object' ? '…' : each));
      this.context.logger.info(`Ordered: ${name}`, { holder: caller.name, from, args: about });
    }
    this.stream(ctx, operation, args);
  }

  private stream(ctx: Context, operation: Operation, args: readonly unknown[]): void {
    const body = new PassThrough();
    const ending = new AbortController();
    this.underWay.add(ending);
    const send = (event: string, value: unknown): void =>
      void body.write(`event: ${event}\ndata: ${toWire(value)}\n\n`);
    let cancel = (): void => undefined;
    const comment = (): void => {
      body.write(': still at it\n\n');
      cancel = this.context.clock.schedule(COMMENT_INTERVAL, comment);
    };
    cancel = this.context.clock.schedule(COMMENT_INTERVAL, comment);
    ctx.req.socket.once('close', () => ending.abort(new Error('The client went away')));
    ctx.status = 200;
    ctx.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    ctx.body = body;
    void this.carryOut(operation, args, ending.signal, (progress) => send('progress', progress))
      .then(
        (result) => send('result', result),
        (error: unknown) => send('failed', describe(asError(error))),
      )
      .finally(() => {
        cancel();
        this.underWay.delete(ending);
        body.end();
      });
  }

  private async carryOut(
    operation: Operation,
    args: readonly unknown[],
    signal: AbortSignal,
    report: (progress: unknown) => void,
  ): Promise<unknown> {
    const port = await this.context.administration();
    return operation.run(port, args, signal, report);
  }
}

function argsOf(body: unknown): readonly unknown[] {
  const args = (body as { readonly args?: unknown } | null | undefined)?.args;
  if (!Array.isArray(args)) throw malformed('The body has to have the member args, a list.');
  return args as readonly unknown[];
}

function describe(error: Error): { readonly code: string | null; readonly message: string } {
  const { code } = error as { readonly code?: unknown };
  return { code: typeof code === 'string' ? code : null, message: error.message };
}
