import { LeaseLostError } from '../../ports/coordination/lease.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { Turns, WantedTurn } from '../../ports/records/turns.js';
import { turnPath } from './paths.js';
import { TurnHolder } from './turn-holder.js';
import type { TurnContext } from './turn-holder.js';

/** Turns as kazoo locks below `/nodepool/turns`, where Python daemons do not look. */
export class TreeTurns implements Turns {
  private readonly holders = new Map<string, TurnHolder>();

  constructor(
    private readonly context: TurnContext & {
      /** Calls back when other launchers came or went. */
      readonly onRegistryChange: (listener: () => void) => () => void;
    },
  ) {
    context.onRegistryChange(() => {
      for (const holder of this.holders.values()) holder.reconsider();
    });
  }

  async take<T>(wanted: readonly WantedTurn[], work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const pinned: TurnHolder[] = [];
    const leases = [];
    try {
      for (const { name, alone } of [...wanted].sort(byName)) {
        const holder = this.holderOf(name);
        leases.push(await holder.pin(alone, signal));
        pinned.push(holder);
      }
      signal.throwIfAborted();
      const lost = leases.find((lease) => lease.signal.aborted || lease.generation !== this.generation);
      if (lost) throw lost.signal.aborted ? asError(lost.signal.reason) : new LeaseLostError(`${lost.path} is lost`);
      return await work();
    } finally {
      for (const holder of pinned) holder.unpin();
    }
  }

  async letGo(): Promise<void> {
    await Promise.all([...this.holders.values()].map((holder) => holder.letGo()));
  }

  private get generation(): number {
    return this.context.store.session.generation;
  }

  private holderOf(name: string): TurnHolder {
    const holder = this.holders.get(name) ?? new TurnHolder(this.context, turnPath(name));
    this.holders.set(name, holder);
    return holder;
  }
}

function byName(a: WantedTurn, b: WantedTurn): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
