import type { Node, NodeId } from '../../domain/model/node.js';
import type { Stored } from '../../domain/model/stored.js';

/** The free nodes of one pool. Every request of a pass asks for them, so what was put in order is kept until the next change. */
export class FreeNodes {
  private readonly nodes = new Map<NodeId, Stored<Node>>();
  private readonly ordered = new Map<string, readonly Stored<Node>[]>();
  private all: readonly Stored<Node>[] | null = null;

  add(node: Stored<Node>): void {
    this.nodes.set(node.id, node);
    this.forgetOrder();
  }

  remove(id: NodeId): void {
    if (this.nodes.delete(id)) this.forgetOrder();
  }

  /** @param labels only nodes with one of these; all if left out */
  oldestFirst(labels?: readonly string[]): readonly Stored<Node>[] {
    this.all ??= [...this.nodes.values()].sort(byAge);
    if (labels === undefined) return this.all;
    const wanted = new Set(labels);
    const key = [...wanted].sort().join('\n');
    const known =
      this.ordered.get(key) ?? this.all.filter(({ value }) => value.type.some((label) => wanted.has(label)));
    this.ordered.set(key, known);
    return known;
  }

  private forgetOrder(): void {
    this.all = null;
    this.ordered.clear();
  }
}

function byAge(a: Stored<Node>, b: Stored<Node>): number {
  return a.value.stateTime - b.value.stateTime || (a.id < b.id ? -1 : 1);
}
