import type { ServerResponse } from 'node:http';
import type { Context } from 'koa';
import type { LeaseId } from '../../../../domain/model/lease.js';
import type { LeaseCaller, LeaseDescription, LeaseDesk } from '../../../../ports/leasing/lease-desk.js';
import type { CancelTimer, Clock } from '../../../../ports/runtime/clock.js';
import { connectionKey, type Unacknowledged } from '../unacknowledged.js';
import { leaseJson } from './lease-json.js';

/** Seconds between two comments, so that nobody in between takes the stream for dead. */
const COMMENT = 15;
/** Bytes that may wait for a client that does not read: who is so far behind is let go, and asks again. */
const MOST_WAITING = 256 * 1024;
/** So many comments in a row before which the one before was not acknowledged: whoever is there has lost the connection, or is not there. */
const MOST_UNHEARD = 4;

/** Server-sent events of leases, one stream for each client. */
export class EventStreams {
  private readonly open_ = new Set<EventStream>();
  private cancel: CancelTimer | null = null;

  constructor(
    private readonly desk: LeaseDesk,
    private readonly clock: Clock,
    private readonly unacknowledged: Unacknowledged,
  ) {}

  open(ctx: Context, id: LeaseId, caller: LeaseCaller): void {
    ctx.respond = false;
    ctx.res.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // Proxies that collect answers would hold the events back.
      'X-Accel-Buffering': 'no',
    });
    if (ctx.method === 'HEAD') return void ctx.res.end();
    // Finds whoever vanishes while nothing is on its way to him.
    ctx.req.socket.setKeepAlive(true, 10_000);
    const stream = new EventStream(ctx.res, connectionKey(ctx.req.socket));
    this.open_.add(stream);
    this.cancel ??= this.commentLater();
    const finish = (): void => {
      this.open_.delete(stream);
      stream.end();
    };
    this.desk.follow(id, caller, stream.signal, (description) => stream.tell(description)).then(finish, finish);
  }

  /** Lets everybody go. */
  close(): void {
    for (const stream of this.open_) stream.end();
    this.open_.clear();
    this.cancel?.();
    this.cancel = null;
  }

  private commentLater(): CancelTimer {
    return this.clock.schedule(COMMENT, () => void this.comment());
  }

  /** A client that vanishes without a word must not count as alive for longer than need be. */
  private async comment(): Promise<void> {
    const unheard = await this.unacknowledged();
    for (const stream of this.open_) stream.comment(unheard);
    this.cancel = this.open_.size === 0 ? null : this.commentLater();
  }
}

class EventStream {
  private readonly leaving = new AbortController();
  private serial = 0;
  /** Comments in a row before which something was still not acknowledged. */
  private unheard = 0;

  constructor(
    private readonly response: ServerResponse,
    private readonly connection: string | null,
  ) {
    response.once('close', () => this.left());
  }

  get signal(): AbortSignal {
    return this.leaving.signal;
  }

  tell(description: LeaseDescription): void {
    this.serial += 1;
    this.write(`event: lease\nid: ${this.serial}\ndata: ${JSON.stringify(leaseJson(description))}\n\n`);
  }

  comment(unheard: ReadonlyMap<string, number>): void {
    const bytes = this.connection === null ? 0 : (unheard.get(this.connection) ?? 0);
    this.unheard = bytes > 0 ? this.unheard + 1 : 0;
    if (this.unheard >= MOST_UNHEARD) this.response.destroy();
    else this.write(': still here\n\n');
  }

  end(): void {
    this.left();
    this.response.end();
  }

  private write(text: string): void {
    if (this.signal.aborted) return;
    if (this.response.writableLength > MOST_WAITING) this.response.destroy();
    else this.response.write(text);
  }

  private left(): void {
    if (!this.signal.aborted) this.leaving.abort(new Error('the client has left'));
  }
}
