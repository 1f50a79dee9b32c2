import type { Count } from '../../../domain/explain/explanation.js';
import { NODE_STATES, type Node } from '../../../domain/model/node.js';
import type { NodeRequest } from '../../../domain/model/request.js';
import type { Stored } from '../../../domain/model/stored.js';
import type { LiveNode, LiveNodes } from '../../../domain/presentation/live.js';
import { cutText } from '../../../domain/presentation/visible-text.js';

/** So many are sent with every change; a page that searches among all asks for the list. */
const MOST_NODES = 100;
const MOST_LABELS = 12;
/** Characters of a text of others that the page shows. */
const LONGEST_TEXT = 200;

/** What the page counts: a node that is ready is free, or reserved for a request that has not taken it yet. */
export const LIVE_STATES: readonly string[] = NODE_STATES.flatMap((state) =>
  state === 'ready' ? ['free', 'reserved'] : [state],
);

export function liveState({ state, allocatedTo }: Pick<Node, 'state' | 'allocatedTo'>): string {
  if (state !== 'ready') return state;
  return allocatedTo === null ? 'free' : 'reserved';
}

/** How many nodes are in each of the page's states, the states sorted. */
export function countLiveStates(nodes: Iterable<Stored<Node>>): readonly Count[] {
  const counts = new Map<string, number>();
  for (const { value } of nodes) counts.set(liveState(value), (counts.get(liveState(value)) ?? 0) + 1);
  return [...counts].map(([state, count]) => ({ state, count })).sort((a, b) => (a.state < b.state ? -1 : 1));
}

/** All nodes counted, and those that changed last by themselves. */
export function liveNodes(nodes: readonly Stored<Node>[], request: (id: string) => NodeRequest | undefined): LiveNodes {
  const latest = latestFirst(nodes, MOST_NODES);
  return {
    total: nodes.length,
    states: countLiveStates(nodes),
    latest: latest.map((node) => liveNode(node, request)),
  };
}

/** Sorting 10,000 nodes once a second would be felt: all but the latest are left where they are. */
function latestFirst(nodes: readonly Stored<Node>[], most: number): readonly Stored<Node>[] {
  const order = (a: Stored<Node>, b: Stored<Node>): number =>
    b.value.stateTime - a.value.stateTime || (a.id < b.id ? 1 : -1);
  let latest: Stored<Node>[] = [];
  for (const node of nodes) {
    latest.push(node);
    if (latest.length >= 8 * most) latest = latest.sort(order).slice(0, most);
  }
  return latest.sort(order).slice(0, most);
}

function liveNode({ id, value }: Stored<Node>, request: (id: string) => NodeRequest | undefined): LiveNode {
  return {
    id,
    provider: value.provider,
    pool: value.pool,
    labels: value.type.slice(0, MOST_LABELS).map((label) => cutText(label, LONGEST_TEXT)),
    state: liveState(value),
    since: value.stateTime,
    user: userOf(value, request),
  };
}

/** In words: for whom the node is there. Null: nobody uses it. */
function userOf(node: Node, request: (id: string) => NodeRequest | undefined): string | null {
  if (node.state === 'hold') return cutText(heldFor(node), LONGEST_TEXT);
  if (node.allocatedTo === null) return null;
  const requestor = request(node.allocatedTo)?.requestor;
  const who = requestor === null || requestor === undefined ? '' : `${requestor}, `;
  return cutText(`${who}request ${node.allocatedTo}`, LONGEST_TEXT);
}

function heldFor({ holdJob, comment }: Node): string {
  const who = holdJob === null ? 'held by an operator' : `held for job ${holdJob}`;
  return comment === null ? who : `${who}: ${comment}`;
}
