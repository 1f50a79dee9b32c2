import type { AcquireOptions, AcquireResult, LeaseManager } from '../../ports/coordination/lease.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Logger } from '../../ports/telemetry/logger.js';

/** Tells of every lease that is taken, refused, let go or lost. */
export class TracedLeases implements LeaseManager {
  constructor(
    private readonly leases: LeaseManager,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async acquire(directory: string, options?: AcquireOptions): Promise<AcquireResult> {
    const begun = this.clock.monotonic();
    const seconds = (): number => rounded(this.clock.monotonic() - begun);
    try {
      const result = await this.leases.acquire(directory, options);
      if ('refused' in result) {
        this.logger.debug('A lease was refused', { path: directory, because: result.refused, seconds: seconds() });
        return result;
      }
      const { signal, generation } = result.lease;
      this.logger.debug('A lease was taken', { path: directory, session: generation, seconds: seconds() });
      const ended = (): void => {
        this.logger.debug('A lease has ended', {
          path: directory,
          because: asError(signal.reason).message,
          seconds: seconds(),
        });
      };
      signal.addEventListener('abort', ended, { once: true });
      return result;
    } catch (error) {
      this.logger.debug('A lease could not be asked for', { path: directory, seconds: seconds(), err: error });
      throw error;
    }
  }

  contenders(directory: string): Promise<readonly string[]> {
    return this.leases.contenders(directory);
  }

  async forceRelease(directory: string): Promise<boolean> {
    const released = await this.leases.forceRelease(directory);
    this.logger.debug('A lease of somebody else was ended by force', { path: directory, released });
    return released;
  }
}

/** To the millisecond. */
export function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
