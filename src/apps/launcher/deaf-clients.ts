import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import { LATE_WATCH, watchesLate } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { sleep } from '../../ports/toolkit/sleep.js';

/** New requests whose clients would not hear of an answer yet. */
export class DeafClients {
  /** Monotonic times from which on they hear. */
  private readonly until = new Map<RequestId, number>();

  constructor(private readonly clock: Clock) {}

  /** A request has come. */
  note({ id, value }: Stored<NodeRequest>): void {
    if (value.state === 'requested' && watchesLate(value)) this.until.set(id, this.clock.monotonic() + LATE_WATCH);
  }

  forget(id: RequestId): void {
    this.until.delete(id);
  }

  /** Resolves when the client hears of an answer; undefined = it does already. Rejects with the signal's reason. */
  listening(id: RequestId, signal: AbortSignal): Promise<void> | undefined {
    const seconds = (this.until.get(id) ?? 0) - this.clock.monotonic();
    return seconds > 0 ? sleep(this.clock, seconds, signal) : undefined;
  }
}
