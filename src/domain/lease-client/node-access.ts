import type { LeasedNode } from './lease-view.js';

/** What a node's record says cannot be written into files that programs read. */
export class UnusableNodeError extends Error {
  readonly code = 'NP_UNUSABLE_NODE';
  override readonly name = 'UnusableNodeError';

  constructor(node: LeasedNode, problem: string) {
    super(`node ${node.id} (${node.label}) ${problem}`);
  }
}

/** Where a node is reached. */
export interface NodeAccess {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Null: the name of whoever connects. */
  readonly user: string | null;
}

const PORTS: Readonly<Record<string, number>> = { ssh: 22, winrm: 5986 };
/** A host that began with a dash would be an option. */
const HOST = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$|^[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?$/;
/** Windows domains stand before a backslash. */
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.@+-]*(\\[A-Za-z0-9_.@+-]+)?\$?$/;

/** @throws UnusableNodeError when there is no address, or one that no machine can have */
export function nodeAccess(node: LeasedNode): NodeAccess {
  const host = [node.interfaceIp, node.publicIpv4, node.publicIpv6, node.privateIpv4, node.hostname].find(
    (each) => each,
  );
  if (host === null || host === undefined) throw new UnusableNodeError(node, 'has no address');
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (!HOST.test(bare)) throw new UnusableNodeError(node, `has an address that is none: ${JSON.stringify(host)}`);
  if (node.username !== null && !USER.test(node.username)) {
    throw new UnusableNodeError(node, `has a username that is none: ${JSON.stringify(node.username)}`);
  }
  const port = node.connectionPort ?? PORTS[node.connectionType] ?? 22;
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new UnusableNodeError(node, `has no port: ${port}`);
  return { host: bare, port, user: node.username };
}
