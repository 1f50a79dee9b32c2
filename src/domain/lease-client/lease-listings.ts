import { formatAge } from '../presentation/age.js';
import type { Listing } from '../presentation/listing.js';
import type { LeasedNode, LeaseView } from './lease-view.js';
import { nodeAliases } from './node-aliases.js';

/** The leases, one a row. */
export const LEASES: Listing<LeaseView> = [
  { key: 'id', title: 'ID', json: (lease) => lease.id },
  { key: 'state', title: 'State', json: (lease) => lease.state },
  { key: 'outcome', title: 'Outcome', json: (lease) => lease.outcome },
  { key: 'labels', title: 'Labels', json: (lease) => lease.labels },
  { key: 'holder', title: 'Holder', json: (lease) => lease.holder },
  { key: 'age', title: 'Age', json: (lease, now) => sinceText(lease.createdAt, now), ticking: 'both' },
  { key: 'left', title: 'Left', json: (lease, now) => leftText(lease, now), ticking: 'both' },
  { key: 'nodes', title: 'Nodes', json: (lease) => lease.nodes.map(({ id }) => id) },
  { key: 'purpose', title: 'Purpose', json: (lease) => lease.purpose },
];

/** The machines of one lease, by the names that files about them use. */
export const LEASED_NODES: Listing<NamedNode> = [
  { key: 'name', title: 'Name', json: ({ name }) => name },
  { key: 'id', title: 'Node', json: ({ node }) => node.id },
  { key: 'interface_ip', title: 'Address', json: ({ node }) => node.interfaceIp ?? node.hostname },
  { key: 'connection_port', title: 'Port', json: ({ node }) => node.connectionPort },
  { key: 'username', title: 'User', json: ({ node }) => node.username },
  { key: 'connection_type', title: 'Connection', json: ({ node }) => node.connectionType },
  { key: 'provider', title: 'Provider', json: ({ node }) => node.provider },
];

interface NamedNode {
  readonly name: string;
  readonly node: LeasedNode;
}

export function namedNodes({ nodes }: LeaseView): readonly NamedNode[] {
  const names = nodeAliases(nodes);
  return nodes.map((node, index) => ({ name: names[index] ?? node.label, node }));
}

function sinceText(moment: number | null, now: number): string | null {
  return moment === null ? null : formatAge(now - moment);
}

/** Until it ends for want of a heartbeat, or for good. */
function leftText({ state, expiresAt, endsAt }: LeaseView, now: number): string | null {
  const end = Math.min(expiresAt ?? Infinity, endsAt ?? Infinity);
  return state === 'active' && end !== Infinity ? formatAge(end - now) : null;
}
