import type { ServerHostKeyAlgorithm } from 'ssh2';
import { asError, sleep } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { NoHostKeysError, ScanTimeoutError } from '../../ports/runtime/host-key-scan.js';
import type { HostKeyScanner, HostKeyScanTarget } from '../../ports/runtime/host-key-scan.js';
import { HungUpError, receiveHostKey } from './host-key-handshake.js';
import { Slots } from './slots.js';
import { openConnection } from './tcp-connection.js';

export interface SshHostKeyScannerOptions {
  /** Scans at once; others wait in line, and their time does not run yet. Default 100. */
  readonly maxScans?: number;
  /** Seconds from one try to the next. Default 2. */
  readonly retryInterval?: number;
  /** Seconds one try may take. Default 10. */
  readonly tryTimeout?: number;
}

/** One key of each kind is asked for by itself: a server shows but one key per connection. */
const KEY_KINDS: readonly (readonly ServerHostKeyAlgorithm[])[] = [
  ['ssh-ed25519'],
  ['ecdsa-sha2-nistp256'],
  ['ecdsa-sha2-nistp384'],
  ['ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
];

/** Gathers SSH host keys over the network (spec BUILDER 6.5, LAUNCHER 2.7). */
export class SshHostKeyScanner implements HostKeyScanner {
  private readonly slots: Slots;
  private readonly retryInterval: number;
  private readonly tryTimeout: number;

  constructor(
    private readonly clock: Clock,
    options: SshHostKeyScannerOptions = {},
  ) {
    this.slots = new Slots(options.maxScans ?? 100);
    this.retryInterval = options.retryInterval ?? 2;
    this.tryTimeout = options.tryTimeout ?? 10;
  }

  async scan(target: HostKeyScanTarget, timeout: number, signal?: AbortSignal): Promise<readonly string[]> {
    return this.slots.use(() => this.scanNow(target, timeout, signal), signal);
  }

  private async scanNow(target: HostKeyScanTarget, timeout: number, signal?: AbortSignal): Promise<readonly string[]> {
    const scan = new Scan(target);
    const late = new Error(`${target.host}:${target.port} did not answer within ${timeout} s`);
    try {
      await this.limited(timeout, late, signal, (limit) => this.gather(scan, limit));
    } catch (error) {
      if (error !== late) throw error;
      // Keys of other kinds may be there, but those that came can be relied on.
      if (scan.keys.length === 0) throw scan.failure(timeout);
    }
    return scan.keys;
  }

  /** Tries until nothing is left to ask for. @throws the signal's reason */
  private async gather(scan: Scan, signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.tryOnce(scan, signal);
        if (scan.complete) return;
      } catch (error) {
        if (signal.aborted || error instanceof NoHostKeysError) throw error;
        scan.problem = asError(error).message;
      }
      await sleep(this.clock, this.retryInterval, signal);
    }
  }

  /** Asks for everything that is open. @throws when a connection fails */
  private async tryOnce(scan: Scan, signal: AbortSignal): Promise<void> {
    const late = new Error('The try took too long');
    const { host, port, gather } = scan.target;
    if (gather === 'port') {
      const socket = await this.limited(this.tryTimeout, late, signal, (limit) => openConnection(host, port, limit));
      socket.destroy();
      scan.open.clear();
      return;
    }
    for (const kind of [...scan.open]) {
      await this.limited(this.tryTimeout, late, signal, async (limit) => {
        const socket = await openConnection(host, port, limit);
        scan.answered = true;
        try {
          const result = await receiveHostKey(socket, kind, limit);
          if (result !== 'not-offered') scan.keys.push(result.key);
          scan.open.delete(kind);
        } catch (error) {
          if (!(error instanceof HungUpError)) throw error;
          scan.hungUp(kind);
        }
      });
    }
    if (!scan.complete) throw new HungUpError('The server hung up');
    if (scan.keys.length === 0) throw new NoHostKeysError(`${host}:${port} offers no host key that we know`);
  }

  /** Runs the task with a signal that is aborted with `late` when the seconds are over, or by the outer signal. */
  private async limited<T>(
    seconds: number,
    late: Error,
    outer: AbortSignal | undefined,
    task: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (outer?.aborted) throw asError(outer.reason);
    const controller = new AbortController();
    const cancel = this.clock.schedule(seconds, () => controller.abort(late));
    const onAbort = (): void => controller.abort(outer?.reason);
    outer?.addEventListener('abort', onAbort, { once: true });
    try {
      return await task(controller.signal);
    } finally {
      cancel();
      outer?.removeEventListener('abort', onAbort);
    }
  }
}

/** How far one scan has come. */
class Scan {
  readonly keys: string[] = [];
  /** Kinds of keys still to be asked for. */
  readonly open = new Set(KEY_KINDS);
  answered = false;
  problem = '';

  private readonly hangUps = new Map<(typeof KEY_KINDS)[number], number>();

  constructor(readonly target: HostKeyScanTarget) {}

  /**
   * Dropbear hangs up when it has no key of the kind, others when they are too busy: who does it again, and has shown a key of another
   * kind, has none of this one.
   */
  hungUp(kind: (typeof KEY_KINDS)[number]): void {
    const times = (this.hangUps.get(kind) ?? 0) + 1;
    this.hangUps.set(kind, times);
    if (times > 1 && this.keys.length > 0) this.open.delete(kind);
  }

  get complete(): boolean {
    return this.open.size === 0;
  }

  failure(timeout: number): Error {
    const where = `${this.target.host}:${this.target.port}`;
    const last = this.problem ? `; last problem: ${this.problem}` : '';
    return this.answered
      ? new NoHostKeysError(`${where} showed no host key within ${timeout} s${last}`)
      : new ScanTimeoutError(`${where} did not answer within ${timeout} s${last}`);
  }
}
