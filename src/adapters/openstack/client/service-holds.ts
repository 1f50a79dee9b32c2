import { sleep } from '../../../ports/toolkit/sleep.js';
import type { Clock } from '../../../ports/runtime/clock.js';
import type { Service } from './api-call.js';

const LONGEST = 60;

/** A service that has asked to be left alone for a while is left alone by all calls, not only by the one that was told. */
export class ServiceHolds {
  private readonly until = new Map<Service, number>();

  constructor(private readonly clock: Clock) {}

  /** @param seconds - as the service said; more than a minute counts as one */
  hold(service: Service, seconds: number): void {
    const end = this.clock.monotonic() + Math.min(seconds, LONGEST);
    this.until.set(service, Math.max(this.until.get(service) ?? 0, end));
  }

  async pass(service: Service, signal: AbortSignal): Promise<void> {
    for (;;) {
      const left = (this.until.get(service) ?? -Infinity) - this.clock.monotonic();
      if (left <= 0) return;
      await sleep(this.clock, left, signal);
    }
  }
}
