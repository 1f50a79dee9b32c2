import { ConnectionLostError } from '../../ports/coordination/errors.js';
import { childOf } from '../../ports/toolkit/paths.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import { ConnectionCount } from './connection-count.js';

/** An own child that must go: found by its prefix, since its full name may never have reached us. */
interface Leftover {
  readonly directory: string;
  readonly prefix: string;
  readonly name: string | undefined;
  readonly generation: number;
}

/**
 * Removes own contenders that could not be removed when they should have been, as soon as the connection is back. Those of an
 * older session need nothing: the store has removed them.
 */
export class Leftovers {
  private readonly waiting = new Set<Leftover>();
  private readonly running = new Set<Promise<void>>();
  private readonly connections: ConnectionCount;

  constructor(private readonly store: TreeStore) {
    // Counts before the listener below takes up what waits.
    this.connections = new ConnectionCount(store.session);
    store.session.onChange((event) => {
      if (event.state !== 'connected') return;
      for (const leftover of this.waiting) {
        this.waiting.delete(leftover);
        if (leftover.generation === event.generation) this.start(leftover);
      }
    });
  }

  /** Removes the child now or, if the connection is away, later. Resolves when it is gone or put by; never rejects. */
  async remove(leftover: Leftover): Promise<void> {
    const { session } = this.store;
    if (leftover.generation !== session.generation || session.state === 'lost') return;
    const before = this.connections.now;
    try {
      for (const name of leftover.name === undefined ? await this.find(leftover) : [leftover.name]) {
        await this.store.remove(childOf(leftover.directory, name));
      }
    } catch (error) {
      if (error instanceof ConnectionLostError) this.putBy(leftover, before);
      // Anything else means that the session is over, and the ephemeral child with it.
    }
  }

  /** Resolves when no removal is under way. */
  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.all([...this.running]);
  }

  /** Each attempt costs the connection one return: there are never more attempts than those. */
  private putBy(leftover: Leftover, before: number): void {
    const back = this.connections.now !== before && this.store.session.state === 'connected';
    if (back) this.start(leftover);
    else this.waiting.add(leftover);
  }

  private start(leftover: Leftover): void {
    const removal = this.remove(leftover).finally(() => this.running.delete(removal));
    this.running.add(removal);
  }

  private async find(leftover: Leftover): Promise<readonly string[]> {
    const children = await this.store.list(leftover.directory);
    return (children ?? []).filter((name) => name.startsWith(leftover.prefix));
  }
}
