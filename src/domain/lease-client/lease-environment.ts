import type { LeaseView } from './lease-view.js';
import { nodeAccess } from './node-access.js';
import { quoteWord } from './shell-quote.js';

/** Where the files about the nodes are, absolute. */
export interface LeaseFiles {
  readonly nodes: string;
  readonly inventory: string;
  readonly sshConfig: string;
}

/** The variables that tell a program about its lease; those of the first node are empty if it has none. @throws UnusableNodeError */
export function leaseEnvironment(lease: LeaseView, files: LeaseFiles): Readonly<Record<string, string>> {
  const [first] = lease.nodes;
  const access = first && nodeAccess(first);
  return {
    NODEPOOL_LEASE: lease.id,
    NODEPOOL_NODES: files.nodes,
    NODEPOOL_INVENTORY: files.inventory,
    NODEPOOL_SSH_CONFIG: files.sshConfig,
    NODEPOOL_HOST: access?.host ?? '',
    NODEPOOL_PORT: access === undefined ? '' : String(access.port),
    NODEPOOL_USER: access?.user ?? '',
  };
}

/** `NAME=value` lines for `eval`, `source` and whatever reads files of this kind. */
export function environmentText(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value === '' ? '' : quoteWord(value)}\n`)
    .join('');
}
