import type { ServerResponse } from 'node:http';
import type { Context } from 'koa';
import type { LeaseId } from '../../../../domain/model/lease.js';
import type { LeaseCaller, LeaseDescription, LeaseDesk } from '../../../../ports/leasing/lease-desk.js';
import type { CancelTimer, Clock } from '../../../../ports/runtime/clock.js';
import { leaseJson } from './lease-json.js';

/** Seconds between two comments, so that nobody in between takes the stream for dead. */
const COMMENT = 15;
/** Bytes that may wait for a client that does not read: who is so far behind is let go, and asks again. */
const MOST_WAITING = 256 * 1024;

/** Server-sent events of leases, one stream for each client. */
export class EventStreams {
  private readonly open_ = new Set<EventStream>();

  constructor(
    private readonly desk: LeaseDesk,
    private readonly clock: Clock,
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
    // A client that vanishes without a word must not count as alive for longer than need be.
    ctx.req.socket.setKeepAlive(true, 10_000);
    const stream = new EventStream(ctx.res, this.clock);
    this.open_.add(stream);
    const finish = (): void => {
      this.open_.delete(stream);
      stream.end();
    };
    this.desk.follow(id, caller, stream.signal, (description) => stream.tell(description)).then(finish, finish);
  }

  /** Lets everybody go. */
  close(): void {
    for (const stream of this.open_) stream.end();
  }
}

class EventStream {
  private readonly leaving = new AbortController();
  private serial = 0;
  private cancel: CancelTimer = () => undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly clock: Clock,
  ) {
    response.once('close', () => this.left());
    this.comment();
  }

  get signal(): AbortSignal {
    return this.leaving.signal;
  }

  tell(description: LeaseDescription): void {
    this.serial += 1;
    this.write(`event: lease\nid: ${this.serial}\ndata: ${JSON.stringify(leaseJson(description))}\n\n`);
  }

  end(): void {
    this.left();
    this.response.end();
  }

  private comment(): void {
    this.cancel = this.clock.schedule(COMMENT, () => {
      this.write(': still here\n\n');
      this.comment();
    });
  }

  private write(text: string): void {
    if (this.signal.aborted) return;
    if (this.response.writableLength > MOST_WAITING) this.response.destroy();
    else this.response.write(text);
  }

  private left(): void {
    this.cancel();
    if (!this.signal.aborted) this.leaving.abort(new Error('the client has left'));
  }
}
