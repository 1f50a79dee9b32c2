import type { Node, NodeId } from '../../domain/model/node.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { PoolRoster } from './pool-roster.js';

/** One creation of a node that goes on: its answer is awaited, or it is being launched. */
export interface Creation {
  /** The answer has come. */
  made(node: NodeId): void;
  /** Nobody here comes for the node any more, if there is one. */
  end(): void;
}

interface Underway {
  readonly since: number;
  node: NodeId | null;
}

/** Nodes that stand in `init` without a lock: since when, and whether this process, which made them, knows that it will not come for them. */
export class UnbornNodes {
  private readonly since = new Map<NodeId, number>();
  private readonly underway = new Set<Underway>();
  private readonly listeners = new Set<(node: NodeId) => void>();

  constructor(
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly roster: Pick<PoolRoster, 'isOwn'>,
  ) {}

  /** Called before the record is asked for: until it has ended, what appears from now on may be what it makes. */
  begin(): Creation {
    const creation: Underway = { since: this.clock.monotonic(), node: null };
    this.underway.add(creation);
    return {
      made: (node) => void (creation.node = node),
      end: () => {
        if (this.underway.delete(creation)) for (const node of this.since.keys()) this.tell(node);
      },
    };
  }

  /** Tells of nodes to be looked at again, as nobody may come for them any more. Answers the way to be told no more. */
  onEnd(listener: (node: NodeId) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** It stands in `init` without a lock. */
  note(node: NodeId): void {
    if (!this.since.has(node)) this.since.set(node, this.clock.monotonic());
  }

  forget(node: NodeId): void {
    this.since.delete(node);
  }

  /** For how long it is known to, seconds. */
  age(node: NodeId): number {
    return this.clock.monotonic() - (this.since.get(node) ?? this.clock.monotonic());
  }

  /** One of ours, as after a creation whose answer was lost, and no creation goes on that could be its own. */
  isOrphan(node: NodeId, { launcher }: Pick<Node, 'launcher'>): boolean {
    const known = this.since.get(node);
    if (known === undefined || launcher === null || !this.roster.isOwn(launcher)) return false;
    return [...this.underway].every((creation) =>
      creation.node === null ? creation.since > known : creation.node !== node,
    );
  }

  private tell(node: NodeId): void {
    for (const listener of this.listeners) listener(node);
  }
}
