import { LeaseLostError, LeaseReleasedError } from '../../ports/coordination/lease.js';
import type { Lease } from '../../ports/coordination/lease.js';
import type { SessionMonitor } from '../../ports/coordination/session.js';

/** One for all: making an error is dear, and each lease ends with this one. */
const RELEASED = new LeaseReleasedError('The lease was released');

/** A lease that was acquired: valid until the session is in trouble or it is released. */
export class HeldLease implements Lease {
  private readonly controller = new AbortController();
  private readonly unsubscribe: () => void;
  private released: Promise<void> | undefined;

  constructor(
    readonly path: string,
    readonly generation: number,
    readonly contender: string | null,
    session: SessionMonitor,
    private readonly removeOwn: () => Promise<void>,
    private readonly ended: () => void,
  ) {
    this.unsubscribe = session.onChange((event) => {
      if (event.state !== 'connected')
        this.end(new LeaseLostError(`The session of the lease on ${path} is ${event.state}`));
    });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  letGo(): void {
    this.end(RELEASED);
    this.released ??= Promise.resolve();
  }

  release(): Promise<void> {
    this.end(RELEASED);
    this.released ??= this.removeOwn();
    return this.released;
  }

  private end(reason: Error): void {
    this.unsubscribe();
    this.ended();
    this.controller.abort(reason);
  }
}
