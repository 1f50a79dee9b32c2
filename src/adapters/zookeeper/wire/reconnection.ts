import { sleep } from '../../../ports/toolkit/sleep.js';
import type { Clock } from '../../../ports/runtime/clock.js';
import type { Random } from '../../../ports/runtime/random.js';
import type { ServerAddress } from '../servers.js';

export interface ReconnectionOptions {
  readonly servers: readonly ServerAddress[];
  readonly resolve: (servers: readonly ServerAddress[]) => Promise<readonly ServerAddress[]>;
  readonly sessionTimeout: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** Seconds between two rounds over all servers, growing from the one to the other. */
const SHORTEST = 0.05;
const LONGEST = 0.25;
/** Pause when a server took our connection and hung up: it has just begun and will serve at any moment. */
const STARTING = 0.05;
/** Times in a row that this is believed: one that goes on hanging up has another reason, as too many clients. */
const BELIEVED = 60;
/**
 * Seconds that a server has to take us on, at first; doubled with each that is silent. One that has just begun may take a connection and
 * never say a word on it. Where servers are far or slow it is twice what the last one took that did.
 */
const FIRST_PATIENCE = 0.25;
/** A connection that lived for so long was a good one: the next round begins at once. */
const GOOD = 1;

/** Tries servers in an order of chance, round after round, until one of them takes us on. */
export class Reconnection {
  private readonly stopping = new AbortController();
  private running = false;
  /** The connection broke before the round that made it was over. */
  private again = false;
  private delay = 0;
  private hungUp = 0;
  private patience = FIRST_PATIENCE;
  private connectedAt = -Infinity;

  constructor(
    private readonly options: ReconnectionOptions,
    private readonly attempt: (server: ServerAddress, patience: number) => Promise<boolean>,
  ) {}

  /** Goes on until a server has taken us on. While it does, further calls are of no effect. */
  begin(): void {
    if (this.stopping.signal.aborted) return;
    this.again = this.running;
    if (this.running) return;
    this.running = true;
    if (this.options.clock.monotonic() - this.connectedAt >= GOOD) this.delay = 0;
    void this.run();
  }

  /** Somebody was there, and hung up. */
  soon(): void {
    this.hungUp += 1;
    if (this.hungUp <= BELIEVED) this.delay = Math.min(this.delay, STARTING);
  }

  end(): void {
    this.stopping.abort();
  }

  private async run(): Promise<void> {
    const { clock } = this.options;
    const { signal } = this.stopping;
    try {
      while (!signal.aborted) {
        if (this.delay > 0) await sleep(clock, this.delay * (0.75 + this.options.random.next() / 2), signal);
        this.delay = Math.min(Math.max(this.delay * 2, SHORTEST), LONGEST);
        if (await this.round()) break;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.running = false;
      if (this.again) this.begin();
    }
  }

  private async round(): Promise<boolean> {
    const { servers, resolve, sessionTimeout, random, clock } = this.options;
    const found = shuffled(await resolve(servers), random);
    // All of them must have had their turn before the session is over.
    const share = Math.max(0.5, (sessionTimeout * 2) / 3 / Math.max(1, found.length));
    for (const server of found) {
      if (this.stopping.signal.aborted) return true;
      const begun = clock.monotonic();
      const patience = Math.min(share, this.patience);
      if (await this.attempt(server, patience)) {
        this.connectedAt = clock.monotonic();
        this.hungUp = 0;
        this.patience = Math.max(FIRST_PATIENCE, 2 * (this.connectedAt - begun));
        return true;
      }
      // Timers come a little early now and then.
      if (clock.monotonic() - begun >= 0.9 * patience) this.patience = Math.min(share, patience * 2);
    }
    return false;
  }
}

/** In an order of chance, so that the clients of an ensemble spread over its servers. */
function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
