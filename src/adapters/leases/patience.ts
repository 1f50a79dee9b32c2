import type { SessionMonitor } from '../../ports/coordination/session.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';

/** How long one `acquire` may still wait: until its time is up or its caller gives up. */
export class Patience {
  private readonly deadline: number;

  constructor(
    private readonly clock: Clock,
    private readonly session: SessionMonitor,
    wait: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.deadline = clock.monotonic() + wait;
  }

  /** Is there time left to wait? @throws the signal's reason when aborted */
  get lasts(): boolean {
    if (this.signal?.aborted) throw asError(this.signal.reason);
    return this.clock.monotonic() < this.deadline;
  }

  /**
   * Resolves after `wake` was called, when the session is connected anew or lost, or when the time is up.
   * A mere suspension is sat out: the watch that is to wake us survives it.
   * @throws the signal's reason when aborted
   */
  async until(arrange: (wake: () => void) => Promise<'wait' | 'go on'>): Promise<void> {
    const ended: (() => void)[] = [];
    try {
      await new Promise<void>((resolve, reject) => {
        const abort = (): void => reject(asError(this.signal?.reason));
        if (this.signal?.aborted) return abort();
        this.signal?.addEventListener('abort', abort, { once: true });
        ended.push(() => this.signal?.removeEventListener('abort', abort));
        ended.push(this.session.onChange((event) => event.state !== 'suspended' && resolve()));
        if (this.deadline < Infinity) {
          ended.push(this.clock.schedule(Math.max(0, this.deadline - this.clock.monotonic()), resolve));
        }
        arrange(resolve).then((answer) => answer === 'go on' && resolve(), reject);
      });
    } finally {
      for (const end of ended) end();
    }
  }
}
