import type { LoggedChange } from './transaction-log.js';

/** What the transaction log says of how nodes were handed out. */
export interface Verdict {
  readonly problems: readonly string[];
  readonly fulfilled: number;
  readonly nodes: number;
}

/** Goes through all changes in order and notes whatever no launcher may do, however often it is killed or cut off. */
export function judge(changes: readonly LoggedChange[]): Verdict {
  const problems: string[] = [];
  const nodes = new Map<string, Readonly<Record<string, unknown>>>();
  const givenTo = new Map<string, string>();
  const fulfilled = new Set<string>();
  let made = 0;
  for (const { kind, path, record } of changes) {
    const [, folder, id] = /^\/nodepool\/(nodes|requests)\/([^/]+)$/.exec(path) ?? [];
    if (folder === undefined || id === undefined) continue;
    if (folder === 'nodes') {
      if (kind === 'remove') nodes.delete(id);
      else if (record) {
        if (kind === 'create') made += 1;
        if (kind === 'write' && !nodes.has(id)) problems.push(`node ${id} was written when it was gone`);
        nodes.set(id, record);
      }
      continue;
    }
    if (record?.['state'] !== 'fulfilled' || fulfilled.has(id)) continue;
    fulfilled.add(id);
    for (const node of record['nodes'] as readonly string[]) {
      const there = nodes.get(node);
      if (there?.['state'] !== 'ready' || there['allocated_to'] !== id)
        problems.push(`request ${id} was fulfilled with node ${node}: ${JSON.stringify(there)}`);
      const before = givenTo.get(node);
      if (before !== undefined) problems.push(`node ${node} was given to ${before} and to ${id}`);
      givenTo.set(node, id);
    }
  }
  return { problems, fulfilled: fulfilled.size, nodes: made };
}
