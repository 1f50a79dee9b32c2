import type { Node, NodeId } from '../../domain/model/node.js';
import type { Stored } from '../../domain/model/stored.js';

type Nodes = readonly Stored<Node>[];

/**
 * The free nodes of one pool in the order in which they are handed out: those that nobody is just letting go first, the oldest of
 * them first. Kept in order change by change; what was answered once does not change any more.
 */
export class FreeNodeIndex {
  private readonly nodes = new Map<NodeId, Stored<Node>>();
  private readonly lockedIds = new Set<NodeId>();
  private readonly byLabel = new Map<string, Nodes>();
  private everything: Nodes = [];

  add(node: Stored<Node>, locked: boolean): void {
    this.remove(node.id);
    this.nodes.set(node.id, node);
    if (locked) this.lockedIds.add(node.id);
    this.everything = this.with(this.everything, node);
    for (const label of new Set(node.value.type)) this.byLabel.set(label, this.with(this.withLabel(label), node));
  }

  remove(id: NodeId): void {
    const node = this.nodes.get(id);
    if (!node) return;
    this.everything = without(this.everything, node);
    for (const label of new Set(node.value.type)) this.byLabel.set(label, without(this.withLabel(label), node));
    this.nodes.delete(id);
    this.lockedIds.delete(id);
  }

  /** Somebody took or gave back the lock of one of them. */
  setLocked(id: NodeId, locked: boolean): void {
    const node = this.nodes.get(id);
    if (node && this.lockedIds.has(id) !== locked) this.add(node, locked);
  }

  get all(): Nodes {
    return this.everything;
  }

  get locked(): ReadonlySet<NodeId> {
    return new Set(this.lockedIds);
  }

  withLabel(label: string): Nodes {
    return this.byLabel.get(label) ?? [];
  }

  private with(nodes: Nodes, node: Stored<Node>): Nodes {
    let from = 0;
    let to = nodes.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      const other = nodes[middle];
      if (other && this.compare(other, node) < 0) from = middle + 1;
      else to = middle;
    }
    return nodes.toSpliced(from, 0, node);
  }

  private compare(a: Stored<Node>, b: Stored<Node>): number {
    return (
      Number(this.lockedIds.has(a.id)) - Number(this.lockedIds.has(b.id)) ||
      a.value.stateTime - b.value.stateTime ||
      (a.id < b.id ? -1 : 1)
    );
  }
}

function without(nodes: Nodes, node: Stored<Node>): Nodes {
  const at = nodes.indexOf(node);
  return at < 0 ? nodes : nodes.toSpliced(at, 1);
}
