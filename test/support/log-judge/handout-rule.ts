import type { LoggedChange } from '../transaction-log.js';
import type { LogRule } from './log-rule.js';
import type { Fields } from './logged-tree.js';

/** States in which a machine is no longer new. */
const TOUCHED: ReadonlySet<unknown> = new Set(['in-use', 'used']);

/** A request gets nodes that are ready, its own, and new; nobody gets the node of somebody else. */
export class HandoutRule implements LogRule {
  readonly fulfilled = new Set<string>();
  made = 0;
  private readonly nodes = new Map<string, Fields>();
  /** To which request a node was given last. */
  private readonly givenTo = new Map<string, string>();
  private readonly touched = new Set<string>();
  private readonly gone = new Set<string>();

  see({ kind, path, record }: LoggedChange): readonly string[] {
    const [, folder, id] = /^\/nodepool\/(nodes|requests)\/([^/]+)$/.exec(path) ?? [];
    if (id === undefined) return [];
    return folder === 'nodes' ? this.node(kind, id, record) : this.request(kind, id, record);
  }

  private node(kind: LoggedChange['kind'], id: string, record: Fields | null): readonly string[] {
    if (kind === 'remove') this.nodes.delete(id);
    if (!record) return [];
    if (kind === 'create') this.made += 1;
    const problems = kind === 'write' && !this.nodes.has(id) ? [`node ${id} was written when it was gone`] : [];
    if (TOUCHED.has(record['state'])) this.touched.add(id);
    this.nodes.set(id, record);
    return problems;
  }

  private request(kind: LoggedChange['kind'], id: string, record: Fields | null): readonly string[] {
    if (kind === 'remove') this.gone.add(id);
    if (record?.['state'] !== 'fulfilled' || this.fulfilled.has(id)) return [];
    this.fulfilled.add(id);
    return (record['nodes'] as readonly string[]).flatMap((node) => this.given(node, id));
  }

  private given(node: string, request: string): readonly string[] {
    const problems: string[] = [];
    const there = this.nodes.get(node);
    if (there?.['state'] !== 'ready' || there['allocated_to'] !== request)
      problems.push(`request ${request} was fulfilled with node ${node}: ${JSON.stringify(there)}`);
    if (this.touched.has(node)) problems.push(`node ${node} was given to ${request} when it was used`);
    const before = this.givenTo.get(node);
    // Whoever goes away without having touched his nodes leaves them as new as they were.
    if (before !== undefined && !this.gone.has(before))
      problems.push(`node ${node} was given to ${before} and to ${request}`);
    this.givenTo.set(node, request);
    return problems;
  }
}
