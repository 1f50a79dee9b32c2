import type { JobPlan, Requestor } from './actors/requestor.js';
import type { Json } from './kernel/tree-model.js';
import { text } from './kernel/tree-model.js';
import type { World } from './world.js';

/** Who was given which node: the clients' side of the story. */
export class Ledger {
  /** Requests that ended, and how. */
  readonly decisions = new Map<string, { readonly state: string; readonly at: number; readonly plan: JobPlan }>();
  private readonly users = new Map<string, string>();
  private readonly touched = new Set<string>();

  constructor(private readonly world: World) {}

  /** Numbers of nodes and requests begin anew. */
  clear(): void {
    for (const known of [this.decisions, this.users, this.touched]) known.clear();
  }

  /** A hand that follows no rules has been at this node: nothing is promised for it any more. */
  excuse(node: string): void {
    this.touched.add(node);
  }

  excused(node: string): boolean {
    return this.touched.has(node);
  }

  decided(id: string, request: Json, plan: JobPlan, _by: Requestor): void {
    this.decisions.set(id, { state: String(request['state']), at: this.world.clock.monotonic(), plan });
  }

  /** A client has the lock of a node that was allocated to its request. */
  taken(node: string, request: string, by: Requestor): void {
    const before = this.users.get(node);
    if (before !== undefined && before !== request) {
      this.world.chronicle.fail(
        'a node serves one request',
        `node ${node} was used for ${before} and is now given to ${by.name} for ${request}`,
      );
    }
  }

  /** The record says now that the node is in use: it is not a clean machine any more. */
  inUse(node: string, request: string | null): void {
    this.users.set(node, request ?? 'somebody');
  }

  /** A client begins to use a node that it has locked. */
  used(node: string, request: string, generation: number, by: Requestor): void {
    if (this.excused(node) || by.store.session.generation !== generation) return;
    const holder = this.world.model.nodeHolder(node);
    // If the session is over on the server we do not know it yet: everything may have happened.
    if (holder?.owner !== by.store.author) return;
    const record = this.world.model.nodes.get(node);
    const found = `${String(record?.state)}, allocated to ${String(record?.json?.['allocated_to'])}`;
    if (record?.state === 'ready' && text(record.json?.['allocated_to']) === request) return;
    this.world.chronicle.fail(
      'a node that was given stays',
      `${by.name} takes node ${node} of ${request}: it is ${found}`,
    );
  }
}
