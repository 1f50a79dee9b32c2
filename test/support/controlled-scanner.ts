import { sleep } from '../../src/ports/toolkit/sleep.js';
import type { Clock } from '../../src/ports/runtime/clock.js';
import { ScanTimeoutError } from '../../src/ports/runtime/host-key-scan.js';
import type { HostKeyScanner, HostKeyScanTarget } from '../../src/ports/runtime/host-key-scan.js';

/** Machines that answer at once with a key of their own, unless told otherwise. */
export class ControlledScanner implements HostKeyScanner {
  /** Every scan, in order: `host:port`. */
  readonly asked: string[] = [];
  /** Scans under way at once, at most so far. */
  busiest = 0;
  private busy = 0;
  private readonly away = new Set<string>();
  private readonly keys = new Map<string, readonly string[]>();

  constructor(private readonly clock: Clock) {}

  /** It does not answer any more; who asks waits for the whole time-out. */
  takeAway(...hosts: readonly string[]): void {
    for (const host of hosts) this.away.add(host);
  }

  bringBack(...hosts: readonly string[]): void {
    for (const host of hosts) this.away.delete(host);
  }

  setKeys(host: string, keys: readonly string[]): void {
    this.keys.set(host, keys);
  }

  async scan(target: HostKeyScanTarget, timeout: number, signal?: AbortSignal): Promise<readonly string[]> {
    this.asked.push(`${target.host}:${target.port}`);
    this.busy += 1;
    this.busiest = Math.max(this.busiest, this.busy);
    try {
      if (!this.away.has(target.host)) return this.answer(target);
      await sleep(this.clock, timeout, signal);
      throw new ScanTimeoutError(`${target.host} does not answer`);
    } finally {
      this.busy -= 1;
    }
  }

  private answer({ host, gather }: HostKeyScanTarget): readonly string[] {
    if (gather === 'port') return [];
    return this.keys.get(host) ?? [`ssh-ed25519 KEY-OF-${host}`];
  }
}
