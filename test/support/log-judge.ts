import type { LoggedChange } from './transaction-log.js';

/** What the transaction log says of how nodes were handed out. */
export interface Verdict {
  readonly problems: readonly string[];
  readonly fulfilled: number;
  readonly nodes: number;
}

/** Goes through all changes in order and notes whatever no launcher may do, however often it is killed or cut off. */
export function judge(changes: readonly LoggedChange[]): Verdict {
  const log = new LogJudge();
  for (const { kind, path, record } of changes) {
    const [, folder, id] = /^\/nodepool\/(nodes|requests)\/([^/]+)$/.exec(path) ?? [];
    if (id === undefined) continue;
    if (folder === 'nodes') log.node(kind, id, record);
    else log.request(kind, id, record);
  }
  return { problems: log.problems, fulfilled: log.fulfilled.size, nodes: log.made };
}

type Fields = Readonly<Record<string, unknown>>;

/** States in which a machine is no longer new. */
const TOUCHED: ReadonlySet<unknown> = new Set(['in-use', 'used']);

class LogJudge {
  readonly problems: string[] = [];
  readonly fulfilled = new Set<string>();
  made = 0;
  private readonly nodes = new Map<string, Fields>();
  /** To which request a node was given last. */
  private readonly givenTo = new Map<string, string>();
  private readonly touched = new Set<string>();
  private readonly gone = new Set<string>();

  node(kind: LoggedChange['kind'], id: string, record: Fields | null | undefined): void {
    if (kind === 'remove') return void this.nodes.delete(id);
    if (!record) return;
    if (kind === 'create') this.made += 1;
    if (kind === 'write' && !this.nodes.has(id)) this.problems.push(`node ${id} was written when it was gone`);
    if (TOUCHED.has(record['state'])) this.touched.add(id);
    this.nodes.set(id, record);
  }

  request(kind: LoggedChange['kind'], id: string, record: Fields | null | undefined): void {
    if (kind === 'remove') this.gone.add(id);
    if (record?.['state'] !== 'fulfilled' || this.fulfilled.has(id)) return;
    this.fulfilled.add(id);
    for (const node of record['nodes'] as readonly string[]) this.given(node, id);
  }

  private given(node: string, request: string): void {
    const there = this.nodes.get(node);
    if (there?.['state'] !== 'ready' || there['allocated_to'] !== request)
      this.problems.push(`request ${request} was fulfilled with node ${node}: ${JSON.stringify(there)}`);
    if (this.touched.has(node)) this.problems.push(`node ${node} was given to ${request} when it was used`);
    const before = this.givenTo.get(node);
    // Whoever goes away without having touched his nodes leaves them as new as they were.
    if (before !== undefined && !this.gone.has(before))
      this.problems.push(`node ${node} was given to ${before} and to ${request}`);
    this.givenTo.set(node, request);
  }
}
