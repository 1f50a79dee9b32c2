import { endsAt, waitUntil, type NodeLease } from '../../../domain/model/lease.js';
import type { Stored } from '../../../domain/model/stored.js';
import type { LiveLease, LiveLeases } from '../../../domain/presentation/live.js';
import { cutText } from '../../../domain/presentation/visible-text.js';
import { countStates } from './count-states.js';

/** So many are sent with every change. */
const MOST_LEASES = 100;
const MOST_NAMES = 50;
/** Characters of a text of others that the page shows. */
const LONGEST_TEXT = 500;

/** The leases that have not ended, counted, and the newest of them by themselves. */
export function liveLeases(leases: readonly Stored<NodeLease>[]): LiveLeases {
  const open = leases.filter(({ value }) => value.state !== 'ended');
  const newest = [...open].sort((a, b) => b.value.createdAt - a.value.createdAt || (a.id < b.id ? -1 : 1));
  return { total: open.length, states: countStates(open), open: newest.slice(0, MOST_LEASES).map(liveLease) };
}

function liveLease({ id, value }: Stored<NodeLease>): LiveLease {
  return {
    id,
    holder: cutText(value.holder, LONGEST_TEXT),
    purpose: value.purpose === null ? null : cutText(value.purpose, LONGEST_TEXT),
    state: value.state,
    since: value.createdAt,
    until: endOf(value),
    labels: value.labels.slice(0, MOST_NAMES).map((label) => cutText(label, LONGEST_TEXT)),
    nodes: value.nodes.slice(0, MOST_NAMES).map((node) => cutText(node.id, LONGEST_TEXT)),
  };
}

/** While it waits: the end of the wait. Then: without a sign of life of its holder, or as long as it may last. */
function endOf(lease: NodeLease): number | null {
  if (lease.state === 'waiting') return waitUntil(lease);
  const ends = [lease.expiresAt, endsAt(lease)].filter((moment) => moment !== null);
  return ends.length === 0 ? null : Math.min(...ends);
}
