import type { NodepoolConfig } from '../../domain/config/config.js';
import { currentUpload } from '../../domain/decide/current-image.js';
import { isMinReadyFor } from '../../domain/decide/min-ready.js';
import type { Count, LabelFacts, PoolFacts, RequestFacts } from '../../domain/explain/explanation.js';
import type { RegisteredPool } from '../../domain/model/launcher.js';
import type { Node } from '../../domain/model/node.js';
import type { Stored } from '../../domain/model/stored.js';
import type { Records } from '../../ports/records/records.js';

/** What the records say about those who want nodes: requests and labels, and about the pools that could serve them. */
export class DemandFacts {
  constructor(
    private readonly records: Records,
    private readonly config: () => NodepoolConfig,
  ) {}

  request(id: string): RequestFacts | undefined {
    const { requests, nodes } = this.records;
    const request = requests.view.get(id)?.value;
    if (!request) return undefined;
    const own = [...this.nodes((node) => node.allocatedTo === id)].sort((a, b) => (a.id < b.id ? -1 : 1));
    return {
      kind: 'request',
      state: request.state,
      stateTime: request.stateTime,
      locked: requests.view.locked(id),
      nodeTypes: request.nodeTypes,
      requestor: request.requestor,
      provider: request.provider,
      declinedBy: request.declinedBy,
      nodes: own.map((node) => ({ id: node.id, state: node.value.state, locked: nodes.view.locked(node.id) })),
      pools: this.pools(request.nodeTypes, request.declinedBy),
    };
  }

  label(name: string): LabelFacts | undefined {
    const configured = this.config().labels.get(name);
    const nodes = this.nodes((node) => node.type.includes(name));
    const pools = this.pools([name], []).filter((pool) => pool.missingLabels.length === 0);
    if (!configured && nodes.length === 0 && pools.length === 0) return undefined;
    const requests = [...this.records.requests.view.all().values()];
    return {
      kind: 'label',
      minReady: configured?.minReady ?? null,
      nodes: countStates(nodes),
      free: nodes.filter(({ value }) => value.state === 'ready' && value.allocatedTo === null).length,
      underway: requests.filter(({ value }) => isMinReadyFor(value, name)).map(({ id }) => id),
      pools,
    };
  }

  private nodes(which: (node: Node) => boolean): readonly Stored<Node>[] {
    return [...this.records.nodes.view.all().values()].filter(({ value }) => which(value));
  }

  private pools(labels: readonly string[], declinedBy: readonly string[]): readonly PoolFacts[] {
    const wanted = [...new Set(labels)];
    return this.records.launchers.view.pools().map((pool) => ({
      id: pool.id,
      provider: pool.providerName,
      pool: pool.poolName,
      priority: pool.priority,
      paused: pool.paused,
      declined: declinedBy.includes(pool.id),
      missingLabels: wanted.filter((label) => !pool.supportedLabels.includes(label)),
      images: wanted.flatMap((label) => this.images(pool, label)),
      nodes: this.poolNodes(pool),
    }));
  }

  private images({ providerName, poolName }: RegisteredPool, label: string): PoolFacts['images'] {
    const image = this.config()
      .providers.get(providerName)
      ?.pools.get(poolName ?? '')
      ?.labels.get(label)?.image;
    if (image?.kind !== 'diskimage') return [];
    const uploads = this.records.images.view.uploads({ image: image.name });
    return [{ label, image: image.name, ready: currentUpload(uploads, providerName) !== undefined }];
  }

  private poolNodes({ providerName, poolName }: RegisteredPool): readonly Count[] {
    if (poolName === null) return [];
    return countStates(this.nodes(({ provider, pool }) => provider === providerName && pool === poolName));
  }
}

function countStates(nodes: readonly Stored<Node>[]): readonly Count[] {
  const counts = new Map<string, number>();
  for (const { value } of nodes) counts.set(value.state, (counts.get(value.state) ?? 0) + 1);
  return [...counts].map(([state, count]) => ({ state, count })).sort((a, b) => (a.state < b.state ? -1 : 1));
}
