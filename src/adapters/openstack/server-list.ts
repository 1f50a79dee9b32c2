import type { Clock } from '../../ports/runtime/clock.js';
import { asError, sleep } from '../../ports/toolkit/sleep.js';
import type { Supervisor } from '../../ports/toolkit/supervisor.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { abortable } from './abortable.js';
import type { Server } from './server.js';

export interface ServerListOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tasks: Supervisor;
  /** Seconds between two lists at least. */
  readonly interval: number;
  readonly fetch: (signal: AbortSignal) => Promise<readonly Server[]>;
}

/** All servers, as one call listed them. */
export type ServerSnapshot = ReadonlyMap<string, Server>;

interface Watcher {
  /** Told of each snapshot; answers whether that was enough, or throws. */
  see(snapshot: ServerSnapshot): boolean;
  fail(error: Error): void;
}

/** After failed calls the pause grows up to this many seconds. */
const LONGEST_PAUSE = 30;

/**
 * The list of the project's servers, asked for by one call for everybody who waits for a server, however many they are
 * (spec BUILDER 6.5, 8 "performance"). While nobody waits nothing is asked.
 */
export class ServerList {
  private readonly watchers = new Set<Watcher>();
  private polling = false;
  private under: Promise<ServerSnapshot> | null = null;
  private following: Promise<ServerSnapshot> | null = null;

  constructor(private readonly options: ServerListOptions) {}

  /** Waits for what a snapshot shows; calls that were begun before do not count. Rejects with the signal's reason. */
  until<T>(found: (snapshot: ServerSnapshot) => T | undefined, signal: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) return reject(asError(signal.reason));
      const leave = (): void => {
        signal.removeEventListener('abort', onAbort);
        this.watchers.delete(watcher);
      };
      const fail = (error: Error): void => {
        leave();
        reject(error);
      };
      const onAbort = (): void => fail(asError(signal.reason));
      const see = (snapshot: ServerSnapshot): boolean => {
        const answer = found(snapshot);
        if (answer === undefined) return false;
        leave();
        resolve(answer);
        return true;
      };
      const watcher: Watcher = { see, fail };
      signal.addEventListener('abort', onAbort, { once: true });
      this.watchers.add(watcher);
      this.poll();
    });
  }

  /** A snapshot whose call begins after this one, shared with all who ask meanwhile. */
  async next(signal: AbortSignal): Promise<ServerSnapshot> {
    signal.throwIfAborted();
    return abortable(this.upcoming(), signal);
  }

  private poll(): void {
    if (this.polling) return;
    if (this.options.tasks.stopped) return this.failAll(stopped());
    this.polling = true;
    this.options.tasks.start('watching servers', async (signal) => {
      try {
        await this.watch(signal);
      } finally {
        this.polling = false;
        if (signal.aborted) this.failAll(stopped());
      }
    });
  }

  /** Lists them as long as somebody waits. What was just asked for takes its time, so a pause goes before each call. */
  private async watch(signal: AbortSignal): Promise<void> {
    const { clock, interval, logger } = this.options;
    let pause = interval;
    while (this.watchers.size > 0) {
      await sleep(clock, pause, signal);
      const waiting = [...this.watchers];
      if (waiting.length === 0) return;
      try {
        const snapshot = await this.upcoming();
        pause = interval;
        for (const watcher of waiting) this.show(watcher, snapshot);
      } catch (error) {
        signal.throwIfAborted();
        pause = Math.min(pause * 2, Math.max(LONGEST_PAUSE, interval));
        logger.warn(`The servers cannot be listed; trying again in ${pause} s`, errorFields(error));
      }
    }
  }

  private show(watcher: Watcher, snapshot: ServerSnapshot): void {
    if (!this.watchers.has(watcher)) return;
    try {
      watcher.see(snapshot);
    } catch (error) {
      watcher.fail(asError(error));
    }
  }

  private failAll(error: Error): void {
    for (const watcher of [...this.watchers]) watcher.fail(error);
  }

  private upcoming(): Promise<ServerSnapshot> {
    if (this.under === null) return this.begin();
    this.following ??= this.under
      .catch(() => undefined)
      .then(() => {
        this.following = null;
        return this.begin();
      });
    return this.following;
  }

  private begin(): Promise<ServerSnapshot> {
    const { tasks, fetch } = this.options;
    const snapshot = new Promise<ServerSnapshot>((resolve, reject) => {
      if (tasks.stopped) return reject(stopped());
      tasks.start('listing servers', async (signal) => {
        try {
          const servers = await fetch(signal);
          resolve(new Map(servers.map((server) => [server.id, server])));
        } catch (error) {
          reject(asError(error));
        }
      });
    }).finally(() => {
      if (this.under === snapshot) this.under = null;
    });
    this.under = snapshot;
    return snapshot;
  }
}

function stopped(): Error {
  return new Error('the provider was stopped');
}
