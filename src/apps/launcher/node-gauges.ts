/** How many nodes there are in which state, as the names of metrics have it (spec LAUNCHER 5). */
import { missingLabels } from '../../domain/decide/request-order.js';
import { addressableRequests, labelNodes, nodes, providerNodes } from '../../domain/metrics/launcher-metrics.js';
import { NODE_STATES, type Node } from '../../domain/model/node.js';
import type { RegisteredPool } from '../../domain/model/launcher.js';
import type { NodeRequest } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';

/** Values by name. */
export type Gauges = Map<string, number>;

/** Every state of every known provider and label, zeros included. */
export function nodeGauges(pools: readonly RegisteredPool[], all: Iterable<Stored<Node>>): Gauges {
  const gauges: Gauges = new Map();
  for (const state of NODE_STATES) {
    add(gauges, nodes(state), 0);
    for (const pool of pools) {
      add(gauges, providerNodes(pool.providerName, state), 0);
      for (const label of pool.supportedLabels) add(gauges, labelNodes(label, state), 0);
    }
  }
  for (const [state, count] of countByState(all)) {
    add(gauges, nodes(state), count.all);
    for (const [provider, some] of count.byProvider) add(gauges, providerNodes(provider, state), some);
    for (const [label, some] of count.byLabel) add(gauges, labelNodes(label, state), some);
  }
  return gauges;
}

/** Adds how many of the requests each pool could serve. */
export function addAddressable(
  gauges: Gauges,
  pools: readonly RegisteredPool[],
  requests: ReadonlyMap<string, Stored<NodeRequest>>,
): void {
  for (const pool of pools) {
    if (pool.poolName === null) continue;
    const offered = new Set(pool.supportedLabels);
    let addressable = 0;
    for (const { value } of requests.values()) {
      if (missingLabels(value, offered).length === 0) addressable += 1;
    }
    add(gauges, addressableRequests(pool.providerName, pool.poolName), addressable);
  }
}

interface StateCount {
  all: number;
  readonly byProvider: Map<string, number>;
  readonly byLabel: Map<string, number>;
}

/** Names of metrics are long: they are made once per count, not once per node. */
function countByState(all: Iterable<Stored<Node>>): ReadonlyMap<Node['state'], StateCount> {
  const states = new Map<Node['state'], StateCount>();
  for (const { value } of all) {
    let count = states.get(value.state);
    if (!count) states.set(value.state, (count = { all: 0, byProvider: new Map(), byLabel: new Map() }));
    count.all += 1;
    if (value.provider !== null) add(count.byProvider, value.provider, 1);
    for (const label of value.type) add(count.byLabel, label, 1);
  }
  return states;
}

function add(counts: Map<string, number>, key: string, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}
