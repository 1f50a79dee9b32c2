import type { AccountInstance, Provider } from '../../ports/compute/provider.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';

/** For a cloud to say what there is, seconds. */
const LIST_DEADLINE = 120;

type List = Promise<readonly AccountInstance[]>;

/**
 * Lists of what there is in clouds, for many who ask at the same time: all who ask while a list is on its way share the one after
 * it, so that each gets one that was asked for after its question.
 */
export class InstanceLists {
  private readonly lists = new Map<Provider, { current: List; next: List | null }>();
  private readonly ending = new AbortController();

  constructor(private readonly clock: Clock) {}

  /** @throws what the provider throws, DeadlineError */
  async after(provider: Provider): List {
    const known = this.lists.get(provider);
    if (!known) return this.start(provider);
    known.next ??= known.current.catch(() => []).then(() => this.start(provider));
    return known.next;
  }

  /** Ends the lists on their way. */
  stop(): void {
    this.ending.abort(new Error('nobody waits for the list any more'));
  }

  private start(provider: Provider): List {
    const { signal } = this.ending;
    if (signal.aborted) return Promise.reject(asError(signal.reason));
    const list = withDeadline(this.clock, LIST_DEADLINE, 'listing instances', signal, (inner) => provider.list(inner));
    const entry: { readonly current: List; next: List | null } = { current: list, next: null };
    this.lists.set(provider, entry);
    const ended = (): void => {
      if (entry.next === null && this.lists.get(provider) === entry) this.lists.delete(provider);
    };
    list.then(ended, ended);
    return list;
  }
}
